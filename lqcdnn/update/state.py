"""What every update takes and returns: (state, info) = step(state)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Blocks


@dataclass(frozen=True)
class State:
    """Everything that defines the future of a chain.

    Attributes
    ----------
    U
        Links [d, block].
    trajectory
        Number of trajectories done.
    seed
        Seed of all random numbers.
    others
        Links of the further replicas of parallel tempering, of the start chain of evolutions, or a chain with a bias.
    walkers
        Of parallel tempering: which of the configurations of the start each replica, U first, has come from.
    potential
        With a bias potential: its numbers, see ``actions.potential``.
    momenta
        With partial refreshment: those that the next cycle begins with, before they are refreshed; None before the
        first, and in all updates that draw them anew.
    pseudofermions
        Likewise, the fields phi of the exact action.
    scalar
        The scalar field of the action [block]; None without one, and before the first trajectory of a chain that does
        not begin with a given one.
    """

    U: Blocks
    trajectory: int
    seed: int
    others: tuple[Blocks, ...] = ()
    walkers: tuple[int, ...] = ()
    potential: NDArray[np.float64] | None = None
    momenta: Blocks | None = None
    pseudofermions: tuple[Blocks, ...] = ()
    scalar: Blocks | None = None


class StepInfo(Protocol):
    """What happened in one trajectory."""

    @property
    def trajectory(self) -> int:
        """Its number, from 1."""

    @property
    def accepted(self) -> bool | None:
        """Outcome of the Metropolis test; None where there was none."""

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal: the same keys in the same order in all trajectories with a test, in all without."""
