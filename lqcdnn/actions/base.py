"""The protocol of actions: draw, value, gradient (design: an action is a differentiable functional)."""

from __future__ import annotations

from typing import Protocol

from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch


class Action(Protocol):
    """A real functional S[U] of the links, perhaps of auxiliary fields it holds."""

    name: str
    lattice: Lattice

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """Heat bath of the auxiliary fields at fixed U (nothing for a pure gauge action).

        Returns
        -------
        float or None
            S[U] with the new fields where it is known without a further solve.
        """

    def value(self, U: Blocks) -> float:
        """S[U]."""

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += gradient, with dS = Re tr(Sigma dU) summed over links; Sigma is [d, block]."""


def gradient(action: Action, U: Blocks) -> Blocks:
    """Sigma with dS = Re tr(Sigma dU)."""
    Sigma = scratch(U)
    Sigma["c"] = 0.0
    action.add_gradient(U, Sigma)
    return Sigma
