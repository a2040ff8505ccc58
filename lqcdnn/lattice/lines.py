"""Lines of links around the lattice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.simd import table_dtype
from lqcdnn.lattice.geometry import Blocks, Lattice, aligned_zeros


@dataclass(frozen=True)
class Lines:
    """The first site, with coordinate mu = 0, of each line along some directions mu, W lines in a vector.

    Attributes
    ----------
    first
        Table [1, vector] of W site numbers; the last vector of a direction is filled up with lines of its own.
    start
        [d + 1]: vectors start[mu] to start[mu + 1] are those of mu; none for the other directions.
    extent
        [d] links of a line.
    """

    first: Blocks
    start: NDArray[np.int64]
    extent: NDArray[np.int64]


def lines(lattice: Lattice, directions: Collection[int]) -> Lines:
    """All lines along ``directions``."""
    W, rows, start = lattice.width, list[NDArray[np.int64]](), [0]
    for mu in range(lattice.d):
        if mu in directions:
            sites = np.flatnonzero(lattice.coordinates[:, mu] == 0)
            rows += [sites, np.repeat(sites[-1:], -len(sites) % W)]
        start.append(sum(map(len, rows)) // W)
    table = aligned_zeros((1, start[-1]), table_dtype(W))
    table["i"][0] = np.concatenate([np.empty(0, np.int64), *rows]).reshape(-1, W)
    return Lines(table, np.array(start), np.array(lattice.shape))
