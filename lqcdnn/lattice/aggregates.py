"""A lattice cut into aggregates, boxes of neighbouring sites that a multigrid takes as one (arXiv:1005.3043)."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Boxes of a periodic grid, numbered with even ones first if all directions hold an even number of them.

    Parameters
    ----------
    grid, extents
        Extents of the grid and of a box, which divide them.

    Attributes
    ----------
    extents, shape
        Sites of an aggregate and number of aggregates in each direction.
    count, half
        Number of aggregates; of even ones, 0 where they have no parity.
    places
        Coordinates [aggregate, d].
    neighbours
        [aggregate, 2 d]: column mu is the next one, column d + mu the one before.
    """

    def __init__(self, grid: tuple[int, ...], extents: tuple[int, ...]) -> None:
        d, self.extents = len(grid), extents
        self.shape = tuple(length // b for length, b in zip(grid, extents, strict=True))
        self.count = prod(self.shape)
        self.half = self.count // 2 if all(length % 2 == 0 for length in self.shape) else 0
        places = np.stack(np.unravel_index(np.arange(self.count), self.shape), axis=1)
        odd = places.sum(axis=1) % 2 if self.half else np.zeros(self.count, np.int64)
        order = np.argsort(odd, kind="stable")
        self.places, self._rank = places[order], np.argsort(order, kind="stable")
        steps = np.concatenate([np.eye(d, dtype=np.int64), -np.eye(d, dtype=np.int64)])
        self.neighbours = self._at(self.places[:, None] + steps).astype(np.int32)

    def _at(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the aggregates at coordinates [..., d] of theirs."""
        plain = np.ravel_multi_index(tuple(np.moveaxis(x % self.shape, -1, 0)), self.shape)
        return np.asarray(self._rank[plain], np.int64)

    def of(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the aggregates that hold the sites at coordinates [site, d]."""
        return self._at(x // self.extents)

    def table(self, owners: NDArray[np.int64], slots: NDArray[np.int64]) -> Slots:
        """Slots in rising order, by the aggregate ``owners[slot]``."""
        first = np.zeros(self.count + 1, np.int64)
        np.cumsum(np.bincount(owners[slots], minlength=self.count), out=first[1:])
        return Slots(first, slots[np.argsort(owners[slots], kind="stable")].astype(np.int32))


@dataclass(frozen=True, slots=True)
class Cut:
    """What lies in which aggregate.

    Attributes
    ----------
    aggregates
        Those it is cut into.
    place
        In each slot the site, as kernels number what transfers move.
    even, every
        Slots of even sites, and of all.
    sites
        Sites by aggregate, in the order of slots; on a lattice a slot is a site.
    ahead, leaves
        [mu, site]: the site at n + mu, and whether it is in the next aggregate.
    """

    aggregates: Aggregates
    place: NDArray[np.int32]
    even: Slots
    every: Slots
    sites: Slots
    ahead: NDArray[np.int32]
    leaves: NDArray[np.bool_]


def cut_lattice(lattice: Lattice) -> Cut:
    """A lattice in d = 2 or 4, all extents even and 4 or more; slots are even sites by aggregate, then odd ones."""
    found, V = Aggregates(lattice.shape, aggregate_extents(lattice.shape)), np.arange(lattice.volume)
    number = found.of(lattice.coordinates)
    place = np.lexsort((V, number, lattice.volume // 2 <= V)).astype(np.int32)
    slot, owners = np.argsort(place), number[place]
    there = [lattice.displaced(step.tolist()).reshape(-1) for step in np.eye(lattice.d, dtype=np.int64)]
    ahead = np.array([slot[sites[place]] for sites in there], np.int32)
    every = found.table(owners, V)
    even = found.table(owners, V[: lattice.volume // 2])
    return Cut(found, place, even, every, every, ahead, _leaves(found, lattice.coordinates[place]))


def cut_aggregates(sites: Aggregates, n: int, extents: tuple[int, ...]) -> Cut:
    """Aggregates with n test vectors as the sites of a coarser grid; slots are n to each of them, in their order.

    Even ones are all, where they have no parity.
    """
    found = Aggregates(sites.shape, extents)
    number, count = found.of(sites.places), np.arange(sites.count)
    owners, slots = np.repeat(number, n), np.arange(sites.count * n)
    even = found.table(owners, slots[: (sites.half or sites.count) * n])
    ahead = np.ascontiguousarray(sites.neighbours[:, : len(extents)].T)
    return Cut(
        found, slots.astype(np.int32), even, found.table(owners, slots), found.table(number, count), ahead,
        _leaves(found, sites.places),
    )  # fmt: skip


def _leaves(found: Aggregates, x: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether steps from sites at x lead into the next aggregate, [mu, site]."""
    return np.ascontiguousarray((x % found.extents == np.array(found.extents) - 1).T)
