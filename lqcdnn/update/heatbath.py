"""Heat bath and overrelaxation of a pure gauge theory, link by link (kernels.heatbath has the formulas)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import HEATBATH
from lqcdnn.kernels import heatbath as kernels
from lqcdnn.kernels.links import copy
from lqcdnn.lattice.coloring import colored_sites, tiles
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import Loops, shape_of
from lqcdnn.lattice.opentime import missing
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.programs import staple_program
from lqcdnn.lattice.schroedinger import fixed_sites
from lqcdnn.timing import clock
from lqcdnn.update.state import State

ALGORITHMS = {"kennedy_pendleton": kernels.KENNEDY_PENDLETON, "creutz": kernels.CREUTZ}
"""Algorithms for the SU(2) subgroups; U(1) has one, ``best_fisher``."""


@dataclass(frozen=True)
class HeatBathInfo:
    """What is known after one compound sweep.

    Attributes
    ----------
    trajectory
        Its number, from 1.
    action
        S[U] at the end.
    """

    trajectory: int
    action: float

    @property
    def accepted(self) -> None:
        """There is no Metropolis test."""
        return

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal."""
        return {"trajectory": self.trajectory, "plaquette": plaquette, "action": self.action}


class HeatBath:
    """One heat bath sweep and ``overrelaxation`` sweeps that keep the action, over all links.

    Links of one direction and colour change together; directions and colours follow each other in a fixed order, on
    lattices out of the caches all of them for a tile before the next.

    Parameters
    ----------
    action
        Of plaquettes, rectangles and terms of other loops; those through a defect may be weakened.
    group
        U(1) or SU(N).
    algorithm
        "kennedy_pendleton" or "creutz"; for U(1) "best_fisher".
    overrelaxation
        Sweeps of overrelaxation after the heat bath.
    free
        For each direction which links may change, by site in block order; default all. Of those of a direction that has
        none nothing changes.

    Raises
    ------
    InputError
        For an algorithm of another group, or loops that contain a link twice, as rectangles do on an extent of 2.
    """

    def __init__(
        self,
        action: GaugeAction | WeakenedGaugeAction,
        group: Group,
        algorithm: str = "kennedy_pendleton",
        overrelaxation: int = 0,
        free: Sequence[NDArray[np.bool_]] | None = None,
    ) -> None:
        known = tuple(ALGORITHMS) if group.special else ("best_fisher",)
        if algorithm not in known:
            raise InputError(f"heat bath algorithm {algorithm!r} for {group.name}", f"one of {', '.join(known)}")
        self.action, self.group, self.lattice = action, group, action.lattice
        self.algorithm, self.overrelaxation = algorithm, overrelaxation
        whole = self._whole
        oblong = [name for name in whole.classes if shape_of(name) != shape_of("plaquette")]
        names: list[Loops] = ["plaquette", *oblong]
        if whole.terms is not None:
            names += whole.terms.loops
        tile = tiles(self.lattice, whole.n) if free is None else None
        if self.lattice.open_time:
            free = there(self.lattice, free)
        directions = [mu for mu in range(self.lattice.d) if free is None or free[mu].any()]
        program = staple_program(names[1:], self.lattice.shape)
        kinds: list[NDArray[np.int64]] = [np.zeros(self.lattice.volume, dtype=np.int64)] * self.lattice.d
        count = len(names) - 1
        if isinstance(action, WeakenedGaugeAction):
            program, kinds = action.loops.beside(program, count), action.loops.kinds
            count += len(action.loops.terms)
        if whole.ends is not None:
            program, kinds = whole.ends.beside(program, count), whole.ends.kinds
        if whole.twisted is not None:
            program, kinds = whole.twisted.beside(program, count), whole.twisted.kinds
        sites = {
            mu: colored_sites(self.lattice, names, mu, tile, kinds[mu], None if free is None else free[mu])
            for mu in directions
        }
        self.vectors = {mu: found.vectors for mu, found in sites.items()}
        self._kinds = {mu: np.where(found.kind > 0, self.lattice.d + found.kind, mu) for mu, found in sites.items()}
        by_tile = zip(*(found.start for found in sites.values()), strict=True)
        self.turns = [
            (mu, *ends)
            for start in by_tile
            for mu, own in zip(directions, start, strict=True)
            for ends in pairwise(own)
        ]
        self._program = program
        self.couple()

    @property
    def _whole(self) -> GaugeAction:
        """The action without a defect."""
        return self.action.action if isinstance(self.action, WeakenedGaugeAction) else self.action

    def couple(self) -> None:
        """Go on with the couplings that the action has now: beta, what loops through a defect are weakened to."""
        whole = self._whole
        scale, by_class = whole.beta / whole.n, zip(whole.classes, whole.coefficients, strict=True)
        weights = [scale * c for name, c in by_class if shape_of(name) != shape_of("plaquette")]
        if whole.terms is not None:
            weights += [coefficient / whole.n for coefficient in whole.terms.coefficients.tolist()]
        if isinstance(self.action, WeakenedGaugeAction):
            weights += (self.action.factors() / whole.n).tolist()
        if whole.ends is not None:
            weights += (whole.ends_coefficients() / whole.n).tolist()
        weight = np.repeat(np.array(weights or [0.0])[:, None], self.lattice.d, axis=1)
        if whole.twisted is not None:
            further = whole.twisted.weights(whole.twisted_coefficients() / whole.n)
            weight = np.concatenate([weight[: len(weights)], np.pad(further, ((0, 0), (0, self.lattice.d - 2)))])
        staple = scale * whole.weights.plaquette_time, whole.space
        self._staples = (*staple, self._program.program, weight, self._program.start)

    def step(self, state: State) -> tuple[State, HeatBathInfo]:
        """One compound sweep from ``state``.

        Raises
        ------
        NumericalError
            If a link is not finite or its heat bath finds no value; the state is unchanged.
        """
        number, U = state.trajectory + 1, scratch(state.U)
        copy(U, state.U)
        self.sweep(U, number, state.seed)
        reunitarize(self.lattice, U, self.group)
        with clock("action"):
            value = self.action.value(U)
        return State(U, number, state.seed), HeatBathInfo(number, value)

    def sweep(self, U: Blocks, trajectory: int, seed: int, backward: bool = False) -> None:
        """One compound sweep, in place; backward: its steps in reverse order, the adjoint with respect to exp(-S).

        Raises
        ------
        NumericalError
            As :meth:`step`; U is of no use then.
        """
        steps = (self._overrelaxed, self._heated) if backward else (self._heated, self._overrelaxed)
        for step in steps:
            step(U, trajectory, seed, backward)

    def _heated(self, U: Blocks, trajectory: int, seed: int, backward: bool) -> None:
        with clock("heat bath"):
            self.heat_bath(U, trajectory, seed, backward)

    def _overrelaxed(self, U: Blocks, trajectory: int, seed: int, backward: bool) -> None:
        with clock("overrelaxation"):
            for _ in range(self.overrelaxation):
                self.overrelax(U, backward)

    @contextmanager
    def _order(self, U: Blocks, backward: bool) -> Iterator[Iterable[tuple[int, int, int]]]:
        """Turns in their order, or in reverse, with what of U makes subgroups follow each other in reverse, too.

        With rows and columns in reverse order the subgroup of rows i < j is that of N - 1 - j < N - 1 - i.  The pairs
        (1, 2), (1, 3), ..., (2, 3), ... then come in reverse, but for pairs without a common row, which commute.
        """
        reverse = backward and self._whole.n > 2
        if reverse:
            exchange_ends(U)
        yield reversed(self.turns) if backward else self.turns
        if reverse:
            exchange_ends(U)

    def heat_bath(self, U: Blocks, trajectory: int, seed: int, backward: bool = False) -> None:
        """One heat bath sweep over all links, in place."""
        failed = {mu: np.zeros(len(vectors), dtype=np.uint8) for mu, vectors in self.vectors.items()}
        with self._order(U, backward) as turns:
            self._heat(U, trajectory, seed, turns, failed)
        for mu, of_direction in failed.items():
            if of_direction.any():
                raise NumericalError(
                    f"trajectory {trajectory}: no heat bath value in {kernels.ATTEMPTS} attempts, direction {mu + 1}",
                    hint="a link is not a number, or beta is too large for this algorithm",
                )

    def _heat(
        self,
        U: Blocks,
        trajectory: int,
        seed: int,
        turns: Iterable[tuple[int, int, int]],
        failed: Mapping[int, NDArray[np.uint8]],
    ) -> None:
        for mu, first, last in turns:
            where = (failed[mu], U, self.lattice.neighbours, self.vectors[mu], first, last, mu)
            random = (self._kinds[mu], trajectory, HEATBATH + (mu << 8), np.uint64(seed))
            if self.group.special:
                kernels.heatbath_su(*where, *self._staples, *random, ALGORITHMS[self.algorithm])
            else:
                kernels.heatbath_u1(*where, *self._staples, *random)

    def overrelax(self, U: Blocks, backward: bool = False) -> None:
        """One overrelaxation sweep over all links, in place; the action stays as it is up to rounding.

        Backward it is the inverse.
        """
        kernel = kernels.overrelax_su if self.group.special else kernels.overrelax_u1
        with self._order(U, backward) as turns:
            for mu, first, last in turns:
                kernel(U, self.lattice.neighbours, self.vectors[mu], first, last, mu, *self._staples, self._kinds[mu])


def exchange_ends(U: Blocks) -> None:
    """Rows and columns of each link in reverse order, in place: a gauge transformation by a constant matrix."""
    U["c"][:] = U["c"][:, :, ::-1, ::-1].copy()


def there(lattice: Lattice, free: Sequence[NDArray[np.bool_]] | None) -> list[NDArray[np.bool_]]:
    """Which links may change where time is open: none that are missing or fixed; of those in ``free``, if given."""
    given = [np.ones(lattice.volume, dtype=np.bool_)] * lattice.d if free is None else list(free)
    if lattice.fixed is not None:
        lower, upper = fixed_sites(lattice)
        given[:-1] = [of & ~(lower | upper).ravel() for of in given[:-1]]
    return [*given[:-1], given[-1] & ~missing(lattice).ravel()]
