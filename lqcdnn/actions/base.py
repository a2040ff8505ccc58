"""The protocol of actions: draw, value, gradient (design: an action is a differentiable functional)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import clear
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


@runtime_checkable
class Kicking(Protocol):
    """What an action also offers if it can change the momenta as it makes its gradient, which then is never stored."""

    def kick(self, P: Blocks, U: Blocks, Sigma: Blocks | None, eps: float) -> None:
        """P <- P + eps TA(U (Sigma + gradient)); Sigma, that of other actions, None for zero, may be overwritten."""


def knows_twist(action: Action) -> bool:
    """Whether an action is one of links with twisted boundary conditions, too: it says so, others do not."""
    return bool(getattr(action, "knows_twist", False))


def knows_fixed(action: Action) -> bool:
    """Whether an action is one between fixed links, too: it says so, others do not."""
    return bool(getattr(action, "knows_fixed", False))


def gradient(action: Action, U: Blocks) -> Blocks:
    """Sigma with dS = Re tr(Sigma dU)."""
    return sum_of_gradients([action], U)


def sum_of_gradients(actions: Iterable[Action], U: Blocks) -> Blocks:
    """Sigma of the sum of some actions."""
    terms = list(actions)
    make = getattr(terms[0], "gradient", None) if terms else None  # as Composed: nothing set to zero, nothing added to
    if make is not None:
        Sigma: Blocks = make(U)
        del terms[0]
    else:
        Sigma = scratch(U)
        clear(Sigma)
    for action in terms:
        action.add_gradient(U, Sigma)
    return Sigma
