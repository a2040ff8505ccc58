"""Masked layers whose weights depend on the place: a small network finds one for each link (physics.md 10.5)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.transformations import local_inputs, most_local_weight
from lqcdnn.kernels import localweights as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.layer import DIRECTION, SHARED

Vector = NDArray[np.float64]


class LocalLayer:
    """A layer that turns each link with a weight of its own.

    Parameters
    ----------
    lattice
        With even extents.
    channels
        Hidden channels of the network, first those nearest to what it is given; none: it has one layer.
    weights
        Of the network: [1, count], the same for all directions, or [d, count].
    """

    def __init__(self, lattice: Lattice, channels: Sequence[int], weights: Vector) -> None:
        self.channels, self.weights = tuple(channels), weights
        self._counts = np.array([local_inputs(lattice.d), *channels, 1])
        self._bound = most_local_weight(lattice.d)
        self._none, self._rows = lattice.zeros(1, 1, (0,)), kernels.NUMBERS * int(self._counts[:-1].sum()) + 1

    @property
    def largest(self) -> float:
        """What no weight of a link exceeds; NaN with a weight of the network that is not finite."""
        return self._bound if np.isfinite(self.weights).all() else np.nan

    def by_direction(self, d: int) -> Vector:
        """[d, count], a copy: kernels would be compiled once more for a view that may not be written to."""
        return np.broadcast_to(self.weights, (d, self.weights.shape[1])).copy()

    def definition(self) -> dict[str, Any]:
        """What a weights file must agree with."""
        sharing = SHARED if len(self.weights) == 1 else DIRECTION
        return {"loops": ["plaquette"], "sharing": sharing, "masked": True, "channels": list(self.channels)}

    def turn(self, logs: Vector, U: Blocks, lattice: Lattice, weights: Vector) -> None:
        """Turn all links in place; logs [2 d, half of the blocks or 0]: sums of log J over a block."""
        kernels.turn_locally(logs, self._sites(), U, lattice.neighbours, self._counts, weights, self._bound)

    def turn_back(self, failed: NDArray[np.uint8], U: Blocks, lattice: Lattice, weights: Vector) -> None:
        """Undo :meth:`turn`; failed [2 d, half of the blocks]: where the iteration goes on."""
        kernels.turn_locally_back(failed, self._sites(), U, lattice.neighbours, self._counts, weights, self._bound)

    def pull(
        self, Sigma: Blocks, U: Blocks, before: Blocks, lattice: Lattice, weights: Vector, factor: float, learn: bool
    ) -> Vector:
        """Sigma of the links ``before`` from that of the links U behind, in place; U becomes ``before``.

        Returns the derivatives by the weights; zeros, which take less time, unless ``learn``.
        """
        part = np.zeros((lattice.d, kernels.PARTS if learn else 0, weights.shape[1]))
        x, g, Z = self._sites(), self._sites(), scratch(Sigma, 2 * lattice.d)
        kernels.pull_locally(
            part, x, g, Sigma, Z, U, before,
            lattice.neighbours, lattice.planes(U), self._counts, weights, self._bound, factor,
        )  # fmt: skip
        each = part.cumsum(axis=1)[:, -1] if learn else np.zeros(weights.shape)  # in a fixed order
        return (each.cumsum(axis=0)[-1] if len(self.weights) == 1 else each).ravel()

    def _sites(self) -> Blocks:
        """Room for the channels of all layers."""
        return scratch(self._none, self._rows)


def first_weights(d: int, channels: Sequence[int], initial: Vector, seed: int) -> Vector:
    """[1, count] or [d, count]: with them each link has the weight ``initial`` of all directions [1] or of its own [d].

    The constants of the last channel make it, whose other weights are 0; those of hidden channels are normal numbers of
    variance 1 / (their number for a channel), other ones for each ``seed``.
    """
    rng, rows = np.random.default_rng(seed), []
    counts = [local_inputs(d), *channels, 1]
    hidden = [rng.normal(size=(out, 1 + kernels.NUMBERS * c)) for c, out in pairwise(counts[:-1])]
    for matrix in hidden:
        matrix /= np.sqrt(matrix.shape[1])
    for weight in initial / most_local_weight(d):
        last = np.zeros(1 + kernels.NUMBERS * counts[-2])
        last[0] = weight / np.sqrt(1.0 - weight * weight)
        rows.append(np.concatenate([*(matrix.ravel() for matrix in hidden), last]))
    return np.array(rows)
