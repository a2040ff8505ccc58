"""Evolutions out of equilibrium, from configurations of a chain at a start to the theory itself (physics.md 13).

Jarzynski, cond-mat/9610209; on the lattice Caselle et al., arXiv:1604.05544; from open to periodic boundaries Bonanno,
Nada, Vadacchino, arXiv:2402.06561.  With layers whose Jacobian is known in front of the switches, these are stochastic
normalizing flows: Caselle, Cellini, Nada, Panero, arXiv:2201.08862; for SU(3) Bulgarelli, Cellini, Nada,
arXiv:2412.00200.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import NumericalError
from lqcdnn.fields.defect import loop_sums
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.timing import clock
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State
from lqcdnn.update.swaps import part_accepted


@dataclass(frozen=True)
class EvolutionInfo:
    """What happened between two evolutions and in the second one.

    Attributes
    ----------
    trajectory
        Number of the evolution, from 1.
    work
        W, the sum of S_{k+1}[F(U)] - S_k[U] - log J over the switches of the action.
    action
        Gauge action of the theory itself at the end.
    start_action
        Gauge action of the start chain, with its own coupling, where the evolution began.
    start_accepted, steps_accepted
        Part of the trajectories of the start chain, and of those of the evolution, that were accepted; None without a
        Metropolis test.
    cg_iterations
        Of all of them; None where nothing is solved.
    """

    trajectory: int
    work: float
    action: float
    start_action: float
    start_accepted: float | None
    steps_accepted: float | None
    cg_iterations: int | None

    @property
    def accepted(self) -> None:
        """An evolution is not tested: it has a weight."""
        return

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal; the plaquette is that of the end."""
        rates = {"start_accepted": self.start_accepted, "steps_accepted": self.steps_accepted}
        tested = {name: rate for name, rate in rates.items() if rate is not None}
        solved = {} if self.cg_iterations is None else {"cg_iterations": self.cg_iterations}
        known = {"plaquette": plaquette, "action": self.action, "work": self.work, "start_action": self.start_action}
        return {"trajectory": self.trajectory, **known, **tested, **solved}


class Evolution:
    """``between`` updates of the start chain, then an evolution from its configuration to the theory itself.

    In step k of an evolution a layer may turn the links, U -> F(U), with log J = log |det dF/dU|; then the coupling of
    the action goes from the k-th to the next one, which takes the work S_{k+1}[F(U)] - S_k[U] - log J; then come
    ``updates`` updates with the new coupling, which only have to keep exp(-S_{k+1}).  With the sum W of the works

        <O> = <O exp(-W)> / <exp(-W)>,    exp(-Delta F) = <exp(-W)>

    over the evolutions, O of their ends, whatever steps and layers are (arXiv:1604.05544, 2201.08862).

    The state has the links of the last end, and those of the start chain as ``others``.

    Parameters
    ----------
    update
        Heat bath or HMC whose Hamiltonian has ``action``, which changes.
    action
        The gauge action, whose beta changes, or, with a defect, whose links through it have a coupling that changes.
    couplings
        Beta, or what links through the defect are weakened to: of the start, after each step, of the theory itself.
    between
        Updates of the start chain before each evolution.
    updates
        Updates in each step.
    layers
        For each step what turns the links in front of its switch, or None; empty: nothing anywhere.
    """

    def __init__(
        self,
        update: HMC | HeatBath,
        action: GaugeAction | WeakenedGaugeAction,
        couplings: Sequence[float],
        between: int,
        updates: int = 1,
        layers: Sequence[FieldTransformation | None] = (),
    ) -> None:
        self.action, self.couplings, self.between, self.updates = action, tuple(couplings), between, updates
        self.lattice, self.group = update.lattice, update.group
        self.layers = tuple(layers) or (None,) * (len(self.couplings) - 1)
        self._update = update

    def begin(self, state: State) -> State:
        """The state with a start chain, which has the links of the state, if there is none yet."""
        return state if state.others else replace(state, others=(state.U,))

    def step(self, state: State) -> tuple[State, EvolutionInfo]:
        """The next evolution from ``state``.

        Raises
        ------
        NumericalError
            As the updates and layers do, or if the work is not finite; the state is unchanged.
        """
        (start,) = self.begin(state).others
        number = state.trajectory + 1
        stream, infos = Stream(state.seed, number), list[Info | HeatBathInfo]()
        self._couple(self.couplings[0])
        for j in range(self.between):
            start = self._updated(start, stream.named(f"start {j + 1}"), infos)
        with clock("action"):
            start_action = self.action.value(start)
        own, U, works = len(infos), start, []
        for k, coupling in enumerate(self.couplings[1:]):
            U, work = self._switched(U, coupling, self.layers[k])
            works.append(work)
            for i in range(self.updates):
                U = self._updated(U, stream.named(f"step {k + 1}.{i + 1}"), infos)
        with clock("action"):
            action = self.action.value(U)
        total = math.fsum(works)
        if not math.isfinite(total):
            raise NumericalError(f"evolution {number}: the work is {total}")
        solved = [info.cg_iterations for info in infos if isinstance(info, Info) and info.solves]
        info = EvolutionInfo(
            number, total, action, start_action,
            part_accepted(infos[:own]), part_accepted(infos[own:]), sum(solved) if solved else None,
        )  # fmt: skip
        return State(U, number, state.seed, (start,)), info

    def _updated(self, U: Blocks, stream: Stream, infos: list[Info | HeatBathInfo]) -> Blocks:
        """Links after one update with the present coupling and random numbers of their own; notes what happened."""
        after, info = self._update.step(State(U, stream.trajectory - 1, stream.seed))
        infos.append(info)
        return after.U

    def _switched(self, U: Blocks, coupling: float, layer: FieldTransformation | None) -> tuple[Blocks, float]:
        """The links behind a layer, and the work of the switch to another coupling, which is the present one then."""
        if layer is None:
            with clock("work"):
                work = change(self.action, U, coupling)
            self._couple(coupling)
            return U, work
        before = self.action.value(U)
        turned, log_jacobian = layer.forward_with_jacobian(U)
        reunitarize(self.lattice, turned, self.group)
        self._couple(coupling)
        return turned, self.action.value(turned) - before - log_jacobian

    def _couple(self, coupling: float) -> None:
        """Let the action and its update have this coupling."""
        if isinstance(self.action, WeakenedGaugeAction):
            self.action.coupling = coupling
        else:
            self.action.beta = coupling
        if isinstance(self._update, HeatBath):
            self._update.couple()


def change(action: GaugeAction | WeakenedGaugeAction, U: Blocks, coupling: float) -> float:
    """S'[U] - S[U], S' with another coupling: of the loops alone that it multiplies."""
    if isinstance(action, GaugeAction):
        return (coupling - action.beta) * action.beta_sum(U)
    sums, other = loop_sums(action.loops, U), WeakenedGaugeAction(action.action, action.loops, coupling)
    return other.change(sums) - action.change(sums)


def linear(start: float, target: float, steps: int) -> tuple[float, ...]:
    """Couplings from the start to the target at equal distances, both included."""
    return (*(start + (target - start) * k / steps for k in range(steps)), target)


def interpolated(networks: Sequence[FieldTransformation], steps: int) -> list[FieldTransformation]:
    """A layer for each step, with the weights of the first network in the first, of the last one in the last step.

    Networks lie at equal distances along the steps; between neighbours, weights are linear in the step.
    """
    if len(networks) < 2:
        return [*networks] * steps
    layers = []
    for k in range(steps):
        place = k * (len(networks) - 1) / max(steps - 1, 1)
        i = min(int(place), len(networks) - 2)
        layer = copy.copy(networks[i])
        layer.layers = [copy.copy(one) for one in networks[i].layers]
        layer.theta = networks[i].theta + (place - i) * (networks[i + 1].theta - networks[i].theta)
        layers.append(layer)
    return layers
