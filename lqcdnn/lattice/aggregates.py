"""A lattice cut into aggregates, boxes of neighbouring sites that a multigrid takes as one (arXiv:1005.3043)."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.aggregates import aggregate_extents
from lqcdnn.lattice.geometry import Lattice


class Slots(NamedTuple):
    """Some sites by aggregate: those of aggregate a are in the slots ``slots[first[a] : first[a + 1]]``."""

    first: NDArray[np.int64]
    slots: NDArray[np.int32]


class Aggregates:
    """The aggregates of a lattice, numbered with even ones first if all directions hold an even number of them.

    Parameters
    ----------
    lattice
        d = 2 or 4, all extents even and 4 or more.

    Attributes
    ----------
    extents, shape
        Sites of an aggregate and number of aggregates in each direction.
    count, half
        Number of aggregates; of even ones, 0 where they have no parity.
    neighbours
        [aggregate, 2 d]: column mu is the next one, column d + mu the one before.
    place
        The site, in block order, in each slot: even sites by aggregate, then odd ones.
    even, every
        Slots of even sites, and of all.
    ahead
        For each direction the slots of the sites from where a step leads into the next aggregate.
    leaves
        Whether it does so from a site: [mu, block, lane].
    """

    def __init__(self, lattice: Lattice) -> None:
        d, x, V = lattice.d, lattice.coordinates, lattice.volume
        self.extents = aggregate_extents(lattice.shape)
        self.shape = tuple(length // b for length, b in zip(lattice.shape, self.extents, strict=True))
        self.count = prod(self.shape)
        self.half = self.count // 2 if all(length % 2 == 0 for length in self.shape) else 0
        places, rank = self._ordered()
        self._number = rank[np.ravel_multi_index(tuple((x // self.extents).T), self.shape)]
        self.neighbours = np.empty((self.count, 2 * d), np.int32)
        for k, sign in enumerate((1, -1)):
            for mu in range(d):
                there = (places + sign * np.eye(d, dtype=np.int64)[mu]) % self.shape
                self.neighbours[:, k * d + mu] = rank[np.ravel_multi_index(tuple(there.T), self.shape)]
        self.place = np.lexsort((np.arange(V), self._number, np.arange(V) >= V // 2)).astype(np.int32)
        self.even, self.every = self._table(np.arange(V // 2)), self._table(np.arange(V))
        leaves = [x[:, mu] % b == b - 1 for mu, b in enumerate(self.extents)]
        self.ahead = [self._table(np.flatnonzero(these[self.place])) for these in leaves]
        self.leaves = np.array(leaves).reshape(d, lattice.blocks, lattice.width)

    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Coordinates of the aggregates in their order, and the number of each in plain order."""
        places = np.stack(np.unravel_index(np.arange(self.count), self.shape), axis=1)
        odd = places.sum(axis=1) % 2 if self.half else np.zeros(self.count, np.int64)
        order = np.argsort(odd, kind="stable")
        return places[order], np.argsort(order, kind="stable")

    def _table(self, slots: NDArray[np.int64]) -> Slots:
        """Slots in rising order, by aggregate."""
        owners = self._number[self.place[slots]]
        first = np.zeros(self.count + 1, np.int64)
        np.cumsum(np.bincount(owners, minlength=self.count), out=first[1:])
        return Slots(first, slots[np.argsort(owners, kind="stable")].astype(np.int32))
