"""Sums over space of products of two spinor fields, which correlators with a current between them are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.timesums import Wave, of_spinors, time_sums, weighted

FloatArray = NDArray[np.float64]
Matrix = NDArray[np.complex128]
Waves = Mapping[str, Wave]
"""Weights of the sites of space by the end of the keys of a momentum."""


def spin_sums(lattice: Lattice, pairs: Sequence[tuple[Blocks, Blocks]], waves: Waves) -> dict[str, Matrix]:
    """sum over space, colours and pairs (psi, phi) of w phi_a^* psi_b by momentum, [t, a, b]; also over s5, if any."""
    fields = [(of_spinors(lattice, phi), of_spinors(lattice, psi)) for psi, phi in pairs]
    return {
        end: time_sums(lattice, ((phi, weighted(lattice, psi, wave)) for phi, psi in fields))
        for end, wave in waves.items()
    }


def contracted(sums: Matrix, weights: Matrix) -> Matrix:
    """Sum of W_ab times those of :func:`spin_sums`, [t]."""
    return np.asarray(np.einsum("tab,ab->t", sums, weights, optimize=False))


def traced(sums: Matrix, weights: Matrix) -> FloatArray:
    """Re of :func:`contracted`."""
    return np.asarray(contracted(sums, weights).real)
