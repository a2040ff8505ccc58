"""Links projected onto diagonal matrices or onto the centre of SU(N), and links without vortices.

What stands in docs/physics/confinement.md; the links are those of a gauge (``fields.gaugefixing``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.gaugefixing import transformed
from lqcdnn.kernels import projection as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice, colors

PROJECTIONS = {"abelian": "abelian", "center": "center", "vortex_removed": "center"}
"""Kind of projection -> gauge (``Gauge.kind``) that it needs."""


def projected(lattice: Lattice, U: Blocks, G: Blocks, kind: str) -> Blocks:
    """Links [d, block] of one of ``PROJECTIONS``, of links U [d, block] and the transformation G [block] to its gauge.

    "abelian": diagonal matrices of SU(N); "center": multiples z of 1; "vortex_removed": U z^dag in the gauge of U,
    which is as good as another, as z commutes with all.
    """
    V, n = transformed(lattice, U, G), colors(U)
    out = lattice.links(n)
    if kind == "abelian":
        kernels.abelian_links(out, V)
        return out
    kernels.center_links(out, V, roots_of_unity(n))
    if kind == "center":
        return out
    kernels.quotient(V, U, out)
    return V


def roots_of_unity(n: int) -> NDArray[np.float64]:
    """cos and sin of 2 pi k / n, [k, 2]; 0, 1/2 and 1 as they are."""
    numbers = [[f(2.0 * math.pi * k / n) for f in (math.cos, math.sin)] for k in range(n)]
    halves = np.rint(2.0 * np.array(numbers)) / 2.0
    return np.where(np.abs(numbers - halves) < 1e-14, halves, numbers)
