"""HMC that says more of a trajectory than its dH: what its parts cost, and how integrator and guide err."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.algebra import kinetic_energy
from lqcdnn.integrators import Integrator
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.update.hmc import HMC, drifted
from lqcdnn.update.shadow import Brackets, brackets
from lqcdnn.update.state import State

Meter = Callable[[], float]
"""What work has cost so far: CPU seconds, or a count."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Trial:
    """One trajectory.

    Attributes
    ----------
    dH
        Change of the exact Hamiltonian, which decides.
    driven
        Change of the guide's along the same trajectory: what the integrator is to blame for; dH without a guide.
    cost
        Of the trajectory as HMC makes it.
    moving
        Of its molecular dynamics alone.
    """

    dH: float
    driven: float
    cost: float
    moving: float

    @property
    def mismatch(self) -> float:
        """Change of S - S_theta: what the guide is to blame for."""
        return self.dH - self.driven


@dataclass(frozen=True)
class TermWork:
    """What forces of one term were and took.

    Attributes
    ----------
    mean, largest
        Norm |F| = sqrt(sum_a (f^a)^2) on a link: its mean over links that move, and the largest.
    costs
        Of each force.
    iterations
        Of the solver, for each force.
    """

    mean: float
    largest: float
    costs: tuple[float, ...]
    iterations: float


@dataclass(frozen=True)
class Reference:
    """A trajectory that is looked at from close by.

    Attributes
    ----------
    trial
        The trajectory.
    integrator
        What made it.
    changes
        Of the Poisson brackets of the guide from its beginning to its end.
    terms
        Work of each term, in the order of the guide.
    drifts
        Cost of each motion of the links.
    """

    trial: Trial
    integrator: Integrator
    changes: Brackets
    terms: tuple[TermWork, ...]
    drifts: tuple[float, ...]


class ObservedHMC(HMC):
    """HMC, or self-learning HMC, whose trajectories are the same and are reported on.

    Parameters
    ----------
    exact, integrator, guide, logs
        As :class:`HMC`.
    meter
        Of the cost; what is done for the report alone is taken out again.
    """

    def __init__(
        self,
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian,
        logs: Sequence[SolverLog],
        meter: Meter,
    ) -> None:
        super().__init__(exact, integrator, guide, logs)
        self.meter = meter
        self.names = [term.name for term in guide.terms]
        self._aside = self._moving = self._driven = 0.0
        self._looking = False
        self._points: list[tuple[Brackets, list[TermWork], list[float]]] = []

    def trial(self, state: State) -> tuple[State, Trial]:
        """One trajectory from ``state``, as :meth:`step`, and the report on it."""
        self._aside, before = 0.0, self.meter()
        after, info = self.step(state)
        cost = self.meter() - before - self._aside
        driven = info.dH if self.guide is self.exact else self._driven
        return after, Trial(info.dH, driven, cost, self._moving)

    def reference(self, state: State) -> tuple[State, Reference]:
        """One trajectory from ``state``, with the forces and brackets at both of its ends."""
        self._looking, self._points = True, []
        try:
            after, trial = self.trial(state)
        finally:
            self._looking = False
        (first, early, drifts), (last, late, others) = self._points
        terms = tuple(_together(a, b) for a, b in zip(early, late, strict=True))
        return after, Reference(trial, self.integrator, last - first, terms, (*drifts, *others))

    def integrate(self, U: Blocks, P: Blocks) -> Blocks:
        """Run the trajectory; with a guide its energy is computed at both ends, too."""
        before = self._aside_of(lambda: self._look(U, P))
        start = self.meter()
        end = super().integrate(U, P)
        self._moving = self.meter() - start
        self._driven = self._aside_of(lambda: self._look(end, P)) - before
        return end

    def _aside_of(self, work: Callable[[], Result]) -> Result:
        """Do something for the report alone."""
        start = self.meter()
        result = work()
        self._aside += self.meter() - start
        return result

    def _look(self, U: Blocks, P: Blocks) -> float:
        """H of the guide, 0 where it is the exact one; notes forces and brackets where they are asked for."""
        if self._looking:
            self._points.append(self._point(U, P))
        if self.guide is self.exact:
            return 0.0
        return math.fsum([kinetic_energy(self.lattice, self.group, P), *self.guide.potential(U).values()])

    def _point(self, U: Blocks, P: Blocks) -> tuple[Brackets, list[TermWork], list[float]]:
        forces, work = [], []
        for name in self.names:
            iterations = sum(log.iterations for log in self.logs)
            F, cost = self._timed(lambda name=name: self.guide.force(U, [name]))  # type: ignore[misc]
            forces.append(F)
            norms = link_norms(self.guide, F)
            spent = sum(log.iterations for log in self.logs) - iterations
            work.append(TermWork(float(norms.mean()), float(norms.max()), (cost,), spent))
        _moved, drift = self._timed(lambda: drifted(U, P, 0.0, scratch(U)))
        return brackets(self.guide, self.names, U, P, forces), work, [drift]

    def _timed(self, work: Callable[[], Blocks]) -> tuple[Blocks, float]:
        start = self.meter()
        result = work()
        return result, self.meter() - start


def link_norms(hamiltonian: Hamiltonian, F: Blocks) -> NDArray[np.float64]:
    """sqrt(sum_a (f^a)^2) of the links that move; [0] if none does."""
    z = hamiltonian.lattice.to_user(F)
    squares = 2.0 * hamiltonian.group.kinetic_factor * (np.abs(z) ** 2).sum((-1, -2)).ravel()
    moving = np.sqrt(squares[squares > 0.0])
    return moving if moving.size else np.zeros(1)


def _together(a: TermWork, b: TermWork) -> TermWork:
    mean, iterations = 0.5 * (a.mean + b.mean), 0.5 * (a.iterations + b.iterations)
    return TermWork(mean, max(a.largest, b.largest), a.costs + b.costs, iterations)
