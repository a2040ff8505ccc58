"""An action that sees its links through a map: S[f(U)] (physics.md 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.base import Action, gradient, knows_twist
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.base import LinkMap

T = TypeVar("T")


class Remembered(Generic[T]):
    """A function of links and weights that is not computed again for those of the last time."""

    def __init__(self, function: Callable[[Blocks], T]) -> None:
        self._function = function
        self._last: tuple[Blocks, NDArray[np.float64], T] | None = None

    def __call__(self, U: Blocks, theta: NDArray[np.float64]) -> T:
        """Its value at U, with the weights theta."""
        last = self._last
        if last is None or not (np.array_equal(last[0]["c"], U["c"]) and np.array_equal(last[1], theta)):
            self._last = last = aligned_copy(U), theta.copy(), self._function(U)
        return last[2]


class Composed:
    """S[f(U)] for an action S and a link map f: smeared and network-parametrised actions.

    The gradient is one gradient of S (for a pseudofermion, one solve) and one pullback through f.
    """

    def __init__(self, action: Action, link_map: LinkMap) -> None:
        self.action, self.link_map = action, link_map
        self.name = action.name
        self.lattice: Lattice = action.lattice
        self.knows_twist = knows_twist(action) or bool(getattr(link_map, "knows_twist", False))
        self._seen = Remembered(lambda U: link_map.forward(U)[0])

    def seen(self, U: Blocks) -> Blocks:
        """f(U), not computed again if links and weights are those of the last time: heat bath and value share it."""
        return self._seen(U, self.link_map.theta)

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """Heat bath of S at f(U)."""
        return self.action.draw(self.seen(U), stream)

    def value(self, U: Blocks) -> float:
        """S[f(U)]."""
        return self.action.value(self.seen(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += pullback of the gradient of S at f(U)."""
        out, tape = self.link_map.forward(U)
        self.link_map.add_pullback(Sigma, tape, gradient(self.action, out))

    def gradient(self, U: Blocks) -> Blocks:
        """The pullback alone."""
        out, tape = self.link_map.forward(U)
        return self.link_map.pullback(tape, gradient(self.action, out))

    def weight_gradient(self, U: Blocks) -> NDArray[np.float64]:
        """dS/dtheta at fixed U."""
        out, tape = self.link_map.forward(U)
        return self.link_map.pullback_weights(tape, gradient(self.action, out))[1]
