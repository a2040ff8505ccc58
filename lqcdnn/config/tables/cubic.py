"""The symmetry group of a cubic (or square) space and its representations, and what of them a class of loops holds.

An element maps axis a to the signed axis ``element[a - 1]``: permutations of the axes with signs, 48 in three
dimensions (O_h) and 8 in two (C_4v).  Their irreducible representations are given by how these functions turn:

========= ============================================== ==========
``A1``    1
``A2``    3 axes: the sign of the permutation            2 axes: determinant (pseudoscalar)
``E``     3 axes: (2 z^2 - x^2 - y^2, x^2 - y^2)         2 axes: (x, y)
``T1``    axial vector
``T2``    (yz, zx, xy)
``B1``                                                   x^2 - y^2
``B2``                                                   xy
========= ============================================== ==========

In three dimensions those of negative parity are these times the determinant.  Charge conjugation turns a loop round:
C = + is the real, C = - the imaginary part of its trace (B. Berg, A. Billoire, Nucl. Phys. B 221 (1983) 109).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations, product
from math import prod, sqrt
from typing import NamedTuple

from lqcdnn.config.tables.loops import Path

Element = tuple[int, ...]
Matrix = tuple[tuple[float, ...], ...]

_DIAGONAL = ((-1 / sqrt(6), -1 / sqrt(6), 2 / sqrt(6)), (1 / sqrt(2), -1 / sqrt(2), 0.0))
"""x^2, y^2, z^2 combined into the two functions of E in three dimensions."""


class Channel(NamedTuple):
    """Quantum numbers: irreducible representation, parity (+1, -1; 0 in two dimensions of space), C."""

    irrep: str
    parity: int
    conjugation: int

    @property
    def vacuum(self) -> bool:
        """Whether these are those of the vacuum."""
        return self.irrep == "A1" and self.parity >= 0 and self.conjugation > 0


def _word(sign: int) -> str:
    return {1: "+", -1: "-", 0: ""}[sign]


_IRREPS = {2: (("A1", "A2", "B1", "B2", "E"), (0,)), 3: (("A1", "A2", "E", "T1", "T2"), (1, -1))}
CHANNELS: dict[int, dict[str, Channel]] = {
    axes: {
        f"{irrep}{_word(parity)}{_word(c)}": Channel(irrep, parity, c)
        for parity, c in product(parities, (1, -1))
        for irrep in irreps
    }
    for axes, (irreps, parities) in _IRREPS.items()
}
"""Channels by number of space dimensions and name: ``A1++`` (parity, then C) in three, ``A1+`` (C) in two."""


def key_of(channel: str) -> str:
    """A channel as the end of the name of a series: ``a1pp``, ``t1pm``."""
    return channel.lower().replace("+", "p").replace("-", "m")


@lru_cache
def elements(axes: int) -> tuple[Element, ...]:
    """All permutations of the axes with all signs."""
    return tuple(
        tuple(sign * axis for sign, axis in zip(signs, order, strict=True))
        for order in permutations(range(1, axes + 1))
        for signs in product((1, -1), repeat=axes)
    )


def representation(channel: Channel, element: Element) -> Matrix:
    """Matrix of an element, orthogonal, D(g h) = D(g) D(h)."""
    axes, signs = len(element), prod(1 if image > 0 else -1 for image in element)
    order = [abs(image) - 1 for image in element]
    turned = prod(-1 if order[a] > order[b] else 1 for b in range(axes) for a in range(b))  # sign of the permutation
    factor = signs * turned if channel.parity < 0 else 1
    vector = [[float(element[a]) / (b + 1) if order[a] == b else 0.0 for a in range(axes)] for b in range(axes)]
    if axes == 3 and channel.irrep == "E":
        found = [[sum(e[order[a]] * f[a] for a in range(3)) for f in _DIAGONAL] for e in _DIAGONAL]
    elif channel.irrep in ("E", "T1", "T2"):
        sign = {"E": 1, "T1": signs * turned, "T2": signs}[channel.irrep]
        found = [[sign * x for x in row] for row in vector]
    else:
        determinant = turned if axes == 3 else signs * turned
        found = [[float({"A1": 1, "A2": determinant, "B1": turned, "B2": signs}[channel.irrep])]]
    return tuple(tuple(factor * x for x in row) for row in found)


def dimension(channel: Channel, axes: int) -> int:
    """Number of components."""
    return len(representation(channel, elements(axes)[0]))


def turn(element: Element, path: Path) -> Path:
    """The image of a path."""
    return tuple(element[step - 1] if step > 0 else -element[-step - 1] for step in path)


def round_the_other_way(path: Path) -> Path:
    """The path walked backwards."""
    return tuple(-step for step in reversed(path))


def closed(path: Path) -> Path:
    """A closed path as that of its starts that comes first: with zero momentum it does not matter where it begins."""
    return min(path[k:] + path[:k] for k in range(len(path)))


@lru_cache(maxsize=64)
def orbit(path: Path, axes: int) -> tuple[Path, ...]:
    """All images of a closed path, in both orientations, in order."""
    ways = (path, round_the_other_way(path))
    return tuple(sorted({closed(turn(element, way)) for element in elements(axes) for way in ways}))


def images(loop: Path, axes: int) -> Iterator[tuple[Element, bool, Path]]:
    """(element, whether turned round, image of a loop) for all elements, without and with C."""
    for element in elements(axes):
        image = turn(element, loop)
        yield element, False, closed(image)
        yield element, True, closed(round_the_other_way(image))


@lru_cache(maxsize=256)
def copies(channel: Channel, path: Path, axes: int) -> int:
    """How often the representation is contained in the orbit of a path: its number of independent operators.

    That is how often the elements that leave a loop as it is (with C) leave a vector of the representation as it is.
    """
    loop, total, order = closed(path), 0.0, 0
    for element, turned, image in images(loop, axes):
        if image == loop:
            matrix = representation(channel, element)
            total += (channel.conjugation if turned else 1) * sum(matrix[k][k] for k in range(len(matrix)))
            order += 1
    return round(total / order)
