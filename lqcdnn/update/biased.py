"""Metadynamics: HMC with a bias potential of a collective variable that is built up on the way (physics.md 18).

The topological charge: A. Laio, G. Martinelli, F. Sanfilippo, arXiv:1508.07270, for CP(N-1) models; T. Eichhorn,
G. Fuwa, C. Hoelbling, L. Varnhorst, arXiv:2307.04742, for SU(3).  The mean plaquette: B. A. Berg, T. Neuhaus,
hep-lat/9202004; with HMC G. Arnold, K. Schilling, T. Lippert, hep-lat/9808005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Values
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.integrators import Integrator
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State


@dataclass(frozen=True)
class BiasedInfo(Info):
    """What happened in one trajectory.

    Attributes
    ----------
    collective_variable
        Q of the links after it: charge of smeared ones, or plaquette.
    bias
        V(Q) with the potential of this trajectory: ln of the weight that takes the bias out again.
    """

    collective_variable: float
    bias: float

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal."""
        return {**super().record(plaquette), "collective_variable": self.collective_variable, "bias": self.bias}


class BiasedHMC(HMC):
    """HMC or self-learning HMC of S + V(Q), after each of whose first trajectories V grows at Q.

    A trajectory, its Metropolis test included, has the potential as it was at its beginning.  Once V stays as it is,
    the chain samples exp(-S - V), and

        <O> = <O exp(V)> / <exp(V)>

    of its trajectories are the averages of S, whatever V is.

    Parameters
    ----------
    bias
        The term of both Hamiltonians.
    build
        Trajectories after which V grows, those accepted without a test and those rejected among them.
    height, symmetric
        What each of them adds, see `Grid.raised`.
    factor
        What multiplies the numbers of the potential in all later trajectories.
    first
        The potential that chains begin with; default: zero.
    """

    def __init__(
        self,
        bias: BiasTerm,
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
        *,
        build: int = 0,
        height: float = 0.0,
        symmetric: bool = True,
        factor: float = 1.0,
        first: Values | None = None,
    ) -> None:
        super().__init__(exact, integrator, guide, logs, accept_first)
        self.bias, self.build, self.height, self.symmetric, self.factor = bias, build, height, symmetric, factor
        self.first = bias.grid.flat() if first is None else first

    def begin(self, state: State) -> State:
        """The state with a potential, if it has none yet."""
        return state if state.potential is not None else replace(state, potential=self.first)

    def step(self, state: State) -> tuple[State, BiasedInfo]:
        """One trajectory from ``state``.

        Raises
        ------
        NumericalError
            As HMC; the state is unchanged.
        """
        numbers = self.begin(state).potential
        assert numbers is not None
        self.bias.potential.numbers = now = self.used(numbers, state.trajectory)
        after, info = super().step(state)
        variable = self.bias.variable(after.U)
        found = BiasedInfo(**vars(info), collective_variable=variable, bias=self.bias.grid.value(now, variable))
        if state.trajectory < self.build:
            numbers = self.bias.grid.raised(numbers, variable, self.height, self.symmetric)
        return replace(after, potential=numbers), found

    def used(self, numbers: Values, done: int) -> Values:
        """The potential of the next trajectory, where so many are done."""
        return numbers if done < self.build else self.factor * numbers
