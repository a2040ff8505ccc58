"""On-axis Wilson loops, optionally on APE-smeared space links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.observables import wilson_loop_problems
from lqcdnn.config.tables.observables import WilsonLoopConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import NumericalError
from lqcdnn.fields.gauge import unitarity_violation
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.twisted import loop_sums as loop_sums_of
from lqcdnn.fields.twisted import oblong
from lqcdnn.kernels.ape import smear_space_links
from lqcdnn.kernels.wilson_loops import extend_lines, loop_sums
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import begun
from lqcdnn.measure.gauge.deformed import Contours, Deformable
from lqcdnn.measure.registry import Values, observable


@observable("wilson_loop")
class WilsonLoop(Deformable[WilsonLoopConfig]):
    """W(R, T), mean of Re tr / N of the R x T loops in planes of time and one space direction; also of space alone."""

    kind = "wilson_loop"

    def description(self) -> Values:
        """``wilson_loop_smearing``: "none", or what APE smearing was done with; ``wilson_loop_deformation``."""
        o = self.options
        ape = {"kind": "ape", "steps": o.steps, "alpha": o.alpha}
        return {"wilson_loop_smearing": "none" if o.smearing == "none" else ape} | self.shifts_described()

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Loops larger than the lattice or without shifts, and smearing in d = 2."""
        o = self.options
        shifts = self.deformation_problems(lattice, group, space=o.space, time=o.time)
        return [*wilson_loop_problems(as_tree(o), lattice.shape), *shifts]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``wilson_loop``[R - 1][T - 1]; with ``spatial`` also ``wilson_loop_space``[R - 1][S - 1] in planes of space.

        Raises
        ------
        NumericalError
            If the smeared links cannot be projected onto the group.
        """
        if self.contours is not None:
            return {"wilson_loop": self._deformed(self.contours, lattice, U)}
        space = self.options.space or max(1, min(lattice.shape[:-1]) // 2)
        time = self.options.time or max(1, lattice.shape[-1] // 2)
        U = ape_smeared(lattice, U, group, self.options.alpha or 0.0, self.options.steps or 0)
        traces = np.array([begun(lattice, t) for t in range(1, time + 1)]) * group.n * (lattice.d - 1)
        last = lattice.d - 1
        found = {"wilson_loop": _sums(lattice, U, [(mu, last) for mu in range(last)], space, time) / traces}
        if self.options.spatial:
            planes = list(permutations(range(last), 2))
            of_plane = lattice.volume * group.n * len(planes)
            found["wilson_loop_space"] = _sums(lattice, U, planes, space, space) / of_plane
        return {name: values.tolist() for name, values in found.items()}

    def _deformed(self, contours: Contours, lattice: Lattice, U: Blocks) -> list[list[float]]:
        """The same list on a shifted contour, of the loops that it has shifts for."""
        space, time = self.options.space or contours.space, self.options.time or contours.time
        last = lattice.d - 1
        across = [lines(lattice, U, mu, space) for mu in range(last)]
        sums = contours.loops(lattice, U, across, lines(lattice, U, last, time))
        return [[float(value) for value in row] for row in sums / (lattice.volume * last)]


def _sums(
    lattice: Lattice, U: Blocks, planes: Sequence[tuple[int, int]], first: int, second: int
) -> NDArray[np.float64]:
    """Sum over sites and planes of Re tr of the loops up to first x second links: [R - 1, T - 1]."""
    if lattice.twist is not None:
        return _twisted_sums(lattice, U, planes, first, second)
    total = np.zeros((first, second))
    sides = {nu: lines(lattice, U, nu, second) for nu in dict.fromkeys(nu for _, nu in planes)}
    for mu, nu in planes:
        across = sides[mu] if mu in sides and first == second else lines(lattice, U, mu, first)
        total += loops(lattice, across, sides[nu], mu, nu)
    return total


def lines(lattice: Lattice, U: Blocks, mu: int, longest: int) -> list[Blocks]:
    """Products of 1, 2, ..., ``longest`` links in direction mu from every site, each a field [block]."""
    ahead, found = lattice.ahead(mu, longest), [U[mu]]
    for length in range(1, longest):
        found.append(aligned_zeros(U[mu].shape, U.dtype))
        extend_lines(found[-1], found[-2], U, ahead, mu, length)
    return found


def loops(lattice: Lattice, across: list[Blocks], along: list[Blocks], mu: int, nu: int) -> NDArray[np.float64]:
    """Sum over sites of Re tr of the loops of each line of direction mu with each line of nu: [R - 1, T - 1]."""
    far, later = lattice.ahead(mu, len(across)), lattice.ahead(nu, len(along))
    part, found = np.empty(lattice.blocks), np.empty((len(across), len(along)))
    for r, bottom in enumerate(across, 1):
        for t, side in enumerate(along, 1):
            loop_sums(part, bottom, side, far, later, r, t)
            found[r - 1, t - 1] = part.cumsum()[-1]  # in block order
    return found


def _twisted_sums(
    lattice: Lattice, U: Blocks, planes: Sequence[tuple[int, int]], first: int, second: int
) -> NDArray[np.float64]:
    """The same of loops with their elements of the centre."""
    sizes = [(r, t) for r in range(1, first + 1) for t in range(1, second + 1)]
    total = np.zeros(len(sizes))
    for mu, nu in planes:
        total += loop_sums_of(lattice, U, [oblong(mu, nu, r, t) for r, t in sizes])
    return total.reshape(first, second)


def ape_smeared(lattice: Lattice, U: Blocks, group: Group, alpha: float, steps: int = 1) -> Blocks:
    """Links after steps of APE smearing of the space links: each, the sum of links projected onto the group.

    The projection is X (X^dag X)^(-1/2), for SU(N) divided by the root of its determinant with the smallest angle.

    Raises
    ------
    NumericalError
        If a sum of links is singular.
    """
    assert lattice.twist is None or not steps, "staples of smearing know of no twist"
    for _ in range(steps):
        before, U = U, lattice.links(group.n)
        smear_space_links(U, before, lattice.neighbours, alpha, group.special)
        if not unitarity_violation(lattice, U, group) < 1e-6:
            raise NumericalError("APE smearing: a sum of links is singular, so it has no projection onto the group")
    return U
