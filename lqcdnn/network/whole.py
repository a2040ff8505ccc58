"""Networks of plaquettes and Polyakov loops alone: all layers in one call of a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.kernels.whole_layer import pull_back_all, rotate_all
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.pool import scratch, scratch_rows
from lqcdnn.network.layer import CovariantLayer, LayerTape


@dataclass
class WholeTape:
    """Input links of a network and ``made`` [layer, 2, d, block]: the links that each layer makes, its staples C.

    ``network`` has the weights of the forward pass.
    """

    network: WholeLayers
    U: Blocks
    made: Blocks

    def layers(self) -> list[LayerTape]:
        """The tape of each layer."""
        inputs = [self.U, *self.made[:-1, 0]]
        return [LayerTape(U, C) for U, C in zip(inputs, self.made[:, 1], strict=True)]


class WholeLayers:
    """Layers whose ``terms.whole`` is true, with the weights that they have now.

    Parameters
    ----------
    layers
        First to last.
    """

    def __init__(self, layers: Sequence[CovariantLayer]) -> None:
        self.lattice, terms = layers[0].lattice, [layer.terms for layer in layers]
        self.weights = np.array([term.whole_weights for term in terms])
        found = lines(self.lattice, np.flatnonzero(self.weights[:, 1].any(axis=0)))
        self.lines = found.sites, found.ranges
        self.rows = self.lattice.d * (self.lattice.d - 1)
        self.work = 2 if all(term.one_direction for term in terms) else 3

    def forward(self, U: Blocks) -> tuple[Blocks, WholeTape]:
        """U' and the tape."""
        far, made = scratch_rows(U, self.rows), scratch(U, len(self.weights), 2, *U.shape[:-1])
        rotate_all(made, far, U, self.lattice.neighbours, self.weights, *self.lines)
        return made[-1, 0], WholeTape(self, U, made)

    def add_pullback(self, total: Blocks, keep: float, tape: WholeTape, Sigma: Blocks) -> None:
        """total = keep total + pullback of Sigma; with keep = 0, ``total`` may hold anything."""
        far, work = scratch_rows(Sigma, self.rows), scratch(Sigma, self.work, *Sigma.shape[:-1])
        nbr = self.lattice.neighbours
        pull_back_all(total, keep, work, Sigma, tape.made, far, tape.U, nbr, self.weights, *self.lines)
