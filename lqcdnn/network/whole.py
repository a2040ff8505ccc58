"""Networks of plaquettes and Polyakov loops of SU(2): all layers in one call of a kernel, in the algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.quaternion_network import pull_back_all, rotate_all
from lqcdnn.kernels.quaternion_weights import pull_back_weights
from lqcdnn.kernels.simd import link_dtype
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.pool import LARGEST, scratch
from lqcdnn.network.base import Layer
from lqcdnn.network.layer import CovariantLayer


def tape_shape(lattice: Lattice, layers: int) -> tuple[int, int, int]:
    """Shape of what the kernels note of a network."""
    d = lattice.d
    return layers + 2, max(2 * d + d * (d - 1) // 2, 3 * d), lattice.blocks + 1


CACHED = 2**21
"""Bytes of links up to which the tape is soon read back from a cache; above, layers one by one are faster."""


def makes(layers: Sequence[Layer]) -> TypeGuard[Sequence[CovariantLayer]]:
    """Whether one call makes all layers for SU(2): of loops that allow it, and a small tape that is kept."""
    lattice = layers[0].lattice
    block = link_dtype(2, lattice.width, lattice.real).itemsize
    size, links = prod(tape_shape(lattice, len(layers))) * block, lattice.d * lattice.blocks * block
    usual = all(isinstance(layer, CovariantLayer) and layer.terms.whole for layer in layers)
    return usual and size <= LARGEST and links <= CACHED


@dataclass
class WholeTape:
    """Input and output links of a network, and what its kernels note: see ``kernels.quaternion_network``.

    ``network`` has the weights of the forward pass.
    """

    network: WholeLayers
    U: Blocks
    out: Blocks
    rows: Blocks


class WholeLayers:
    """Layers that one call makes (:func:`makes`), for SU(2), with the weights that they have now.

    Parameters
    ----------
    layers
        First to last.
    """

    def __init__(self, layers: Sequence[CovariantLayer]) -> None:
        self.layers, self.lattice = tuple(layers), layers[0].lattice
        terms = [layer.terms for layer in layers]
        found = lines(self.lattice, sorted(set().union(*(term.directions for term in terms))))
        self.plan = self.lattice.neighbours, np.array([term.whole_weights for term in terms]), found.sites, found.ranges
        *self.rows, self.blocks = tape_shape(self.lattice, len(self.layers))

    def forward(self, U: Blocks) -> tuple[Blocks, WholeTape]:
        """U' and the tape."""
        out, rows = scratch(U), scratch(U, *self.rows, blocks=self.blocks)
        rotate_all(out, rows, U, *self.plan)
        return out, WholeTape(self, U, out, rows)

    def add_pullback(self, total: Blocks, keep: float, tape: WholeTape, Sigma: Blocks) -> None:
        """total = keep total + pullback of Sigma; with keep = 0, ``total`` may hold anything.

        Of all Sigma with the same derivatives in directions that stay in the group it is the one with a traceless
        antihermitian U Sigma.
        """
        pull_back_all(total, keep, Sigma, tape.out, tape.rows, tape.U, *self.plan)

    def pullback_weights(self, tape: WholeTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and the derivatives by the weights, layer by layer."""
        below, part = scratch(Sigma), np.empty((len(self.layers), self.lattice.blocks, 2, self.lattice.d))
        pull_back_weights(below, part, Sigma, tape.out, tape.rows, tape.U, *self.plan)
        sums = part.cumsum(axis=1)[:, -1]  # in block order
        tables = [layer.terms.by_class(*found) for layer, found in zip(self.layers, sums, strict=True)]
        return below, np.concatenate([layer.shared(table) for layer, table in zip(self.layers, tables, strict=True)])
