"""Colours of links: links of one direction and one colour share no loop of the action, so they can change together.

Which links of direction mu share a loop with that at the origin is read off the loops' staple paths.  A colouring by
(a_1 x_1 + ... + a_d x_d) mod m is looked for first: m = 2 for the plaquette action on even extents, m = 4 with
rectangles where 4 divides the extents.  Where none exists with few colours, sites are coloured greedily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import gcd

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import links_of
from lqcdnn.errors import InputError
from lqcdnn.kernels.simd import link_dtype
from lqcdnn.lattice.geometry import SLICE_BYTES, SLICE_PLANES, Lattice
from lqcdnn.lattice.loops import Loops, staples

Offset = tuple[int, ...]
LINEAR_COLORS = 16
"""Largest m tried before the greedy colouring."""
WIDEST = 64
"""Bytes of the longest vectors of any processor."""
LARGE = 2**24
"""Bytes of links up to which a cache holds them for all directions and colours."""


def conflicts(names: Sequence[Loops], mu: int, shape: tuple[int, ...]) -> tuple[Offset, ...]:
    """Displacements from link (mu, n) to the other links of direction mu in a loop with it.

    Raises
    ------
    InputError
        If a loop contains the link twice (a rectangle on an extent of 2): then the action is not linear in it.
    """
    found = {
        offset
        for name in names
        for path in staples(name, mu, shape)
        for nu, offset in links_of(path, shape)
        if nu == mu
    }
    if (0,) * len(shape) in found:
        raise InputError(
            f"a loop of class {' or '.join(map(str, names))} contains one link twice on extents "
            f"{'x'.join(map(str, shape))}",
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


def coloring(names: Sequence[Loops], mu: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
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
        By tile: vectors[start[k][c]:start[k][c + 1]] are those of tile k and colour c.
    kind
        Kind of the sites of each vector.
    """

    vectors: NDArray[np.void]
    start: tuple[tuple[int, ...], ...]
    kind: NDArray[np.int64]


def colored_sites(
    lattice: Lattice,
    names: Sequence[Loops],
    mu: int,
    tile: NDArray[np.int64] | None = None,
    kind: NDArray[np.int64] | None = None,
    free: NDArray[np.bool_] | None = None,
) -> ColoredSites:
    """Vectors of sites whose links of direction ``mu`` may change together under an action of these loop classes.

    ``tile`` is a number 0, 1, ... of each site in block order, by default 0, see :func:`tiles`; ``kind`` another one,
    which is the same for all sites of a vector; ``free`` says which sites there are, by default all, at least one.
    """
    W, count = lattice.width, 0
    color = coloring(names, mu, lattice.shape)[tuple(lattice.coordinates.T)]
    tile, kind = (np.zeros_like(color) if given is None else given for given in (tile, kind))
    order = np.lexsort((kind, color, tile))
    if free is not None:
        order = order[free[order]]
    ends = np.flatnonzero(np.any(np.diff([a[order] for a in (tile, color, kind)], append=-1), axis=0)) + 1
    groups: list[NDArray[np.int64]] = []
    kinds: list[int] = []
    start: dict[int, dict[int, int]] = {}
    for first, last in zip([0, *ends[:-1]], ends, strict=True):
        rank = order[first:last]
        full = np.concatenate([rank, np.full(-len(rank) % W, rank[-1])])
        groups.append(full.reshape(-1, W))
        start.setdefault(int(tile[rank[0]]), {}).setdefault(int(color[rank[0]]), count)
        count += len(groups[-1])
        kinds += [int(kind[rank[0]])] * len(groups[-1])
    sites = np.concatenate(groups)
    table = lattice.site_table([sites.astype(np.int32), lattice.number[sites].astype(np.int32)])
    firsts = [list(found.values()) for found in start.values()]
    ends_of = [*(found[0] for found in firsts[1:]), count]
    return ColoredSites(table, tuple((*f, e) for f, e in zip(firsts, ends_of, strict=True)), np.array(kinds))


def tiles(lattice: Lattice, n: int) -> NDArray[np.int64] | None:
    """Number of the tile of each site, in block order, for links of size n that are changed tile by tile; None: one.

    All directions and colours of a tile change before the next, so that links come from memory once in a sweep and
    not for each of them.  A tile is a few times of a slab, all times of a slab before the next; both halves of the
    direction before time belong to it alike, and both halves of time where lanes may lie so far apart.  It does not
    depend on the processor, as the chain would then.
    """
    size = lattice.d * lattice.volume * link_dtype(n, 1, lattice.real).itemsize
    if size <= LARGE or lattice.d < 3:
        return None
    (z, t), (extent, times) = lattice.coordinates.T[-2:], lattice.shape[-2:]
    if lattice.open_time:
        t = np.clip(t, 0 if lattice.fixed is None else 1, times - 2)  # every tile has links of time, and of space
    planes = extent if extent % 2 else extent // 2
    if times % 2 == 0 and 1 << lattice.splittable < WIDEST // np.dtype(lattice.real).itemsize:
        times //= 2
    parts = -(-planes // max(SLICE_PLANES, SLICE_BYTES * times * planes // size))
    thickness = max(1, SLICE_BYTES * times * parts // size)
    return np.asarray((z % planes) * parts // planes * times + t % times // thickness, dtype=np.int64)


@lru_cache(maxsize=4)
def site_colors(lattice: Lattice) -> tuple[NDArray[np.void], tuple[int, ...]]:
    """Vectors of W sites of which no two of a colour are neighbours: a table of one column, and where each colour ends.

    For extents that are odd; of even ones the even and the odd blocks do.  A vector that is not full repeats its last
    site.
    """
    W, steps = lattice.width, [tuple(map(int, row)) for row in np.eye(lattice.d, dtype=np.int64)]
    linear = linear_coloring(steps, lattice.shape)
    if linear is None:
        colors = greedy_coloring(steps, lattice.shape)
    else:
        colors = np.tensordot(np.array(linear[1]), np.indices(lattice.shape), axes=1) % linear[0]
    color, vectors, ends = colors[tuple(lattice.coordinates.T)], list[NDArray[np.int64]](), [0]
    for one in np.unique(color):
        rank = np.flatnonzero(color == one)
        vectors.append(np.concatenate([rank, np.full(-len(rank) % W, rank[-1])]).reshape(-1, W))
        ends.append(ends[-1] + len(vectors[-1]))
    return lattice.site_table([np.concatenate(vectors).astype(np.int32)]), tuple(ends)
