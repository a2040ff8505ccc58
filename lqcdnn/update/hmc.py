"""Hybrid Monte Carlo with two Hamiltonians: the exact one decides, the guide drives (physics.md 5).

Momenta and pseudofermions come from the exact Hamiltonian; molecular dynamics runs with the guide by a reversible,
area-preserving integrator; the Metropolis test uses the exact Hamiltonian, so the result is exact whatever the
guide is.  With the guide equal to the exact Hamiltonian this is HMC (Duane, Kennedy, Pendleton, Roweth 1987); with a
trained network in the guide it is self-learning HMC (arXiv:2103.11965).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.transformed import TransformedHamiltonian
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import NumericalError
from lqcdnn.fields.algebra import gaussian_momenta, kinetic_energy
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.integrators import Drift, Integrator
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.timing import clock
from lqcdnn.update.state import State as State


@dataclass(frozen=True)
class Info:
    """What happened in one trajectory.

    Attributes
    ----------
    trajectory
        Its number, from 1.
    dH
        Change of the exact Hamiltonian (trace norm of physics.md 1).
    accepted, acceptance_probability
        Outcome of the Metropolis test, None where the end point was taken without one, and min(1, exp(-dH)).
    H
        Exact Hamiltonian at the start.
    terms
        Change of the kinetic energy and of each exact action.
    solves, cg_iterations, residual
        Solver calls, their iterations, the largest true relative residual.
    """

    trajectory: int
    dH: float
    accepted: bool | None
    acceptance_probability: float
    H: float
    terms: dict[str, float]
    solves: int
    cg_iterations: int
    residual: float

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal; ``forced`` stands in the place of a test that was not made: no rate counts it."""
        test = {"accepted": self.accepted, "acceptance_probability": self.acceptance_probability}
        return {
            "trajectory": self.trajectory,
            "dH": self.dH,
            **({"forced": True} if self.accepted is None else test),
            "H": self.H,
            "plaquette": plaquette,
            "solves": self.solves,
            "cg_iterations": self.cg_iterations,
            "residual": self.residual,
        }


class HMC:
    """One trajectory of HMC or self-learning HMC.

    Parameters
    ----------
    exact, guide
        The two Hamiltonians; guide None means the same one.
    integrator
        Levels whose terms name the guide's actions.
    logs
        Solver logs to report.
    accept_first
        Trajectories up to this number are accepted whatever dH is; they are no samples of the distribution.
    """

    def __init__(
        self,
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        self.accept_first = accept_first
        self.exact, self.guide = exact, guide or exact
        self.lattice, self.group, self.logs = exact.lattice, exact.group, tuple(logs)
        self.use(integrator)

    def use(self, integrator: Integrator) -> None:
        """Integrate the next trajectories with ``integrator``."""
        self.integrator, self._plan = integrator, integrator.plan()

    def step(self, state: State) -> tuple[State, Info]:
        """One trajectory from ``state``.

        Raises
        ------
        NumericalError
            If the energy is not finite or a solver does not converge; the state is unchanged.
        """
        proposal, info = self.propose(state)
        U = state.U if info.accepted is False else proposal
        return State(U, info.trajectory, state.seed), info

    def propose(self, state: State) -> tuple[Blocks, Info]:
        """The end point of the trajectory, accepted or not, and the Metropolis test."""
        stream = self.begin_trajectory(state)
        P = gaussian_momenta(self.lattice, self.group, stream)
        known = self.exact.draw(state.U, stream)
        return self.trajectory(state.U, P, stream, known)

    def begin_trajectory(self, state: State) -> Stream:
        """Random numbers of the trajectory after ``state``; its solves are counted from here."""
        for log in self.logs:
            log.reset()
        return Stream(state.seed, state.trajectory + 1)

    def trajectory(
        self, start: Blocks, P: Blocks, stream: Stream, known: Mapping[str, float] | None = None
    ) -> tuple[Blocks, Info]:
        """Molecular dynamics from ``start`` and its Metropolis test; P becomes the momenta at the end."""
        before = self.energies(start, P, known)
        U = self.integrate(start, P)
        reunitarize(self.lattice, U, self.group)
        after = self.energies(U, P)
        terms = {name: after[name] - before[name] for name in before}
        dH = math.fsum(after.values()) - math.fsum(before.values())
        if not math.isfinite(dH):
            raise NumericalError(
                f"trajectory {stream.trajectory}: the change of H is {dH}",
                hint="the integrator is unstable here: use more steps, or a start nearer to equilibrium",
            )
        return U, metropolis(stream, dH, math.fsum(before.values()), terms, self.logs, self.accept_first)

    def energies(self, U: Blocks, P: Blocks, known: Mapping[str, float] | None = None) -> dict[str, float]:
        """Kinetic energy and exact actions by name; those of ``known`` need not be computed."""
        return {"kinetic": kinetic_energy(self.lattice, self.group, P)} | self.exact.potential(U, known)

    def integrate(self, U: Blocks, P: Blocks) -> Blocks:
        """Run the trajectory on P in place; the links at its end, the given ones stay as they are."""
        now = U
        for op in self._plan:
            if isinstance(op, Drift):
                now = drifted(now, P, op.eps, scratch(U) if now is U else now)
                continue
            names, seen = self.integrator.levels[op.level].terms, now
            if op.shift:
                seen = drifted(now, self.guide.force(now, names), op.shift, scratch(U))
            self.guide.kick(P, seen, names, op.eps)
        return now


class TransformedHMC(HMC):
    """HMC or self-learning HMC of V, U = F(V), with the links U as its state (field-transformed HMC, arXiv:0907.5491).

    Parameters
    ----------
    transformation
        F, the one that both Hamiltonians, which are those of V, have.
    """

    def __init__(
        self,
        transformation: FieldTransformation,
        exact: TransformedHamiltonian,
        integrator: Integrator,
        guide: TransformedHamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        super().__init__(exact, integrator, guide, logs, accept_first)
        self.transformation = transformation

    def propose(self, state: State) -> tuple[Blocks, Info]:
        """The end point of the trajectory of V = F^-1(U) as links, accepted or not, and the Metropolis test."""
        V = self.transformation.inverse(state.U)
        end, info = super().propose(State(V, state.trajectory, state.seed))
        U = self.transformation.forward(end)[0]
        reunitarize(self.lattice, U, self.group)
        return U, info


def metropolis(
    stream: Stream, dH: float, H: float, terms: dict[str, float], logs: Sequence[SolverLog], accept_first: int
) -> Info:
    """The test of the trajectory that ``stream`` has its numbers for; the arguments are those of :class:`Info`."""
    probability = math.exp(min(0.0, -dH))
    forced = stream.trajectory <= accept_first  # numbers are drawn by key: one that is not needed shifts no other
    return Info(
        trajectory=stream.trajectory,
        dH=dH,
        accepted=None if forced else stream.single(METROPOLIS) < probability,
        acceptance_probability=probability,
        H=H,
        terms=terms,
        solves=sum(log.solves for log in logs),
        cg_iterations=sum(log.iterations for log in logs),
        residual=max((log.residual for log in logs), default=0.0),
    )


def drifted(U: Blocks, P: Blocks, eps: float, out: Blocks) -> Blocks:
    """exp(eps P) U in ``out``, which may be U itself."""
    with clock("links"):
        kernels.update_links(out, U, P, eps)
    return out
