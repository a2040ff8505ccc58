"""Networks of plaquettes and Polyakov loops of SU(2): all layers in one call of a kernel, in the algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.quaternion_network import pull_back_all, rotate_all
from lqcdnn.kernels.quaternion_weights import pull_back_weights
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.layer import CovariantLayer


@dataclass
class WholeTape:
    """Input links of a network and what its kernel notes, with the weights of the forward pass."""

    network: WholeLayers
    U: Blocks
    out: Blocks
    rows: Blocks


class WholeLayers:
    """Layers whose ``terms.whole`` is true, with the weights that they have now.

    Parameters
    ----------
    layers
        First to last.
    """

    def __init__(self, layers: Sequence[CovariantLayer]) -> None:
        self.layers, self.lattice = tuple(layers), layers[0].lattice
        terms = [layer.terms for layer in layers]
        self.weights = np.array([term.whole_weights for term in terms])
        found = lines(self.lattice, sorted(set().union(*(term.directions for term in terms))))
        self.lines = found.sites, found.ranges

    def forward(self, U: Blocks) -> tuple[Blocks, WholeTape]:
        """U' and the tape."""
        d, blocks = U.shape
        out, far = scratch(U), self._far(U)
        tape = scratch(U, len(self.weights), 2 * d + d * (d - 1) // 2, blocks=blocks + 1)
        rotate_all(out, tape, far, U, self.lattice.neighbours, self.weights, *self.lines)
        return out, WholeTape(self, U, out, tape)

    def add_pullback(self, total: Blocks, keep: float, tape: WholeTape, Sigma: Blocks) -> None:
        """total = keep total + pullback of Sigma; with keep = 0, ``total`` may hold anything."""
        far, work, nbr = self._far(Sigma), self._work(Sigma), self.lattice.neighbours
        pull_back_all(total, keep, work, Sigma, tape.out, tape.rows, far, tape.U, nbr, self.weights, *self.lines)

    def pullback_weights(self, tape: WholeTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and the derivatives by the weights, layer by layer."""
        below, far, work = scratch(Sigma), self._far(Sigma), self._work(Sigma)
        part, nbr = np.empty((len(self.layers), self.lattice.blocks, 2, self.lattice.d)), self.lattice.neighbours
        pull_back_weights(
            below, part, work, Sigma, tape.out, tape.rows, far, tape.U, nbr, self.weights, *self.lines
        )
        sums = part.cumsum(axis=1)[:, -1]  # in block order
        tables = [layer.terms.by_class(*found) for layer, found in zip(self.layers, sums, strict=True)]
        return below, np.concatenate([layer.shared(table) for layer, table in zip(self.layers, tables, strict=True)])

    def _work(self, U: Blocks) -> Blocks:
        d, blocks = U.shape
        return scratch(U, 3 * d, blocks=blocks + 1)

    def _far(self, U: Blocks) -> Blocks:
        d, blocks = U.shape
        return scratch(U, d * (d - 1), blocks=blocks + 1)
