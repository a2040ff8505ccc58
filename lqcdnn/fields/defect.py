"""Loops that cross a defect of the lattice, or count otherwise: their sums and what they add to gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels import defect as kernels
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Blocks, colors

ONE = np.ones((1, 1))


def loop_sums(loops: DefectLoops, U: Blocks) -> NDArray[np.float64]:
    """sum of 1 - Re tr W/N over the loops W of each (class, crossings) of ``loops.terms``."""
    sites, program, places = loops.loops
    lattice, n = loops.defect.lattice, colors(U)
    out: Any = aligned_zeros((len(sites.vectors),), field_dtype(1, 1, lattice.width, lattice.real))
    where = (sites.vectors, sites.part, program.program, ONE, program.start)
    kernels.traces(out, U, lattice.neighbours, *where)
    missing = (1.0 - out["c"][:, 0, 0, 0, :] / n).ravel()
    return np.array([math.fsum(missing[found].tolist()) for found in places])


def add_gradient(Sigma: Blocks, loops: DefectLoops, U: Blocks, weight: NDArray[np.float64]) -> None:
    """Sigma_mu(n) += (staples of the links near the defect)^dag, with a weight for each of ``loops.terms``."""
    where = (loops.defect.lattice.neighbours, loops.sites.vectors, loops.direction, loops.sites.part)
    paths = (loops.program.program, np.ascontiguousarray(weight[:, None]), loops.program.start)
    kernels.add_gradients(Sigma, U, *where, *paths)
