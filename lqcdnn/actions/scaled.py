"""An action times a number: what the pseudofermion action of a guide may be multiplied by."""

from __future__ import annotations

from lqcdnn.actions.base import Action, gradient, knows_fixed, knows_twist
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import add_multiple
from lqcdnn.lattice.geometry import Blocks, Lattice


class ScaledAction:
    """S = coefficient times another action.

    For guides only, which take phi as the exact action has drawn it: phi from the heat bath of the other action
    would not be distributed as exp(-S).

    Parameters
    ----------
    action
        The other action.
    coefficient
        The number; it may be assigned to.
    """

    def __init__(self, action: Action, coefficient: float) -> None:
        self.action, self.coefficient = action, coefficient
        self.name = action.name
        self.lattice: Lattice = action.lattice
        self.knows_twist, self.knows_fixed = knows_twist(action), knows_fixed(action)

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """Not of a guide."""
        raise AssertionError("pseudofermions are drawn from the exact action, which has no coefficient")

    def value(self, U: Blocks) -> float:
        """S[U]."""
        return self.coefficient * self.action.value(U)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += coefficient times the gradient of the other action."""
        add_multiple(Sigma, gradient(self.action, U), self.coefficient)
