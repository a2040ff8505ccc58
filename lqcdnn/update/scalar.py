"""HMC of the links with a scalar field that is updated before every trajectory (physics.md 30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.scalar import ScalarAction, uniform
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import SCALAR, Stream
from lqcdnn.integrators import Integrator
from lqcdnn.kernels import scalar as kernels
from lqcdnn.lattice.blocks import aligned_copy, single_numbers
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.timing import clock
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State


@dataclass(frozen=True)
class ScalarSweeps:
    """Updates of phi at fixed links: ``sweeps`` times a heat bath of all sites, then ``reflections`` of all sites.

    Each leaves exp(-S) as it is: even sites at fixed odd ones, then odd sites at fixed even ones.

    Parameters
    ----------
    action
        With its field.
    sweeps, reflections
        How many.
    """

    action: ScalarAction
    sweeps: int = 1
    reflections: int = 0

    def run(self, phi: Blocks, U: Blocks, stream: Stream) -> None:
        """All of them, in place.

        Raises
        ------
        NumericalError
            If a site is not finite or its heat bath finds no value; phi is of no use then.
        """
        for sweep in range(self.sweeps):
            with clock("heat bath"):
                self.heat_bath(phi, U, stream, sweep)
            with clock("overrelaxation"):
                for _ in range(self.reflections):
                    self.reflect(phi, U)

    def heat_bath(self, phi: Blocks, U: Blocks, stream: Stream, sweep: int = 0) -> None:
        """One heat bath of all sites, with the numbers of the ``sweep``-th of a trajectory."""
        lattice, action = self.action.lattice, self.action
        failed = np.zeros(lattice.blocks, dtype=np.uint8)
        fields = phi, single_numbers(phi), single_numbers(scratch(phi)), U
        random = stream.trajectory, SCALAR + (sweep << 8), np.uint64(stream.seed)
        for first in (0, lattice.half):
            sites = lattice.neighbours, lattice.names, action.kappa, action.quartic, first, first + lattice.half
            kernels.heat(failed, *fields, *sites, *random)
        if failed.any():
            raise NumericalError(
                f"trajectory {stream.trajectory}: no heat bath value of the scalar in {kernels.ATTEMPTS} attempts",
                hint="a link or the field is not a number, or action.scalar.lambda is too large for this algorithm",
            )

    def reflect(self, phi: Blocks, U: Blocks) -> None:
        """Each site reflected about the sum of its neighbours; the action stays as it is up to rounding."""
        lattice = self.action.lattice
        for first in (0, lattice.half):
            kernels.reflect(phi, U, lattice.neighbours, first, first + lattice.half)


class ScalarHMC(HMC):
    """Updates of phi at fixed links, then a trajectory of the links at fixed phi, of HMC or self-learning HMC.

    Both leave exp(-S[U, phi]) as it is, and so does one after the other; a rejected trajectory keeps the new phi.

    Parameters
    ----------
    sweeps
        The updates of phi; the field of their action is that of both Hamiltonians.
    exact, integrator, guide, logs, accept_first
        As :class:`HMC`.
    """

    def __init__(
        self,
        sweeps: ScalarSweeps,
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        super().__init__(exact, integrator, guide, logs, accept_first)
        self.sweeps = sweeps

    def step(self, state: State) -> tuple[State, Info]:
        """Both from ``state``; a chain that has no phi yet begins with (1, 0, ..., 0) on all sites.

        Raises
        ------
        NumericalError
            As HMC, or as :meth:`ScalarSweeps.run`; the state is unchanged.
        """
        field = self.sweeps.action.field
        phi = uniform(self.lattice, field.n) if state.scalar is None else aligned_copy(state.scalar)
        self.sweeps.run(phi, state.U, Stream(state.seed, state.trajectory + 1))
        field.phi = phi
        end, info = super().step(state)
        return replace(end, scalar=phi), info
