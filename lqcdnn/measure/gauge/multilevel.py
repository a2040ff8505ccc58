r"""Correlator of Polyakov loops by the multilevel algorithm: averages over slabs of time slices.

M. Luescher, P. Weisz, Locality and exponential error reduction in numerical lattice gauge theory, JHEP 09 (2001) 010,
hep-lat/0108014.  With the space links of every n-th time slice fixed, links of different slabs are independent.  The
two-link operators of a slab, section 3,

.. math::
    T(x, r)_{\alpha\beta\gamma\delta} = L(x)^*_{\alpha\beta} L(x + r)_{\gamma\delta},

L the line of n time links from x, may then be replaced by their averages over links inside the slab, before they are
multiplied in time and traced,

.. math::
    \{T T'\}_{\alpha\beta\gamma\delta} = T_{\alpha\lambda\gamma\epsilon} T'_{\lambda\beta\epsilon\delta}.

Averages over thick slabs may be made of products of averages over thinner ones in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.multilevel import levels_of, links_problems, multilevel_problems
from lqcdnn.config.tables.observables import MULTILEVEL, PolyakovMultilevelConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.two_link import add_pairs, add_products
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.wilson_loop import lines
from lqcdnn.measure.registry import Values, observable, own_options
from lqcdnn.update.heatbath import HeatBath

Operators = NDArray[Any]
"""T of all slabs [slab, displacement, m, m, x], see ``kernels.two_link``: real for SU(2), else complex."""


@dataclass(frozen=True)
class Lines:
    """How lines of SU(N) or U(1) are written as m numbers: m = 4 real ones of SU(2), N^2 complex ones of others.

    Attributes
    ----------
    places, signs
        Number i of a product is the sum of sign times v_a w_b over the terms (i, a, b).
    trace
        Numbers whose sum is the trace divided by N.
    """

    n: int
    places: NDArray[np.int64]
    signs: NDArray[np.float64]
    trace: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """m."""
        return 4 if self.n == 2 else self.n**2

    def of(self, lattice: Lattice, line: Blocks, index: NDArray[np.int64]) -> Operators:
        """The numbers [slab, m, x] of a field of lines at the sites index[slab, x]."""
        parts = np.moveaxis(line["c"], -1, 1).reshape(lattice.volume, -1)  # copies, [site, number]
        found = np.moveaxis(parts[index], -1, 1)
        if self.n == 2:
            return np.ascontiguousarray(found)
        pairs = np.ascontiguousarray(np.moveaxis(found.reshape(len(index), -1, 2, index.shape[1]), 2, -1))
        return pairs.view(np.complex128)[..., 0]


def written_as(group: Group) -> Lines:
    """The numbers of lines as they are stored: of SU(2) Re a, Im a, Re c and Im c of [[a, c], [-c*, a*]]."""
    n = group.n
    if n == 2:  # a'' = a a' - c c'^*, c'' = a c' + c a'^*
        terms = [
            (0, 0, 0, 1), (0, 1, 1, -1), (0, 2, 2, -1), (0, 3, 3, -1),
            (1, 0, 1, 1), (1, 1, 0, 1), (1, 2, 3, 1), (1, 3, 2, -1),
            (2, 0, 2, 1), (2, 1, 3, -1), (2, 2, 0, 1), (2, 3, 1, 1),
            (3, 0, 3, 1), (3, 1, 2, 1), (3, 2, 1, -1), (3, 3, 0, 1),
        ]  # fmt: skip
        trace: tuple[int, ...] = (0,)
    else:
        terms = [(i * n + k, i * n + j, j * n + k, 1) for i in range(n) for k in range(n) for j in range(n)]
        trace = tuple(i * (n + 1) for i in range(n))
    table = np.array(terms, dtype=np.int64)
    return Lines(n, np.ascontiguousarray(table[:, :3]), table[:, 3].astype(np.float64), trace)


@dataclass
class Level:
    """Slabs of one thickness.

    Attributes
    ----------
    slab, updates
        Thickness, and how often the links inside are updated.
    heat_bath
        Of these links: all but the space links of every ``slab``-th time slice.
    """

    slab: int
    updates: int
    heat_bath: HeatBath


@dataclass
class Course:
    """The links on the way, a copy of the configuration, and the random numbers of their updates."""

    U: Blocks
    seed: int
    group: Group
    count: int = field(default=0)

    def update(self, heat_bath: HeatBath) -> None:
        """One heat bath sweep and those of overrelaxation."""
        self.count += 1
        heat_bath.heat_bath(self.U, self.count, self.seed)
        for _ in range(heat_bath.overrelaxation):
            heat_bath.overrelax(self.U)
        reunitarize(heat_bath.lattice, self.U, self.group)


@observable(MULTILEVEL)
class PolyakovMultilevel(OfLinks[PolyakovMultilevelConfig]):
    """C(r) = mean of Re tr P(x) tr P(x + r)^dag / N^2 over the sites x of space and r along its axes, by slabs.

    Each measurement is an average over configurations of which the given one is the first: its mean value is that of
    ``polyakov_correlator`` whatever the numbers of updates are, and without updates both are the same.
    """

    _prepared: tuple[Lattice, int, list[Level]] | None = None

    def description(self) -> Values:
        """``polyakov_multilevel_options``."""
        return {f"{MULTILEVEL}_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Slabs and distances that the lattice does not have, and links that the action does not distribute."""
        options = as_tree(self.options)
        return [*multilevel_problems(options, lattice.shape), *links_problems(options)]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``polyakov_multilevel_distances`` r, from 0 on, and ``polyakov_multilevel`` = C(r).

        Raises
        ------
        NumericalError
            If the heat bath of a link finds no value.
        """
        steps = displacements(lattice, self.options.distance or min(lattice.shape[:-1]) // 2)
        own = stream.named(f"{MULTILEVEL} {stream.trajectory}")  # its counter is that of the updates
        slabs = Slabs(lattice, written_as(group), [step for step, _ in steps], self._levels(lattice, group))
        T = slabs.averages(0, Course(aligned_copy(U), own.seed, group))
        means = slabs.traces(T)
        lengths, weights = np.array([sum(step) for step, _ in steps]), np.array([weight for _, weight in steps])
        sums = np.bincount(lengths, means * weights) / np.bincount(lengths, weights)
        found = sums.tolist()
        return {f"{MULTILEVEL}_distances": [float(r) for r in range(len(found))], MULTILEVEL: found}

    def _levels(self, lattice: Lattice, group: Group) -> list[Level]:
        """The heat bath of each thickness, made once for a lattice."""
        if self._prepared is None or self._prepared[0] is not lattice or self._prepared[1] != group.n:
            o, action = self.options, GaugeAction(lattice, group.n, self.options.beta)
            algorithm = "kennedy_pendleton" if group.special else "best_fisher"
            levels = []
            for slab, updates in zip(levels_of(o.slab), levels_of(o.updates), strict=True):
                inside = lattice.coordinates[:, -1] % slab != 0
                free = [*(inside for _ in lattice.shape[:-1]), np.ones_like(inside)]
                levels.append(Level(slab, updates, HeatBath(action, group, algorithm, o.overrelaxation, free)))
            self._prepared = (lattice, group.n, levels)
        return self._prepared[2]


class Slabs:
    """Averages of two-link operators over slabs, and over slabs of slabs.

    Parameters
    ----------
    lattice
        Of the links.
    lines
        How lines are written.
    steps
        Displacements [d - 1] in space.
    levels
        From the thickest slabs to the thinnest.
    """

    def __init__(self, lattice: Lattice, lines: Lines, steps: list[tuple[int, ...]], levels: list[Level]) -> None:
        self.lattice, self.lines, self.levels = lattice, lines, levels
        space, slab = lattice.shape[:-1], levels[-1].slab
        grid = np.indices(space).reshape(len(space), -1)
        there = [(grid + np.array(step)[:, None]) % np.array(space)[:, None] for step in steps]
        self._ahead = np.stack([np.ravel_multi_index(tuple(x), space) for x in there])
        place = np.empty(lattice.shape, dtype=np.int64)
        place[tuple(lattice.coordinates.T)] = np.arange(lattice.volume)
        self._first = np.ascontiguousarray(np.moveaxis(place, -1, 0)[::slab].reshape(-1, prod(space)))

    def averages(self, level: int, course: Course) -> Operators:
        """T of the slabs of a level, averaged over the links on the way and over those of each update."""
        own = self.levels[level]
        total: Operators | None = None
        for i in range(own.updates + 1):
            if i:
                course.update(own.heat_bath)
            if level + 1 < len(self.levels):
                inner = self.averages(level + 1, course)
                found = self.joined(inner, own.slab // self.levels[level + 1].slab)
                total = found if total is None else np.add(total, found, out=total)
            else:
                total = self.add_lines(course.U, total)
        assert total is not None
        return np.divide(total, own.updates + 1, out=total)

    def add_lines(self, U: Blocks, total: Operators | None) -> Operators:
        """``total`` and T of the lines through the thinnest slabs."""
        line = lines(self.lattice, U, self.lattice.d - 1, self.levels[-1].slab)[-1]
        near = self.lines.of(self.lattice, line, self._first)
        if total is None:
            shape = (len(near), len(self._ahead), self.lines.numbers, self.lines.numbers, near.shape[-1])
            total = np.zeros(shape, dtype=near.dtype)
        add_pairs(total, near.conj(), np.take(near, self._ahead, axis=2))
        return total

    def joined(self, T: Operators, count: int) -> Operators:
        """T of slabs of ``count`` slabs each."""
        found = np.ascontiguousarray(T[::count])
        for k in range(1, count):
            first, found = found, np.zeros_like(found)
            add_products(found, first, np.ascontiguousarray(T[k::count]), self.lines.places, self.lines.signs)
        return found

    def traces(self, T: Operators) -> NDArray[np.float64]:
        """Mean over space of Re tr tr / N^2 of the product of all slabs: [displacement]."""
        whole = self.joined(T, len(T))[0]
        total = np.zeros(whole[:, 0, 0].shape)
        for i in self.lines.trace:
            for j in self.lines.trace:
                total += whole[:, i, j].real
        scale = 1.0 if self.lines.n == 2 else self.lines.n**2
        return np.asarray(total.mean(axis=-1) / scale)


def displacements(lattice: Lattice, longest: int) -> list[tuple[tuple[int, ...], int]]:
    """(step r in space, 2 if -r is another one), r = 0 and 1 ... ``longest`` along each axis: C(-r) is C(r)^*."""
    space = lattice.shape[:-1]
    found = [((0,) * len(space), 1)]
    for r in range(1, longest + 1):
        for mu, extent in enumerate(space):
            found.append((tuple(r if nu == mu else 0 for nu in range(len(space))), 1 if 2 * r == extent else 2))
    return found
