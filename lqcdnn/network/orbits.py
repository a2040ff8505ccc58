"""Weights of networks of many channels that permutations of the axes share.

A permutation p of axes takes links to (pU)_{p mu}(p n) = U_mu(n), and with them channels to channels: a plaquette of
the plane (mu, nu) to that of (p mu, p nu), the adjoint one where their order changes; a loop around the lattice to that
along p mu; a channel that stands for an ordered pair of axes to that of the other pair.  A layer commutes with this
where weights that are taken to each other are equal.  Reflections are no matter of weights, see ``network/lcnn.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations, product
from math import prod

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Vector = NDArray[np.float64]
Permutation = tuple[int, ...]


@dataclass(frozen=True)
class Channel:
    """What a channel stands for.

    Attributes
    ----------
    kind
        "plaquette", "polyakov", "pair" (of axes, of a layer), "value" (of the last layer).
    axes
        Two of a plaquette, the first one smaller, and of a pair, one of a Polyakov loop, none of a value.
    copy
        Which of several of the same kind and axes.
    """

    kind: str
    axes: tuple[int, ...] = ()
    copy: int = 0


def channels_of(d: int, polyakov: Sequence[int], layers: Sequence[int]) -> list[list[Channel]]:
    """The channels that are put in, in the order of the kernels, and those of each layer.

    A layer makes its number of channels for each ordered pair of axes, the last one as they are.
    """
    planes = [Channel("plaquette", (mu, nu)) for nu in range(d) for mu in range(nu)]
    fields = [planes + [Channel("polyakov", (mu,)) for mu in polyakov]]
    for count in layers[:-1]:
        fields.append([Channel("pair", pair, k) for k in range(count) for pair in permutations(range(d), 2)])
    fields += [[Channel("value", (), k) for k in range(count)] for count in layers[-1:]]
    return fields


def axis_permutations(d: int, classes: Sequence[Sequence[int]]) -> Iterator[Permutation]:
    """All permutations p, axis mu to axis p[mu], that leave each axis in its class."""
    for images in product(*(permutations(axes) for axes in classes)):
        p = list(range(d))
        for axes, image in zip(classes, images, strict=True):
            for mu, to in zip(axes, image, strict=True):
                p[mu] = to
        yield tuple(p)


def sign(p: Permutation) -> int:
    """1 of an even permutation, -1 of an odd one."""
    return prod(1 if p[i] < p[j] else -1 for j in range(len(p)) for i in range(j))


@dataclass(frozen=True)
class Sharing:
    """Which free weight each weight is, and with which sign.

    Attributes
    ----------
    free
        Their number.
    orbit, signs
        Of each weight the free one and 1, -1 or, where there is none, 0.
    """

    free: int
    orbit: Integers
    signs: Vector

    def expanded(self, free: Vector) -> Vector:
        """All weights."""
        return np.asarray(free[self.orbit] * self.signs)

    def chosen(self, weights: Vector) -> Vector:
        """Free weights: of weights that are the same the first."""
        there = np.flatnonzero(self.signs)
        return weights[there[np.unique(self.orbit[there], return_index=True)[1]]]

    def collected(self, derivatives: Vector) -> Vector:
        """Derivatives by the free weights from those by all weights; added in the order of the latter."""
        found = np.bincount(self.orbit, derivatives * self.signs, minlength=self.free)
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True)
class Made:
    """What weights belong to: fields as of :func:`channels_of`, classes of axes, and what else there is to know.

    Attributes
    ----------
    d, reach, parts
        Axes; links of the longest way; numbers of a trace, 1 where it is real.
    fields, classes
        See above.
    odd
        Whether the value changes its sign under odd permutations.
    planar
        Whether what is multiplied, carried and made has to lie in one plane.
    """

    d: int
    reach: int
    parts: int
    fields: list[list[Channel]]
    classes: tuple[tuple[int, ...], ...]
    odd: bool
    planar: bool


def sharing(made: Made) -> Sharing:
    """Of the weights [i, j, m] of all layers, the constant, and those of traces [channel, part], one after another."""
    layers = list(pairwise(made.fields))
    parts = [_layer(made, old, new, last=k == len(layers) - 1) for k, (old, new) in enumerate(layers)]
    parts += [(iter([(np.zeros(1, np.int64), np.ones(1))]), np.ones(1, np.bool_))]
    parts += [_traces(made, field) for field in made.fields]
    orbits: list[Integers] = []
    signs: list[Vector] = []
    free = 0
    for images, allowed in parts:
        orbit, factor, count = _orbits(images, allowed)
        orbits.append(orbit + free)
        signs.append(factor)
        free += count
    return Sharing(free, np.minimum(np.concatenate(orbits), free - 1), np.concatenate(signs))


Action = tuple[Iterator[tuple[Integers, Vector]], NDArray[np.bool_]]
"""Of each permutation where it takes weights, with a[image] = factor a; and which weights there are at all."""


def _orbits(images: Iterable[tuple[Integers, Vector]], allowed: NDArray[np.bool_]) -> tuple[Integers, Vector, int]:
    """Of each weight its orbit and a[weight] / a[first of the orbit], or 0 where there is none; number of orbits.

    A weight that a permutation takes to itself with a factor of -1 is 0, and so are those it is taken to.
    """
    numbers = np.arange(allowed.size)
    least, factor = numbers.copy(), np.ones(allowed.size)
    gone = ~allowed
    for image, factors in images:
        factor = np.where(image < least, factors, factor)
        least = np.minimum(image, least)
        gone |= (image == numbers) & (factors < 0.0)
    factor[gone] = 0.0
    kept = np.unique(least[~gone])
    return np.searchsorted(kept, least), factor, len(kept)


def _moved(channels: list[Channel], p: Permutation) -> tuple[list[int], list[bool]]:
    """Where the channels of a field go, and whether to the adjoint."""
    places = {channel: k for k, channel in enumerate(channels)}
    to, turned = [], []
    for one in channels:
        axes = tuple(p[mu] for mu in one.axes)
        turned.append(one.kind == "plaquette" and axes[0] > axes[1])
        to.append(places[Channel(one.kind, axes[::-1] if turned[-1] else axes, one.copy)])
    return to, turned


def _layer(made: Made, old: list[Channel], new: list[Channel], last: bool) -> Action:
    """Of the weights [i, j, m] of a layer.

    Channels of the last layer count by their trace alone. What a trace says twice has no weights: factors 1, ways
    behind, tr(V T_{-r}) being the tr(V' T_r) of the site behind, and V^dag where traces are real.
    """
    C, ways = len(old), 1 + 2 * made.d * made.reach
    real = last and made.parts == 1
    allowed = np.ones((len(new), 2 * C + 1, 2 * C * ways + 1), np.bool_)
    if made.planar:
        allowed &= _in_a_plane(made, old, new)
    if last:
        allowed[:, 0] = allowed[:, :, 0] = False
        allowed[:, :, 1:] &= np.tile(np.arange(ways) <= made.d * made.reach, 2 * C)
        if real:
            allowed[:, 1 + C :] = False

    def images() -> Iterator[tuple[Integers, Vector]]:
        for p in axis_permutations(made.d, made.classes):
            to, turned = map(np.array, _moved(old, p))
            sides = np.array([*p, *(made.d + mu for mu in p)])
            way = np.concatenate([[0], (1 + sides[:, None] * made.reach + np.arange(made.reach)).ravel()])
            carried = (to[:, None] * ways + way).ravel()
            adjoint = np.repeat(turned, ways)
            i = np.array(_moved(new, p)[0])[:, None, None]
            j = np.concatenate([[0], 1 + to + C * turned, 1 + to + C * ~turned])[:, None]
            m = np.concatenate([[0], 1 + carried + C * ways * adjoint, 1 + carried + C * ways * ~adjoint])
            if real:  # Re tr(V^dag X) = Re tr(V X^dag)
                swapped = np.where(m > C * ways, m - C * ways, m + C * ways * (m > 0))
                j, m = np.where(j > C, j - C, j), np.where(j > C, swapped, m)
            image = (i * allowed.shape[1] + j) * allowed.shape[2] + m
            yield image.ravel(), np.full(image.size, float(sign(p)) if last and made.odd else 1.0)

    return images(), allowed.ravel()


def _in_a_plane(made: Made, old: list[Channel], new: list[Channel]) -> NDArray[np.bool_]:
    """[i, j, m]: whether the axes of what is made, of both factors, and of the way are two at most."""

    def bits(channels: list[Channel]) -> Integers:
        return np.array([sum(1 << mu for mu in one.axes) for one in channels], np.int64)

    steps = np.array([0, *(1 << side % made.d for side in range(2 * made.d) for _ in range(made.reach))])
    factors = np.concatenate([[0], bits(old), bits(old)])
    carried = (bits(old)[:, None] | steps).ravel()
    united = bits(new)[:, None, None] | factors[:, None] | np.concatenate([[0], carried, carried])
    return np.asarray(sum(united >> mu & 1 for mu in range(made.d)) <= 2)


def _traces(made: Made, channels: list[Channel]) -> Action:
    """Of the weights [channel, part] of the traces of a field: with the adjoint imaginary parts change their signs."""
    part = np.arange(made.parts)

    def images() -> Iterator[tuple[Integers, Vector]]:
        for p in axis_permutations(made.d, made.classes):
            to, turned = map(np.array, _moved(channels, p))
            factors = np.where(turned[:, None] & (part == 1), -1.0, 1.0)
            if made.odd and channels[0].kind != "value":  # values have the sign of their own
                factors *= sign(p)
            yield (to[:, None] * made.parts + part).ravel(), factors.ravel()

    return images(), np.ones(len(channels) * made.parts, np.bool_)
