"""Stochastic molecular dynamics: short trajectories whose momenta and pseudofermions are refreshed in part.

Horowitz, Phys. Lett. B 156 (1985) 89; with the Metropolis test that makes it exact Horowitz, Phys. Lett. B 268 (1991)
247, Jansen and Liu, hep-lat/9506020, Kennedy and Pendleton, hep-lat/0008020; pseudofermions as Luscher and Schaefer,
arXiv:1105.4749, and Francis, Fritzsch, Luscher, Rago, arXiv:1911.04533.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import Integrator
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State


class SMD(HMC):
    """One cycle of stochastic molecular dynamics, with a guide or without.

    With epsilon the length of a cycle and c1 = exp(-friction epsilon), c1^2 + c2^2 = 1:

    1. P -> c1 P + c2 v and phi -> c1 phi + c2 eta, v and eta from the heat bath at the present links; each step leaves
       exp(-H) of the exact Hamiltonian as it is, since the distributions of P and of phi at given links are Gaussian;
    2. molecular dynamics and the Metropolis test of :class:`HMC` at this phi;
    3. a rejected cycle ends with the links and the momenta of its beginning, these reversed: then steps 2 and 3 leave
       exp(-H) as it is, too, for any guide whose force is one of links and phi.

    Parameters
    ----------
    friction
        gamma > 0, for each unit of molecular-dynamics time.
    pseudofermions
        phi of the exact action.
    exact, integrator, guide, logs, accept_first
        As :class:`HMC`; cycles count as trajectories.
    """

    def __init__(
        self,
        friction: float,
        pseudofermions: Sequence[PseudofermionField],
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        super().__init__(exact, integrator, guide, logs, accept_first)
        self.pseudofermions = tuple(pseudofermions)
        self.kept, self.new = refreshment(friction, integrator.length)

    def step(self, state: State) -> tuple[State, Info]:
        """One cycle from ``state``; the first of a chain begins with new momenta and pseudofermions.

        Raises
        ------
        NumericalError
            As HMC; the state is unchanged.
        """
        stream = self.begin_trajectory(state)
        P = self.refreshed(state, stream)
        fields = tuple(copied(field.phi) for field in self.pseudofermions)
        reverse = reversed_momenta(P)
        U, info = self.trajectory(state.U, P, stream)
        if info.accepted is False:
            U, P = state.U, reverse
        return State(U, info.trajectory, state.seed, momenta=P, pseudofermions=fields), info

    def refreshed(self, state: State, stream: Stream) -> Blocks:
        """Momenta that a cycle from ``state`` begins with; phi is set to what it begins with."""
        P = gaussian_momenta(self.lattice, self.group, stream)
        self.exact.draw(state.U, stream)
        if state.momenta is None:
            return P
        with clock("heat bath"):
            self._mix(P, state.momenta)
            for field, old in zip(self.pseudofermions, state.pseudofermions, strict=True):
                self._mix(field.phi, old)
        return P

    def _mix(self, new: Blocks, old: Blocks) -> None:
        """new <- c1 old + c2 new."""
        numbers = new["c"]
        numbers *= self.new
        numbers += self.kept * old["c"]


def refreshment(friction: float, length: float) -> tuple[float, float]:
    """(c1, c2): what is kept of momenta in a cycle, and the part of new ones that leaves their variance as it is."""
    return math.exp(-friction * length), math.sqrt(-math.expm1(-2.0 * friction * length))


def copied(field: Blocks) -> Blocks:
    """A copy with the same order in memory."""
    out = zeros_of_kind(field)
    out["c"] = field["c"]
    return out


def reversed_momenta(P: Blocks) -> Blocks:
    """-P."""
    out = zeros_of_kind(P)
    np.negative(P["c"], out=out["c"])
    return out
