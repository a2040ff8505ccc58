"""Lattice gauge-equivariant convolutional networks (M. Favoni, A. Ipp, D. I. Mueller, D. Schuh, arXiv:2012.12901).

Numbers of a configuration, not links: matrices that transform at their site, plaquettes first, are carried to
neighbours and multiplied, layer by layer; the value is linear in their traces, averaged over the lattice or summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.gauge import reflected
from lqcdnn.kernels.bilinear_layer import (
    bilinear,
    bilinear_weights,
    bring_back,
    carried_derivatives,
    plaquette_channels,
    polyakov_channels,
    trace_sums,
)
from lqcdnn.kernels.bilinear_links import (
    add_plaquette_channel_gradient,
    add_way_gradient,
    loop_derivatives,
    way_derivatives,
)
from lqcdnn.kernels.links import add_multiple
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.orbits import Made, Sharing, channels_of, sharing

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
    classes
        Axes whose exchange leaves the value as it is, and with them the reflections of all axes: ``((0, 1, 2), (3,))``
        is the symmetry of space.  None: no symmetry, and all weights are free.
    odd
        Whether the value changes its sign under reflections and odd permutations, the constant apart.
    planar
        Whether a layer multiplies only what lies in one plane, with what it makes and the way between.
    """

    d: int
    n: int
    channels: tuple[int, ...]
    reach: int = 1
    polyakov: tuple[int, ...] = ()
    total: bool = False
    classes: tuple[tuple[int, ...], ...] = ()
    odd: bool = False
    planar: bool = False

    @property
    def fields(self) -> tuple[int, ...]:
        """Channels that are put in, and those of each layer: with symmetries ``channels`` for each pair of axes."""
        made = self.channels
        if self.classes:
            made = tuple(count * self.d * (self.d - 1) for count in made[:-1]) + made[-1:]
        return (self.d * (self.d - 1) // 2 + len(self.polyakov), *made)

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

    @cached_property
    def sharing(self) -> Sharing | None:
        """Which weights are the same; None if all are free."""
        if not self.classes:
            return None
        fields = channels_of(self.d, self.polyakov, self.channels)
        return sharing(Made(self.d, self.reach, self.parts, fields, self.classes, self.odd, self.planar))

    @cached_property
    def used(self) -> list[NDArray[np.uint8]]:
        """Of each layer which weights there are, see :mod:`lqcdnn.kernels.bilinear_layer`."""
        found = []
        for a in self._split(self._there)[0]:
            carried = a[:, :, 1:].reshape(*a.shape[:2], 2, -1).any(axis=2)
            found.append(np.concatenate([a.any(axis=2, keepdims=True), carried], axis=2, dtype=np.uint8))
        return found

    @property
    def _there(self) -> Vector:
        """1 for each weight that there is, 0 for others."""
        return np.ones(self._all) if self.sharing is None else np.abs(self.sharing.signs)

    @property
    def _all(self) -> int:
        """Number of weights, free ones or not: those of the layers, a constant, one for each part of each trace."""
        return sum(map(prod, self.shapes)) + 1 + self.parts * sum(self.fields)

    @property
    def size(self) -> int:
        """Number of free weights."""
        return self._all if self.sharing is None else self.sharing.free

    @property
    def constant(self) -> int:
        """Which of the free weights is the constant."""
        place = sum(map(prod, self.shapes))
        return place if self.sharing is None else int(self.sharing.orbit[place])

    def split(self, theta: Vector) -> tuple[list[Vector], float, Vector]:
        """Weights [i, j, m] of the layers, the constant, and those of the traces [channel, part], of the free weights.

        Traces of channels that were put in come first, then those of each layer.
        """
        return self._split(theta if self.sharing is None else self.sharing.expanded(theta))

    def _split(self, theta: Vector) -> tuple[list[Vector], float, Vector]:
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
        there = self._split(self._there)[0]
        layers = [rng.normal(size=a.shape) / np.sqrt(a.sum(axis=(1, 2)))[:, None, None] for a in there[:-1]]
        layers += [np.zeros(a.shape) for a in there[-1:]]
        head = np.zeros((sum(self.fields), self.parts))
        for i in range(self.channels[-1] if self.channels else 0):
            head[sum(self.fields[:-1]) + i, i % self.parts] = 1.0
        theta = np.concatenate([*(a.ravel() for a in layers), [0.0], head.ravel()])
        return theta if self.sharing is None else self.sharing.chosen(theta)

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
        } | (
            {"classes": [list(axes) for axes in self.classes], "odd": self.odd, "planar": self.planar}
            if self.classes
            else {}
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Definition:
        """That of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If it is none.
        """
        known = {"kind", *cls.__dataclass_fields__}
        if data.get("kind") != "lcnn" or set(data) not in (known, known - {"classes", "odd", "planar"}):
            raise ValueError("no network of this kind")
        channels, polyakov = tuple(data["channels"]), tuple(data["polyakov"])
        positive = (data["d"], data["n"], data["reach"], *channels)
        if not all(isinstance(number, int) and number > 0 for number in positive) or not 2 <= data["d"] <= 4:
            raise ValueError("no network of this kind")
        if not all(mu in range(data["d"]) for mu in polyakov):
            raise ValueError("no network of this kind")
        made = cls(data["d"], data["n"], channels, data["reach"], polyakov, bool(data["total"]))
        if "classes" not in data:
            return made
        classes = tuple(tuple(axes) for axes in data["classes"])
        if sorted(mu for axes in classes for mu in axes) != list(range(data["d"])):
            raise ValueError("no network of this kind")
        if any(len({mu in polyakov for mu in axes}) > 1 for axes in classes):
            raise ValueError("loops around the lattice along some of the axes that are exchanged")
        return replace(made, classes=classes, odd=bool(data["odd"]), planar=bool(data["planar"]))


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

    @property
    def images(self) -> int:
        """Reflections of U over which a value is averaged; of real traces of what is put in all are the same."""
        made = self.definition
        same = not made.channels and made.parts == 1 and not made.odd
        return 1 if same or not made.classes else 2**made.d

    def value(self, U: Blocks, theta: Vector) -> float:
        """The constant plus sum_c h_c Re tr W_c / N + g_c Im tr W_c / N, mean (or sum) over sites; U [d, block]."""
        layers, constant, head = self.definition.split(theta)
        traces = np.zeros(head.shape)
        for factor, image in self._images(U):
            traces += factor * np.concatenate([self._traces(W) for W in self._forward(image, layers)])
        return _value(constant, head, traces)

    def gradient(self, U: Blocks, theta: Vector) -> tuple[float, Vector]:
        """The value and its derivatives by all weights, as many as ``theta``: backpropagation through the layers."""
        layers, constant, head = self.definition.split(theta)
        found = np.zeros(sum(a.size for a in layers) + 1 + head.size)
        for factor, image in self._images(U):
            found += factor * self._derivatives(image, layers, head)
        value = _value(constant, head, found[-head.size :].reshape(head.shape))
        found[-head.size - 1] = 1.0
        sharing = self.definition.sharing
        return value, found if sharing is None else sharing.collected(found)

    def link_gradient(self, U: Blocks, theta: Vector) -> Blocks:
        """Sigma with dP = Re tr(Sigma dU) summed over links, at fixed weights."""
        layers, _, head = self.definition.split(theta)
        total = self.lattice.links(self.definition.n)
        for k, (factor, image) in enumerate(self._images(U)):
            Sigma = self.lattice.links(self.definition.n)
            self._derivatives(image, layers, head, Sigma)
            if self.images == 1:
                return Sigma
            total = reflected(self.lattice, total, (k & -k).bit_length() - 1) if k else total
            add_multiple(total, Sigma, factor)
        return reflected(self.lattice, total, self.lattice.d - 1)  # the last image has this one mirror

    def _images(self, U: Blocks) -> Iterator[tuple[float, Blocks]]:
        """Of a network with symmetries all reflections of U, with the factor that each counts with; else U itself."""
        if self.images == 1:
            yield 1.0, U
            return
        factor = 1.0 / self.images
        yield factor, U
        for k in range(1, self.images):  # in the order of a Gray code, from each image to the next by one reflection
            U = reflected(self.lattice, U, (k & -k).bit_length() - 1)
            factor = -factor if self.definition.odd else factor
            yield factor, U

    def _derivatives(self, U: Blocks, layers: list[Vector], head: Vector, Sigma: Blocks | None = None) -> Vector:
        """Derivatives of the value of one image by the weights, 0 for the constant; Sigma += those by its links."""
        fields = list(self._forward(U, layers))
        traces = np.concatenate([self._traces(W) for W in fields])
        derivatives: list[Vector] = []
        first = len(head) - fields[-1].shape[0]
        G = self._head(fields[-1], head[first:])
        for k in reversed(range(len(layers))):
            W = fields[k]
            first -= W.shape[0]
            dW = self._head(W, head[first:][: W.shape[0]])
            derivatives.append(self._pull_back(dW, G, W, U, layers[k], self.definition.used[k], Sigma).ravel())
            G = dW
        if Sigma is not None:
            self._add_loop_gradient(Sigma, G, fields[0], U)
        return np.concatenate([*reversed(derivatives), [0.0], traces.ravel()])

    def _forward(self, U: Blocks, layers: list[Vector]) -> Iterator[Blocks]:
        """Channels that are put in, then those of each layer."""
        lattice, definition = self.lattice, self.definition
        W = lattice.links(definition.n, (definition.fields[0],))
        plaquette_channels(W, U, lattice.neighbours)
        planes = definition.fields[0] - len(definition.polyakov)
        for k, mu in enumerate(definition.polyakov):
            polyakov_channels(W, U, lattice.neighbours, planes + k, mu, lattice.shape[mu])
        yield W
        for a, used in zip(layers, definition.used, strict=True):
            out, needed = lattice.links(definition.n, (a.shape[0],)), used.max(axis=(0, 1))[1:]
            T = self._carried(W)
            for first in range(0, self._parts, T.shape[1]):
                bilinear(out, W, U, lattice.neighbours, a, used, needed, T, definition.reach, first, self._parts)
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

    def _add_loop_gradient(self, Sigma: Blocks, G: Blocks, W: Blocks, U: Blocks) -> None:
        """Sigma += derivatives by the links from those by the loops that are put in."""
        polyakov, neighbours = self.definition.polyakov, self.lattice.neighbours
        add_plaquette_channel_gradient(Sigma, G, U, neighbours)
        Q = self.lattice.links(self.definition.n, ())
        for k, mu in enumerate(polyakov):
            loop_derivatives(Q, W, G, self.definition.fields[0] - len(polyakov) + k)
            add_way_gradient(Sigma, Q, U, neighbours, mu, self.lattice.shape[mu])

    def _pull_back(
        self,
        dW: Blocks,
        G: Blocks,
        W: Blocks,
        U: Blocks,
        a: Vector,
        used: NDArray[np.uint8],
        Sigma: Blocks | None,
    ) -> Vector:
        """dW += derivatives by W from those by what a layer makes of it; derivatives by its weights, [i, j, m].

        Sigma += derivatives by the links on the ways, unless it is None.
        """
        definition, neighbours = self.definition, self.lattice.neighbours
        T = self._carried(W)
        needed = used.max(axis=(0, 1))[1:]
        da, total = np.empty((T.shape[1], *a.shape)), np.zeros(a.shape)
        for first in range(0, self._parts, T.shape[1]):
            bilinear_weights(da, dW, G, W, U, neighbours, a, used, needed, T, definition.reach, first, self._parts)
            for part in da[1:]:
                da[0] += part
            total += da[0]
        A = scratch(W)
        for way in range(definition.ways):
            if not needed[way :: definition.ways].any():
                continue
            carried_derivatives(A, G, W, a, used, way, definition.ways)
            side, steps = divmod(way - 1, definition.reach)
            bring_back(dW, A, U, neighbours, max(side, 0), steps + 1 if way else 0)
            if Sigma is not None and way:
                Q = scratch(W, 1)[0]
                way_derivatives(Q, A, W, U, neighbours, side, steps + 1)
                add_way_gradient(Sigma, Q, U, neighbours, side, steps + 1)
        return total


def _value(constant: float, head: Vector, traces: Vector) -> float:
    """Added one after the other."""
    total = constant
    for trace, weight in zip(traces.ravel().tolist(), head.ravel().tolist(), strict=True):
        total += weight * trace
    return float(total)
