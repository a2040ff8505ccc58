"""Which loops and staples of a twisted lattice carry a centre element, as programs for the sites of the corners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path
from lqcdnn.kernels.paths import END, PHASE
from lqcdnn.lattice.defect import DefectLoops, Sites, sites_by_part
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import Loops
from lqcdnn.lattice.programs import Program, Row, assemble, leaves, steps
from lqcdnn.lattice.twist import Twist


class Corners:
    """The corners of a twisted lattice: a loop that goes around them with z^k crosses them k times.

    Parameters
    ----------
    lattice
        A lattice with a twist.
    """

    def __init__(self, lattice: Lattice) -> None:
        assert lattice.twist is not None
        self.lattice, self.twist = lattice, lattice.twist

    def crossings(self, path: Path) -> NDArray[np.int64]:
        """k by the site where a path begins, in block order."""
        return in_block_order(self.lattice, self.twist.exponents(path, self.lattice.shape))


class TwistedLoops(DefectLoops):
    """The loops of some classes that carry a factor z^k, k = 1, ..., N - 1, and the links in them.

    Each path of the programs is multiplied by z^k - 1: what it adds to the same loop without the twist.

    Parameters
    ----------
    lattice
        A lattice with a twist.
    classes
        Classes of loops without winding ones.
    """

    def __init__(self, lattice: Lattice, classes: Sequence[Loops]) -> None:
        corners = Corners(lattice)
        self.twist: Twist = corners.twist
        super().__init__(corners, classes)

    def weights(self, of_class: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights [row, 2] of ``program`` from those of the classes: of each term, then z^k - 1 as (re, im)."""
        rows = [[of_class[k]] * 2 for k, _ in self.terms]
        return np.array([*rows, *self._differences()])

    def weights_of_loops(self) -> NDArray[np.float64]:
        """The same of the program of ``loops``, in which each loop counts once."""
        return np.array([[1.0, 1.0], *self._differences()])

    def _differences(self) -> list[list[float]]:
        return [[re - 1.0, im] for re, im in self.twist.phases[1:].tolist()]

    def _numbers(self, longest: int) -> range:
        return range(1, self.twist.n)

    def _end(self, term: int, times: int, terms: int) -> list[Row]:
        return [(PHASE, 0, terms + times - 1, 0), (END, 0, term, 0)]


class TwistedLeaves(NamedTuple):
    """Leaves around the sites at which some carry a centre element.

    Attributes
    ----------
    sites, plane
        Vectors of sites and the plane of each.
    program
        All leaves there, the part of each vector in ``sites.part``; its weight 0 is that of a leaf.
    """

    sites: Sites
    plane: NDArray[np.int64]
    program: Program


@lru_cache(maxsize=16)
def twisted_leaves(lattice: Lattice, sides: tuple[int, int], corners: int) -> TwistedLeaves:
    """What :func:`lqcdnn.lattice.programs.leaf_program` lacks at the corners of a lattice with a twist.

    Parameters
    ----------
    lattice
        A lattice with a twist.
    sides, corners
        As there.
    """
    where = Corners(lattice)
    rows: list[list[Row]] = []
    groups: list[tuple[int, NDArray[np.int64]]] = []
    plane_of: list[int] = []
    for plane, loops in enumerate(leaves(lattice.d, sides, corners)):
        found, which = np.unique(np.stack([where.crossings(loop) for loop in loops], 1), axis=0, return_inverse=True)
        for i, exponents in enumerate(found.tolist()):
            if any(exponents):
                groups.append((len(rows), np.flatnonzero(which.ravel() == i)))
                plane_of.append(plane)
                row: list[Row] = []
                for loop, k in zip(loops, exponents, strict=True):
                    row += [*steps(loop), *([(PHASE, 0, k, 0)] if k else []), (END, 0, 0, 0)]
                rows.append(row)
    sites = sites_by_part(lattice, groups)
    return TwistedLeaves(sites, np.array(plane_of)[sites.part], assemble(rows))


def in_block_order(lattice: Lattice, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values [x, y, ...] by site in block order."""
    return np.asarray(values[tuple(lattice.coordinates.T)])
