"""The protocol of maps from links to links (design: a network is a differentiable map)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Blocks, Lattice


class LinkMap(Protocol):
    """U -> U' = f(U), covariant under gauge transformations, with weights theta."""

    lattice: Lattice

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights as one vector."""

    def forward(self, U: Blocks) -> tuple[Blocks, Any]:
        """(U', tape): the tape is what the pullback needs."""

    def pullback(self, tape: Any, Sigma: Blocks) -> Blocks:
        """Sigma of U from Sigma' of U': dS = Re tr(Sigma' dU') = Re tr(Sigma dU)."""

    def add_pullback(self, total: Blocks, tape: Any, Sigma: Blocks) -> None:
        """total += the pullback."""

    def pullback_weights(self, tape: Any, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/dtheta [number of weights]."""


class WeightedLayer(Protocol):
    """A layer of a network."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """Its weights."""


class Layer(Protocol):
    """A layer that a :class:`~lqcdnn.network.model.CovariantNetwork` is made of."""

    lattice: Lattice

    @property
    def weights(self) -> NDArray[np.float64]:
        """Its weights, an array that cannot be written to."""

    @weights.setter
    def weights(self, values: NDArray[np.float64]) -> None:
        """Take over other weights."""

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """Shape of the weights."""

    def forward(self, U: Blocks) -> tuple[Blocks, Any]:
        """(U', tape)."""

    def pullback(self, tape: Any, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from that of the output links."""

    def pullback_weights(self, tape: Any, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and the derivatives by the weights, in the order of ``weights.ravel()``."""

    def definition(self) -> dict[str, Any]:
        """What a weights file must agree with."""


class Network(LinkMap, Protocol):
    """A map whose weights can be read from a file and trained."""

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights as one vector, layer by layer."""

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        """Take over other weights."""

    @property
    def layers(self) -> Sequence[WeightedLayer]:
        """Its layers, first to last."""

    def definition(self) -> list[dict[str, Any]]:
        """What a weights file must agree with, layer by layer."""
