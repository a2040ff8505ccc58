"""Lattice gauge-equivariant convolutional networks (M. Favoni, A. Ipp, D. I. Mueller, D. Schuh, arXiv:2012.12901).

Numbers of a configuration, not links: matrices that transform at their site, plaquettes first, are carried to
neighbours and multiplied, layer by layer; the value is linear in their traces, averaged over the lattice or summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.bilinear_layer import (
    bilinear,
    bilinear_weights,
    bring_back,
    carried_derivatives,
    plaquette_channels,
    polyakov_channels,
    trace_sums,
)
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch

Vector = NDArray[np.float64]

PARTS, TOGETHER = 64, 16
"""Parts into which the blocks are shared, each with sums of its own: a number that no threads have a say in.

One call of a kernel sees to ``TOGETHER`` of them, so that it does not last too long.
"""


@dataclass(frozen=True)
class Definition:
    """What a network is made of, whatever the lattice size.

    Attributes
    ----------
    d, n
        Directions, and size N of the matrices.
    channels
        Matrices that each bilinear layer makes, first layer first; none: the value is linear in the loops put in.
    reach
        Links of the longest straight way to a neighbour.
    polyakov
        Directions of the loops around the lattice that are put in beside the plaquettes.
    total
        Whether the value is a sum over the sites; else their mean.
    """

    d: int
    n: int
    channels: tuple[int, ...]
    reach: int = 1
    polyakov: tuple[int, ...] = ()
    total: bool = False

    @property
    def fields(self) -> tuple[int, ...]:
        """Channels that are put in, and those of each layer."""
        return (self.d * (self.d - 1) // 2 + len(self.polyakov), *self.channels)

    @property
    def ways(self) -> int:
        """Ways from a site, the one of no link among them."""
        return 1 + 2 * self.d * self.reach

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Shape [i, j, m] of the weights of each layer, see :mod:`lqcdnn.kernels.bilinear_layer`."""
        return tuple((out, 2 * c + 1, 2 * c * self.ways + 1) for c, out in pairwise(self.fields))

    @property
    def parts(self) -> int:
        """Numbers of a trace: of SU(2) it is real."""
        return 1 if self.n == 2 else 2

    @property
    def size(self) -> int:
        """Number of weights: those of the layers, a constant, and one for each part of each trace."""
        return self.constant + 1 + self.parts * sum(self.fields)

    @property
    def constant(self) -> int:
        """Which of the weights is the constant."""
        return sum(map(prod, self.shapes))

    def split(self, theta: Vector) -> tuple[list[Vector], float, Vector]:
        """Weights [i, j, m] of the layers, the constant, and those of the traces [channel, part].

        Traces of channels that were put in come first, then those of each layer.
        """
        layers, first = [], 0
        for shape in self.shapes:
            layers.append(np.ascontiguousarray(theta[first : first + prod(shape)]).reshape(shape))
            first += prod(shape)
        return layers, float(theta[first]), theta[first + 1 :].reshape(-1, self.parts)

    def start(self, seed: int) -> Vector:
        """First weights, with which the value is 0 but not its derivatives.

        Those of the last layer are 0, its channels count with the real part of their trace and with the imaginary part
        in turn; those of layers before are normal numbers of variance 1 / (their number for a channel).  What is never
        learned then adds no noise.
        """
        rng = np.random.default_rng(seed)
        layers = [rng.normal(size=shape) / np.sqrt(prod(shape[1:])) for shape in self.shapes[:-1]]
        layers += [np.zeros(shape) for shape in self.shapes[-1:]]
        head = np.zeros((sum(self.fields), self.parts))
        for i in range(self.channels[-1] if self.channels else 0):
            head[sum(self.fields[:-1]) + i, i % self.parts] = 1.0
        return np.concatenate([*(a.ravel() for a in layers), [0.0], head.ravel()])

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for a file."""
        return {
            "kind": "lcnn",
            "d": self.d,
            "n": self.n,
            "channels": list(self.channels),
            "reach": self.reach,
            "polyakov": list(self.polyakov),
            "total": self.total,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Definition:
        """That of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If it is none.
        """
        if data.get("kind") != "lcnn" or set(data) != {"kind", *cls.__dataclass_fields__}:
            raise ValueError("no network of this kind")
        channels, polyakov = tuple(data["channels"]), tuple(data["polyakov"])
        positive = (data["d"], data["n"], data["reach"], *channels)
        if not all(isinstance(number, int) and number > 0 for number in positive) or not 2 <= data["d"] <= 4:
            raise ValueError("no network of this kind")
        if not all(mu in range(data["d"]) for mu in polyakov):
            raise ValueError("no network of this kind")
        return cls(data["d"], data["n"], channels, data["reach"], polyakov, bool(data["total"]))


class LCNN:
    """A network on a lattice.

    Parameters
    ----------
    lattice
        Of ``definition.d`` directions, without twist.
    definition
        What it is made of.
    """

    def __init__(self, lattice: Lattice, definition: Definition) -> None:
        if lattice.d != definition.d or lattice.twist is not None:
            raise ValueError(f"a network of {definition.d} directions without twist, on another lattice")
        self.lattice, self.definition = lattice, definition
        self._parts = min(PARTS, lattice.blocks)
        self._norm = 1.0 / (definition.n * (1 if definition.total else lattice.volume))

    def value(self, U: Blocks, theta: Vector) -> float:
        """The constant plus sum_c h_c Re tr W_c / N + g_c Im tr W_c / N, mean (or sum) over sites; U [d, block]."""
        layers, constant, head = self.definition.split(theta)
        total = constant
        traces = [self._traces(W) for W in self._forward(U, layers)]
        for trace, weight in zip(np.concatenate(traces).ravel().tolist(), head.ravel().tolist(), strict=True):
            total += weight * trace
        return float(total)

    def gradient(self, U: Blocks, theta: Vector) -> tuple[float, Vector]:
        """The value and its derivatives by all weights, as many as ``theta``: backpropagation through the layers."""
        layers, constant, head = self.definition.split(theta)
        fields = list(self._forward(U, layers))
        traces = np.concatenate([self._traces(W) for W in fields])
        value = constant
        for trace, weight in zip(traces.ravel().tolist(), head.ravel().tolist(), strict=True):
            value += weight * trace
        derivatives: list[Vector] = []
        first = len(head) - fields[-1].shape[0]
        G = self._head(fields[-1], head[first:])
        for a, W in zip(reversed(layers), reversed(fields[:-1]), strict=True):
            first -= W.shape[0]
            dW = self._head(W, head[first:][: W.shape[0]])
            derivatives.append(self._pull_back(dW, G, W, U, a).ravel())
            G = dW
        return float(value), np.concatenate([*reversed(derivatives), [1.0], traces.ravel()])

    def _forward(self, U: Blocks, layers: list[Vector]) -> Iterator[Blocks]:
        """Channels that are put in, then those of each layer."""
        lattice, definition = self.lattice, self.definition
        W = lattice.links(definition.n, (definition.fields[0],))
        plaquette_channels(W, U, lattice.neighbours)
        planes = definition.fields[0] - len(definition.polyakov)
        for k, mu in enumerate(definition.polyakov):
            polyakov_channels(W, U, lattice.neighbours, planes + k, mu, lattice.shape[mu])
        yield W
        for a in layers:
            out = lattice.links(definition.n, (a.shape[0],))
            T = self._carried(W)
            for first in range(0, self._parts, T.shape[1]):
                bilinear(out, W, U, lattice.neighbours, a, T, definition.reach, first, self._parts)
            W = out
            yield W

    def _carried(self, W: Blocks) -> Blocks:
        """Room for what is carried to one block of each part that a call sees to."""
        return scratch(W, W.shape[0] * self.definition.ways, blocks=min(TOGETHER, self._parts))

    def _traces(self, W: Blocks) -> Vector:
        """Means (or sums) of tr W_c / N, [channel, part]; added in block order."""
        part = np.empty((W.shape[1], W.shape[0], 2))
        trace_sums(part, W)
        return np.asarray(part.cumsum(axis=0)[-1])[:, : self.definition.parts] * self._norm

    def _head(self, W: Blocks, head: Vector) -> Blocks:
        """Derivatives by W_c of its traces in the value, G with Re tr(G dW): (h - i g) / N times the unit matrix."""
        G = self.lattice.links(self.definition.n, (W.shape[0],))
        n, entries = self.definition.n, G["c"].reshape(*G.shape, -1, 2, self.lattice.width)
        for c, weights in enumerate(head * self._norm):
            for k in (0,) if n == 2 else range(0, n * n, n + 1):  # of quaternions the first row is stored
                entries[c, :, k, 0] = weights[0]
                if self.definition.parts == 2:
                    entries[c, :, k, 1] = -weights[1]
        return G

    def _pull_back(self, dW: Blocks, G: Blocks, W: Blocks, U: Blocks, a: Vector) -> Vector:
        """dW += derivatives by W from those by what a layer makes of it; derivatives by its weights, [i, j, m]."""
        definition, neighbours = self.definition, self.lattice.neighbours
        T = self._carried(W)
        da, total = np.empty((T.shape[1], *a.shape)), np.zeros(a.shape)
        for first in range(0, self._parts, T.shape[1]):
            bilinear_weights(da, dW, G, W, U, neighbours, a, T, definition.reach, first, self._parts)
            total += da.cumsum(axis=0)[-1]
        A = scratch(W)
        for way in range(definition.ways):
            carried_derivatives(A, G, W, a, way, definition.ways)
            side, steps = divmod(way - 1, definition.reach)
            bring_back(dW, A, U, neighbours, max(side, 0), steps + 1 if way else 0)
        return total
