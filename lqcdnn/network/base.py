"""The protocol of maps from links to links (design: a network is a differentiable map)."""

from __future__ import annotations

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
