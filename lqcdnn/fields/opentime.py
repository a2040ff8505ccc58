"""Links of a lattice whose time is open: zero where there are none, and those that are fixed at both ends.

A loop, a staple, a hop through a missing link is zero then, its momentum stays zero and the link itself zero: kernels
need not know.  In files and checkpoints such a link is 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.links import copy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import missing
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.schroedinger import fixed_sites, fixed_values


def cut(lattice: Lattice, U: Blocks) -> Blocks:
    """The links [d, block] themselves: zero where they are missing, their values where they are fixed."""
    if lattice.open_time:
        of_lanes(U[-1])[missing(lattice)] = 0.0
    if lattice.fixed is not None:
        values = fixed_values(lattice)
        for mu in range(lattice.d - 1):
            for sites, diagonal in zip(fixed_sites(lattice), values[mu], strict=True):
                of_lanes(U[mu])[sites] = _matrix(U, diagonal)
    return U


def freeze(lattice: Lattice, P: Blocks) -> Blocks:
    """The momenta [d, block] themselves, zero where links are missing or fixed."""
    if lattice.open_time:
        of_lanes(P[-1])[missing(lattice)] = 0.0
    if lattice.fixed is not None:
        lower, upper = fixed_sites(lattice)
        for field in P[:-1]:
            of_lanes(field)[lower | upper] = 0.0
    return P


def _matrix(U: Blocks, diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    """A diagonal matrix [colour, (re, im)] as the links of U are stored: of SU(2) the first row alone."""
    found: NDArray[np.float64] = np.zeros(U["c"].shape[U.ndim : -1])
    if found.ndim == 2:
        found[0] = diagonal[0]
    else:
        found[np.arange(len(diagonal)), np.arange(len(diagonal))] = diagonal
    return found


def join(lattice: Lattice, U: Blocks) -> None:
    """Set the missing links to 1, in place."""
    if lattice.open_time:
        one: NDArray[np.float64] = np.zeros(U["c"].shape[U.ndim : -2])  # of SU(2) the first row alone
        np.fill_diagonal(one.reshape(-1, one.shape[-1]), 1.0)
        of_lanes(U[-1])[missing(lattice)] = np.stack([one, np.zeros_like(one)], axis=-1)


def joined(lattice: Lattice, U: Blocks) -> Blocks:
    """Links with 1 in the place of the missing ones: the same field where there are none."""
    if not lattice.open_time:
        return U
    V = scratch(U)
    copy(V, U)
    join(lattice, V)
    return V


def to_user(lattice: Lattice, U: Blocks) -> NDArray[np.complex128]:
    """Links as files hold them, [d, x, y, ..., n, n]: in the group, 1 where they are missing."""
    return lattice.to_user(joined(lattice, U))


def from_user(lattice: Lattice, links: NDArray[np.complex128]) -> Blocks:
    """A field of links [d, x, y, ..., n, n], whatever a file has in the place of the missing ones."""
    return cut(lattice, lattice.from_links(links))


def of_lanes(field: Blocks) -> NDArray[Any]:
    """A view [block, lane, ...] of the numbers of a field [block]."""
    return np.moveaxis(field["c"], -1, 1)
