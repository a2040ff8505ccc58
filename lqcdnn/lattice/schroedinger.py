"""The Schroedinger functional: links of space that are fixed in the first and the last time slice.

Luscher, Narayanan, Weisz, Wolff, hep-lat/9207009: U_k = exp(i diag(phi) / L_k) at time 0, exp(i diag(phi') / L_k) at
time T, the last slice.  Time links from there to the first slice do not exist, as where time is open.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path
from lqcdnn.lattice.boundaryfields import DIGITS, at_time, phase, phases
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Lattice


def classical_links(where: Lattice) -> NDArray[np.complex128]:
    """The classical field [d, x, ..., t, n, n]: links of space exp(i diag(phi(t)) / L), links of time 1.

    It is the minimum of the action with c_t = 1 (hep-lat/9207009).
    """
    assert where.fixed is not None
    n, last = where.fixed.n, where.shape[-1] - 1
    links = np.zeros((where.d, *where.shape, n, n), dtype=np.complex128)
    links[-1] = np.eye(n)
    for mu in range(where.d - 1):
        for t in range(last + 1):
            for k, (re, im) in enumerate(phases(at_time(where.fixed, t, last), where.shape[mu])):
                links[mu][..., t, k, k] = complex(re, im)
    return links


@lru_cache(maxsize=16)
def tree_level(where: Lattice) -> float:
    """k = g0^2 dS/deta of the classical field with c_t = 1, so that g^2 = k / <dS/deta> is g0^2 at tree level.

    2 (V_space / L_k) sum_alpha sin(theta_alpha) d(phi'_alpha - phi_alpha)/deta, summed over the directions k of space,
    theta = (phi' - phi) / (L_k T); half of that for U(1).  In four dimensions with T = L this is 12 L^2 [sin(2 gamma) +
    sin(gamma)], gamma = (eta + pi/3) / L^2, of SU(3) (hep-lat/9309005) and -24 L^2 sin((pi - 2 eta) / L^2)
    of SU(2) (hep-lat/9207010).
    """
    assert where.fixed is not None
    fixed, last = where.fixed, where.shape[-1] - 1
    space, total = where.volume // where.shape[-1], Decimal(0)
    factor = 2 if fixed.n > 1 else 1
    with localcontext() as context:
        context.prec = DIGITS
        for extent in where.shape[:-1]:
            for a, b, da, db in zip(fixed.lower, fixed.upper, fixed.lower_slope, fixed.upper_slope, strict=True):
                sine = phase((Decimal(b) - Decimal(a)) / (extent * last))[1]
                total += factor * space * sine * (Decimal(db) - Decimal(da)) / extent
    return float(total)


@lru_cache(maxsize=16)
def fixed_sites(where: Lattice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a site lies in the first, in the last time slice, by [block, lane]."""
    t = where.coordinates[:, -1].reshape(where.blocks, where.width)
    return np.asarray(t == 0), np.asarray(t == where.shape[-1] - 1)


@lru_cache(maxsize=16)
def fixed_values(where: Lattice) -> NDArray[np.float64]:
    """The diagonals of the fixed links: [direction of space, (first, last slice), colour, (re, im)]."""
    assert where.fixed is not None
    last = where.shape[-1] - 1
    ends = [at_time(where.fixed, t, last) for t in (0, last)]
    return np.array([[phases(angles, extent) for angles in ends] for extent in where.shape[:-1]])


def inner_hops(where: Lattice) -> NDArray[np.float64]:
    """1 for the hops n -> n + mu of quarks, which are zero in the first and the last slice, else 0: [d, V]."""
    t, last = where.coordinates[:, -1], where.shape[-1] - 1
    found = np.tile((t > 0) & (t < last), (where.d, 1))
    found[-1] &= t + 1 < last
    return found.astype(np.float64)


def inner_sites(where: Lattice) -> int:
    """Number of sites between the fixed slices."""
    return where.volume // where.shape[-1] * (where.shape[-1] - 2)


def slices_beside(where: Lattice) -> NDArray[np.float64]:
    """How many of the fixed slices are next to a site in time: [block, lane]."""
    t, last = where.coordinates[:, -1].reshape(where.blocks, where.width), where.shape[-1] - 1
    count: NDArray[np.float64] = (t == 1).astype(np.float64) + (t == last - 1)
    return count


class Walls:
    """The plaquettes with time that have a link in the first or the last slice: each crosses a wall once.

    Parameters
    ----------
    lattice
        A lattice with fixed links.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice

    def crossings(self, path: Path) -> NDArray[np.int64]:
        """1 for a path of one step in time from a wall, by the site where it begins, in block order."""
        d, now, times = self.lattice.d, 0, [0]
        for step in path:
            now += (abs(step) == d) * (1 if step > 0 else -1)
            times.append(now)
        low, last = min(times), self.lattice.shape[-1] - 1
        if max(times) == low:
            return np.zeros(self.lattice.volume, dtype=np.int64)
        t = self.lattice.coordinates[:, -1] + low  # of the lower links; the loop must not leave the lattice
        top = t + max(times) - low
        return np.asarray(((t == 0) | (top == last)) & (t >= 0) & (top <= last), dtype=np.int64)


def wall_loops(where: Lattice) -> DefectLoops:
    """The plaquettes of time beside the walls, which c_t multiplies."""
    return DefectLoops(Walls(where), ("plaquette",))
