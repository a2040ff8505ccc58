"""Parallel tempering on boundary conditions: replicas whose links through a defect are weakened step by step.

Hasenbusch, arXiv:1706.04443, for CP(N-1) models; Bonanno, Bonati, D'Elia, arXiv:2012.14000, for SU(N).  Where the
defect is open, topological charge flows in and out; swaps bring it to the theory itself, whose links are the chain's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.fields.defect import loop_sums
from lqcdnn.fields.gauge import translated
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock
from lqcdnn.update.crew import Crew
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State
from lqcdnn.update.swaps import part_accepted, replica_seeds, swap_neighbours


@dataclass(frozen=True)
class TemperingInfo:
    """What happened in one trajectory of all replicas.

    Attributes
    ----------
    own
        What the replica without a weakened link did.
    swapped
        Whether the k-th and the next replica took each other's links.
    walkers
        Which of the configurations of the start each replica has after the swaps.
    others_accepted
        Part of the trajectories of the other replicas that were accepted; None without a Metropolis test.
    """

    own: Info | HeatBathInfo
    swapped: tuple[bool, ...]
    walkers: tuple[int, ...]
    others_accepted: float | None

    @property
    def trajectory(self) -> int:
        """Its number, from 1."""
        return self.own.trajectory

    @property
    def accepted(self) -> bool | None:
        """Outcome of the Metropolis test of the replica without a weakened link; None where there was none."""
        return self.own.accepted

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal."""
        others = {} if self.others_accepted is None else {"others_accepted": self.others_accepted}
        return {**self.own.record(plaquette), **others, "swapped": list(self.swapped), "walkers": list(self.walkers)}


class Tempering:
    """One trajectory of each replica, swaps of neighbours, and a random translation of the links of the chain.

    The distribution of the replicas is the product of exp(-S_c), each with its coupling c; a swap of replicas r and s
    is accepted with min(1, exp(-Delta)), Delta the change of S_r + S_s.  Only loops through the defect contribute,
    whatever else the actions have: fermions are the same in all replicas.

    Parameters
    ----------
    updates
        One for each replica; the first is that of the theory itself.
    actions
        Their weakened gauge actions, the first with c = 1.
    """

    def __init__(self, updates: Sequence[HMC | HeatBath], actions: Sequence[WeakenedGaugeAction]) -> None:
        self.updates, self.actions = tuple(updates), tuple(actions)
        self.lattice = actions[0].lattice
        self.crew = Crew(self.updates)

    def begin(self, state: State) -> State:
        """The state with replicas, all with the links of the chain, if it has none yet."""
        count = len(self.updates)
        if state.others:
            return state
        return replace(state, others=(state.U,) * (count - 1), walkers=tuple(range(count)))

    def step(self, state: State) -> tuple[State, TemperingInfo]:
        """One trajectory of all replicas from ``state``.

        Raises
        ------
        NumericalError
            As the updates do; the state is unchanged.
        """
        state = self.begin(state)
        number, walkers = state.trajectory + 1, list(state.walkers)
        stream = Stream(state.seed, number)
        replicas = zip((state.U, *state.others), replica_seeds(stream, len(self.updates)), strict=True)
        moved = self.crew.step([State(U, state.trajectory, seed) for U, seed in replicas])
        links, infos = [one.U for one, _ in moved], [info for _, info in moved]
        with clock("swaps"):
            swapped = self._swap(links, walkers, stream)
            own = infos[0]
            if isinstance(own, HeatBathInfo) and swapped[0]:
                own = HeatBathInfo(number, self.actions[0].action.value(links[0]))
            links[0] = self._moved(links[0], stream)
        after = State(links[0], number, state.seed, tuple(links[1:]), tuple(walkers))
        return after, TemperingInfo(own, swapped, after.walkers, part_accepted(infos[1:]))

    def _swap(self, links: list[Blocks], walkers: list[int], stream: Stream) -> tuple[bool, ...]:
        """Offer swaps to all pairs of neighbours, in place; which were accepted."""
        sums = [loop_sums(action.loops, U) for action, U in zip(self.actions, links, strict=True)]

        def change(k: int) -> float:
            here, there = self.actions[k], self.actions[k + 1]
            crossed = here.change(sums[k + 1]) + there.change(sums[k])
            return crossed - here.change(sums[k]) - there.change(sums[k + 1])

        return swap_neighbours(change, stream, links, walkers, sums)

    def _moved(self, U: Blocks, stream: Stream) -> Blocks:
        """The links translated by a random vector: the defect is anywhere in them."""
        named = stream.named("translation")
        shift = [int(extent * named.single(mu)) for mu, extent in enumerate(self.lattice.shape)]
        return translated(self.lattice, U, shift)
