"""A gauge-covariant network: a sequence of layers with one flat vector of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.layer import CovariantLayer, LayerTape
from lqcdnn.timing import clock


class CovariantNetwork:
    """U' = f_L(... f_1(U)); itself a LinkMap.

    Parameters
    ----------
    layers
        First to last; at least one.
    """

    def __init__(self, layers: list[CovariantLayer]) -> None:
        self.layers = layers
        self.lattice: Lattice = layers[0].lattice

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

    def forward(self, U: Blocks) -> tuple[Blocks, list[LayerTape]]:
        """U' and the tapes of all layers."""
        tapes = []
        with clock("network"):
            for layer in self.layers:
                U, tape = layer.forward(U)
                tapes.append(tape)
        return U, tapes

    def pullback(self, tape: list[LayerTape], Sigma: Blocks) -> Blocks:
        """Sigma of the input links: each layer's pullback with its own input links, last to first."""
        with clock("network"):
            for layer, one in zip(reversed(self.layers), reversed(tape), strict=True):
                Sigma = layer.pullback(one, Sigma)
        return Sigma

    def pullback_weights(self, tape: list[LayerTape], Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/dtheta in the order of :attr:`theta`."""
        derivatives = []
        for layer, one in zip(reversed(self.layers), reversed(tape), strict=True):
            Sigma, derivative = layer.pullback_weights(one, Sigma)
            derivatives.append(derivative)
        return Sigma, np.concatenate(derivatives[::-1])

    def definition(self) -> list[dict[str, Any]]:
        """Loop classes and sharing of each layer: what a weights file must agree with."""
        return [{"loops": list(layer.loops), "sharing": layer.sharing} for layer in self.layers]
