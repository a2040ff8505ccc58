"""Lines of links around the lattice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.blocks import sites_in
from lqcdnn.lattice.geometry import Blocks, Lattice


@dataclass(frozen=True)
class Lines:
    """The sites of each line along some directions mu, from coordinate mu = 0 on, W lines in a vector.

    Where lanes lie half a lattice apart in a direction (``Lattice.shared``), a line is there twice, once from the
    middle on, in two lanes of a vector or of two; where they lie a quarter apart, four times.

    Attributes
    ----------
    sites
        Table [vector, j] of site j of W lines; the last vector of a direction is filled up with lines of its own,
        unless vectors are whole blocks, as those of neighbours are (``Lattice.whole``).
    ranges
        [3, d + 1]: vectors ranges[0, mu] to ranges[0, mu + 1] are those of mu, none for the other directions; links
        ranges[1, mu] of a line, and how many of them, ranges[2, mu], from the first on no other lane has.
    """

    sites: Blocks
    ranges: NDArray[np.int64]


def lines(lattice: Lattice, directions: Collection[int]) -> Lines:
    """All lines along ``directions``."""
    W, found, start = lattice.width, list[NDArray[np.int32]](), [0]
    own = np.array(lattice.shape)
    own[list(lattice.shared)] //= 2
    own[list(lattice.quartered)] //= 2
    for mu in range(lattice.d):
        if mu in directions:
            first = np.flatnonzero(lattice.coordinates[:, mu] % own[mu] == 0).astype(np.int32)
            found.append(np.append(first, np.repeat(first[-1:], -len(first) % W)))
        start.append(sum(map(len, found)) // W)
    columns = np.tile(np.arange(W, dtype=np.int32), (max(lattice.shape), start[-1], 1))
    neighbours = sites_in(lattice.neighbours)
    for mu, x in zip(sorted(directions), found, strict=True):
        for j in range(lattice.shape[mu]):
            columns[j, start[mu] : start[mu + 1]] = x.reshape(-1, W)
            x = neighbours[:, mu].ravel()[x]
    ranges = np.array([start, [*lattice.shape, 0], [*own, 0]])
    return Lines(lattice.site_table(columns, lattice.whole), ranges)
