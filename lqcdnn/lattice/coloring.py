"""Colours of links: links of one direction and one colour share no loop of the action, so they can change together.

Which links of direction mu share a loop with that at the origin is read off the loops' staple paths.  A colouring by
(a_1 x_1 + ... + a_d x_d) mod m is looked for first: m = 2 for the plaquette action on even extents, m = 4 with
rectangles where 4 divides the extents.  Where none exists with few colours, sites are coloured greedily.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import Path, staples

Offset = tuple[int, ...]
LINEAR_COLORS = 16
"""Largest m tried before the greedy colouring."""


def links_on(path: Path, mu: int, shape: tuple[int, ...]) -> Iterator[Offset]:
    """Sites of the links of direction ``mu`` on a path from the origin, modulo the extents."""
    x = [0] * len(shape)
    for step in path:
        nu = abs(step) - 1
        if step < 0:
            x[nu] = (x[nu] - 1) % shape[nu]
        if nu == mu:
            yield tuple(x)
        if step > 0:
            x[nu] = (x[nu] + 1) % shape[nu]


def conflicts(names: Sequence[str], mu: int, shape: tuple[int, ...]) -> tuple[Offset, ...]:
    """Displacements from link (mu, n) to the other links of direction mu in a loop with it.

    Raises
    ------
    InputError
        If a loop contains the link twice (a rectangle on an extent of 2): then the action is not linear in it.
    """
    found = {offset for name in names for path in staples(name, mu, shape) for offset in links_on(path, mu, shape)}
    if (0,) * len(shape) in found:
        raise InputError(
            f"a loop of class {' or '.join(names)} contains one link twice on extents {'x'.join(map(str, shape))}",
            hint="single links can be updated with rectangles from extents of 3 on; HMC works with 2",
        )
    return tuple(sorted(found))


def linear_coloring(offsets: Sequence[Offset], shape: tuple[int, ...]) -> tuple[int, Offset] | None:
    """Smallest (m, a) such that a . x mod m is periodic and differs across every offset; None if m would be large."""
    steps = np.array(offsets, dtype=np.int64).reshape(len(offsets), len(shape))
    for m in range(1 if not offsets else 2, LINEAR_COLORS + 1):
        choices = [range(0, m, m // gcd(m, extent)) for extent in shape]
        for a in product(*(reversed(c) for c in choices)):
            if np.all(steps @ np.array(a) % m):
                return m, a
    return None


def greedy_coloring(offsets: Sequence[Offset], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Colours [x, y, ...], each the smallest that no earlier site in conflict has."""
    colors = np.full(shape, -1, dtype=np.int64)
    for x in np.ndindex(*shape):
        taken = set()
        for offset in offsets:
            for sign in (1, -1):
                taken.add(int(colors[tuple((c + sign * o) % n for c, o, n in zip(x, offset, shape, strict=True))]))
        colors[x] = next(c for c in range(len(taken) + 1) if c not in taken)
    return colors


def coloring(names: Sequence[str], mu: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Colours 0, 1, ... of the links of direction ``mu``: array [x, y, ...] in lattice order.

    Parameters
    ----------
    names
        Loop classes of the action.
    mu, shape
        Direction and extents.

    Raises
    ------
    InputError
        As :func:`conflicts`.
    """
    offsets = conflicts(names, mu, shape)
    linear = linear_coloring(offsets, shape)
    if linear is None:
        return greedy_coloring(offsets, shape)
    m, a = linear
    coordinates = np.indices(shape)
    return np.asarray(np.tensordot(np.array(a), coordinates, axes=1) % m, dtype=np.int64)


@dataclass(frozen=True)
class ColoredSites:
    """The sites of each colour as vectors of W sites.

    Attributes
    ----------
    vectors
        Table [vector, 2]: sites in block order, and their names for random numbers.  A vector that is not
        full repeats its last site: the lanes then write the same link twice.
    start
        vectors[start[c]:start[c + 1]] are those of colour c.
    """

    vectors: NDArray[np.void]
    start: tuple[int, ...]

    @property
    def colors(self) -> int:
        """Number of colours."""
        return len(self.start) - 1


def colored_sites(lattice: Lattice, names: Sequence[str], mu: int) -> ColoredSites:
    """Vectors of sites whose links of direction ``mu`` may change together under an action of these loop classes."""
    W = lattice.width
    color = coloring(names, mu, lattice.shape)[tuple(lattice.coordinates.T)]
    groups = []
    for c in np.unique(color):
        rank = np.flatnonzero(color == c)
        full = np.concatenate([rank, np.full(-len(rank) % W, rank[-1])])
        groups.append(full.reshape(-1, W))
    start = tuple(int(n) for n in np.cumsum([0, *(len(g) for g in groups)]))
    sites = np.concatenate(groups)
    return ColoredSites(lattice.site_table([sites.astype(np.int32), lattice.number[sites].astype(np.int32)]), start)
