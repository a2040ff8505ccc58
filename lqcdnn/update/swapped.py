"""A chain without bias that takes its charges, or phases, from one with a bias potential, by swaps (physics.md 18.2).

T. Eichhorn, G. Fuwa, C. Hoelbling, L. Varnhorst, arXiv:2307.04742: parallel tempered metadynamics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.timing import clock
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State


@dataclass(frozen=True)
class SwappedInfo:
    """What happened in one trajectory of both chains.

    Attributes
    ----------
    own
        What the chain without bias did.
    collective_variable
        Q of its links after the swap.
    biased_variable, bias
        Q and V(Q) of the links of the other chain after its trajectory, before the swap.
    other_accepted
        Whether that trajectory was accepted; None without a test.
    swapped
        Whether both took each other's links.
    walkers
        Which of the configurations of the start each chain has then.
    """

    own: Info
    collective_variable: float
    biased_variable: float
    bias: float
    other_accepted: bool | None
    swapped: bool
    walkers: tuple[int, ...]

    @property
    def trajectory(self) -> int:
        """Its number, from 1."""
        return self.own.trajectory

    @property
    def accepted(self) -> bool | None:
        """Outcome of the Metropolis test of the chain without bias; None where there was none."""
        return self.own.accepted

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal."""
        other = {} if self.other_accepted is None else {"others_accepted": float(self.other_accepted)}
        known = {"collective_variable": self.collective_variable, "biased_variable": self.biased_variable}
        replicas = {"swapped": [self.swapped], "walkers": list(self.walkers)}
        return {**self.own.record(plaquette), **known, "bias": self.bias, **other, **replicas}


class SwappedHMC:
    """One trajectory with S, one with S + V, and a swap of their links.

    The distribution of both is the product of exp(-S) and exp(-S - V), so a swap is accepted with min(1, exp(-Delta)),
    Delta = V(Q) - V(Q'), Q of the links that have no bias before it, Q' of the others: no action has to be computed.
    The chain is the one without bias, and needs no weights.

    Parameters
    ----------
    plain
        HMC with S.
    biased
        HMC with S + V.
    """

    def __init__(self, plain: HMC, biased: BiasedHMC) -> None:
        self.plain, self.biased = plain, biased
        self.lattice = plain.lattice

    def begin(self, state: State) -> State:
        """The state with a second chain, which begins with the same links, if it has none yet."""
        if state.others:
            return self.biased.begin(state)
        return self.biased.begin(replace(state, others=(state.U,), walkers=(0, 1)))

    def step(self, state: State) -> tuple[State, SwappedInfo]:
        """One trajectory of both chains from ``state``.

        Raises
        ------
        NumericalError
            As HMC; the state is unchanged.
        """
        state = self.begin(state)
        stream = Stream(state.seed, state.trajectory + 1)
        one, own = self.plain.step(State(state.U, state.trajectory, state.seed))
        second = State(state.others[0], state.trajectory, stream.named("biased").seed, potential=state.potential)
        two, info = self.biased.step(second)
        assert two.potential is not None
        with clock("swaps"):
            bias, numbers = self.biased.bias, self.biased.used(two.potential, two.trajectory)
            variable = bias.variable(one.U)
            delta = bias.grid.value(numbers, variable) - bias.grid.value(numbers, info.collective_variable)
            swapped = stream.named("swap 1").single(METROPOLIS) < math.exp(min(0.0, -delta))
        links, walkers = (one.U, two.U), state.walkers
        if swapped:
            links, walkers, variable = links[::-1], walkers[::-1], info.collective_variable
        after = State(links[0], one.trajectory, state.seed, links[1:], walkers, two.potential)
        found = (info.collective_variable, info.bias, info.accepted)
        return after, SwappedInfo(own, variable, *found, swapped, walkers)
