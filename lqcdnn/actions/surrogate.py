"""A network that learned a number, as an action: the value of a gauge-equivariant convolutional network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import add_multiple
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.lcnn import LCNN


class SurrogateAction:
    """S = coefficient P(U), P the value of a network; for guides: what it says is not exact.

    Parameters
    ----------
    network, theta
        The network on the lattice, and its weights.
    coefficient
        The number that multiplies it.
    """

    name = "surrogate"

    def __init__(self, network: LCNN, theta: NDArray[np.float64], coefficient: float) -> None:
        self.network, self.theta, self.coefficient = network, theta, coefficient
        self.lattice: Lattice = network.lattice

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U]."""
        return self.coefficient * self.network.value(U, self.theta)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += coefficient times the derivatives of P by the links."""
        add_multiple(Sigma, self.network.link_gradient(U, self.theta), self.coefficient)
