"""A gauge-covariant network: a sequence of layers with one flat vector of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.links import add_multiple
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.base import Layer
from lqcdnn.network.whole import WholeLayers, WholeTape, makes
from lqcdnn.timing import clock

Tape = list[Any] | WholeTape


class CovariantNetwork:
    """U' = f_L(... f_1(U)); itself a LinkMap.

    Parameters
    ----------
    layers
        First to last; at least one.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers
        self.lattice: Lattice = layers[0].lattice
        self._able = layers if makes(layers) else None
        self._whole: WholeLayers | None = None
        self._known: list[NDArray[np.float64] | None] = [None] * len(layers)

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights as one vector, layer by layer."""
        return np.concatenate([layer.weights.ravel() for layer in self.layers])

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        start = 0
        for layer in self.layers:
            stop = start + layer.weights.size
            layer.weights = np.array(values[start:stop], dtype=np.float64).reshape(layer.weights_shape)
            start = stop

    def whole(self, U: Blocks) -> WholeLayers | None:
        """The layers as one, if one call makes them all."""
        if self._able is None or colors(U) != 2:
            return None
        for layer, known in zip(self.layers, self._known, strict=True):
            if layer.weights is not known:  # each assignment makes another array
                self._whole, self._known = WholeLayers(self._able), [layer.weights for layer in self.layers]
                break
        return self._whole

    def forward(self, U: Blocks) -> tuple[Blocks, Tape]:
        """U' and the tapes of all layers."""
        with clock("network"):
            whole = self.whole(U)
            if whole is not None:
                return whole.forward(U)
            tapes = []
            for layer in self.layers:
                U, tape = layer.forward(U)
                tapes.append(tape)
            return U, tapes

    def pullback(self, tape: Tape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links: each layer's pullback with its own input links, last to first."""
        with clock("network"):
            if isinstance(tape, WholeTape):
                below = scratch(Sigma)
                tape.network.add_pullback(below, 0.0, tape, Sigma)
                return below
            for layer, one in zip(reversed(self.layers), reversed(tape), strict=True):
                Sigma = layer.pullback(one, Sigma)
            return Sigma

    def add_pullback(self, total: Blocks, tape: Tape, Sigma: Blocks) -> None:
        """total += pullback."""
        if isinstance(tape, WholeTape):
            with clock("network"):
                tape.network.add_pullback(total, 1.0, tape, Sigma)
        else:
            add_multiple(total, self.pullback(tape, Sigma), 1.0)

    def pullback_weights(self, tape: Tape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/dtheta in the order of :attr:`theta`."""
        if isinstance(tape, WholeTape):
            return tape.network.pullback_weights(tape, Sigma)
        derivatives = []
        for layer, one in zip(reversed(self.layers), reversed(tape), strict=True):
            Sigma, derivative = layer.pullback_weights(one, Sigma)
            derivatives.append(derivative)
        return Sigma, np.concatenate(derivatives[::-1])

    def definition(self) -> list[dict[str, Any]]:
        """Loop classes or kind, sharing, attention if there is, of each layer: what a weights file must agree with."""
        return [layer.definition() for layer in self.layers]
