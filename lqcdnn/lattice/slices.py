"""Which blocks lie in which time slices."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Lattice


class Slices(NamedTuple):
    """Blocks in groups of which all have their lanes in the same time slices: those of one slice, where lanes lie so.

    Attributes
    ----------
    order, first
        Group g is made of the blocks ``order[n]``, ``first[g]`` <= n < ``first[g + 1]``, in rising order.
    times
        Time of each lane, [group, lane].
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    times: NDArray[np.int64]


@lru_cache(maxsize=4)
def slices(lattice: Lattice) -> Slices:
    """The groups of a lattice."""
    lanes = lattice.coordinates[:, -1].reshape(lattice.blocks, lattice.width)
    times, group = np.unique(lanes, axis=0, return_inverse=True)
    counts = np.bincount(group.ravel(), minlength=len(times))
    first = np.concatenate([[0], np.cumsum(counts)])
    return Slices(np.argsort(group.ravel(), kind="stable"), first, times.astype(np.int64))


def of_space(lattice: Lattice, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers of the sites of space [x, ...], by site in block order: [block, lane]."""
    return np.asarray(values[tuple(lattice.coordinates[:, :-1].T)]).reshape(lattice.blocks, lattice.width)


def by_time(lattice: Lattice, lanes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums [t, ...] of numbers [group, ..., lane], added in the order of lanes and groups."""
    times = slices(lattice).times
    found = np.zeros((lattice.shape[-1], *lanes.shape[1:-1]))
    for lane in range(lanes.shape[-1]):
        np.add.at(found, times[:, lane], lanes[..., lane])
    return found
