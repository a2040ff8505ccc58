"""Links of a lattice whose time is open: zero where there are none.

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


def cut(lattice: Lattice, field: Blocks) -> Blocks:
    """The field [d, block] of links or momenta itself, zero on the missing links."""
    if lattice.open_time:
        of_lanes(field[-1])[missing(lattice)] = 0.0
    return field


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
