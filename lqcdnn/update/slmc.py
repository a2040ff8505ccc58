"""Self-learning Monte Carlo: a heat bath with the guide proposes, the exact action decides (arXiv:2010.11900).

The heat bath makes a proposal in detailed balance with exp(-S_guide), P(U -> U') exp(-S_guide[U]) =
P(U' -> U) exp(-S_guide[U']).  Accepted with min(1, exp(-Delta)), Delta the change of S - S_guide, it is in detailed
balance with exp(-S) (Y. Nagai, A. Tanaka, A. Tomiya, arXiv:2010.11900; J. Liu, Y. Qi, Z. Y. Meng, L. Fu,
arXiv:1610.03137).

A sweep goes over links in an order, which by itself keeps exp(-S_guide) but is not in detailed balance: all sweeps of a
proposal are done in this order or in reverse, by the toss of a coin.  With M a sweep and M* its adjoint, the reverse
one, (M^k + M*^k)/2 is its own adjoint, which is detailed balance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import NumericalError
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.kernels.links import copy
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.timing import clock
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import Info, metropolis
from lqcdnn.update.state import State

GUIDE = "guide"
"""Name of -S_guide among the terms whose changes are reported."""


class SelfLearning:
    """One proposal and its Metropolis test.

    Parameters
    ----------
    exact
        What decides; pseudofermions are drawn anew for each proposal.
    heat_bath
        Proposes with the gauge action of the guide, whose couplings may change from one trajectory to the next.
    sweeps
        Compound sweeps of a proposal.
    logs
        Solver logs to report.
    accept_first
        Trajectories up to this number are accepted whatever Delta is; they are no samples of the distribution.
    """

    def __init__(
        self,
        exact: Hamiltonian,
        heat_bath: HeatBath,
        sweeps: int = 1,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        self.exact, self.heat_bath, self.sweeps = exact, heat_bath, sweeps
        self.logs, self.accept_first = tuple(logs), accept_first
        self.lattice, self.group = exact.lattice, exact.group

    def step(self, state: State) -> tuple[State, Info]:
        """One proposal from ``state``; ``Info.dH`` is Delta, ``Info.H`` the exact action at the start.

        Raises
        ------
        NumericalError
            If an action is not finite, a solver does not converge, or as the heat bath does; the state is unchanged.
        """
        for log in self.logs:
            log.reset()
        number = state.trajectory + 1
        stream = Stream(state.seed, number)
        self.heat_bath.couple()
        known = self.exact.draw(state.U, stream)
        before = self._actions(state.U, known)
        U = self._proposal(state.U, stream)
        after = self._actions(U)
        terms = {name: after[name] - before[name] for name in before}
        change = math.fsum(terms.values())
        if not math.isfinite(change):
            raise NumericalError(f"trajectory {number}: the change of the actions is {change}")
        start = math.fsum(value for name, value in before.items() if name != GUIDE)
        info = metropolis(stream, change, start, terms, self.logs, self.accept_first)
        return State(state.U if info.accepted is False else U, number, state.seed), info

    def _actions(self, U: Blocks, known: Mapping[str, float] | None = None) -> dict[str, float]:
        """The exact actions by name, and -S_guide."""
        exact = self.exact.potential(U, known)
        with clock("action"):
            return exact | {GUIDE: -self.heat_bath.action.value(U)}

    def _proposal(self, links: Blocks, stream: Stream) -> Blocks:
        """Links after all sweeps, in one order or in reverse; each has random numbers of its own."""
        U = scratch(links)
        copy(U, links)
        backward = stream.named("order").single(METROPOLIS) < 0.5
        for i in range(self.sweeps):
            self.heat_bath.sweep(U, stream.trajectory, stream.named(f"sweep {i + 1}").seed, backward)
        reunitarize(self.lattice, U, self.group)
        return U
