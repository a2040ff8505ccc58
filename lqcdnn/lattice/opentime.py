"""Open boundary conditions in time: which links are missing, how many loops are left, which count half.

Luscher and Schaefer, arXiv:1105.4749: time has T slices, the links of its direction from the last slice to
the first do not exist.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path
from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.lattice.boundaryfields import boundary_fields
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Lattice, lattice
from lqcdnn.lattice.loops import Loops
from lqcdnn.lattice.twist import twist_of


def lattice_from(config: LatticeConfig) -> Lattice:
    """The lattice that a table ``[lattice]`` asks for."""
    return lattice(
        config.shape, twist=twist_of(config), open_time=config.time == "open", fixed=boundary_fields(config)
    )


def begun(where: Lattice, extent: int) -> int:
    """Number of sites from which a loop of this extent in time begins: all, or those it does not end beyond."""
    slices = where.shape[-1]
    return where.volume // slices * (max(slices - extent, 0) if where.open_time else slices)


def plaquettes_of(where: Lattice) -> tuple[int, int]:
    """Numbers of the plaquettes of space and of those with time."""
    d = where.d
    return (d - 1) * (d - 2) // 2 * where.volume, (d - 1) * begun(where, 1)


def rectangles_of(where: Lattice) -> tuple[int, int, int]:
    """Numbers of the 1x2 rectangles of space, of those with one link in time and of those with two."""
    d = where.d
    return (d - 1) * (d - 2) * where.volume, (d - 1) * begun(where, 1), (d - 1) * begun(where, 2)


@lru_cache(maxsize=16)
def missing(where: Lattice) -> NDArray[np.bool_]:
    """Whether the link of the time direction is missing, by [block, lane]."""
    last = where.coordinates[:, -1] == where.shape[-1] - 1
    return np.asarray(last.reshape(where.blocks, where.width))


class Boundary:
    """The first and the last time slice: a loop crosses it once if it lies wholly in one of them.

    Parameters
    ----------
    lattice
        A lattice with open time.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice

    def crossings(self, path: Path) -> NDArray[np.int64]:
        """1 for a path inside one of the slices, by the site where it begins, in block order."""
        if any(abs(step) == self.lattice.d for step in path):
            return np.zeros(self.lattice.volume, dtype=np.int64)
        return at_boundary(self.lattice).astype(np.int64)


def at_boundary(where: Lattice) -> NDArray[np.bool_]:
    """Whether a site is in the first or the last time slice, in block order."""
    return np.isin(where.coordinates[:, -1], (0, where.shape[-1] - 1))


def halved_loops(where: Lattice, classes: tuple[Loops, ...]) -> DefectLoops | None:
    """The loops that count half: those of these classes in the first and the last slice; None in d = 2, without any."""
    return DefectLoops(Boundary(where), classes) if where.d > 2 else None
