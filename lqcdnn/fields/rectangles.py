"""Sums over all rectangles of one by two links of a field of links: traces, staples and their derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels import rectangles as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch

Planes = NDArray[np.float64] | None
"""What rectangles of two links along mu and one along nu count, [mu, nu]; None: all the same."""


def rectangle_sums(lattice: Lattice, U: Blocks, planes: Planes = None) -> NDArray[np.float64]:
    """Sums of Re tr of both rectangles of the planes without and with the last direction, per block: [block, 2].

    Those of two links along mu and one along nu count ``planes`` [mu, nu] times; None: once.
    """
    part = np.empty((lattice.blocks, 2))
    kernels.rectangle_sums(part, U, double_links(lattice, U), lattice.neighbours, lattice.second_neighbours, planes)
    return part


def add_staples(
    out: Blocks, lattice: Lattice, U: Blocks, weight: NDArray[np.float64], conjugate: bool = False, fresh: bool = False,
    planes: Planes = None,
) -> None:  # fmt: skip
    """out_mu += weight_mu C_mu, C the sum of the staples; C^dag in its place for the gradient of sum Re tr R.

    ``weight`` is [d], ``planes`` as in :func:`rectangle_sums`; a ``fresh`` out holds nothing yet and is set.
    """
    nbr, twice, far, D = lattice.neighbours, lattice.second_neighbours, scratch(U), double_links(lattice, U)
    kernels.near_staples(out, far, U, D, nbr, twice, lattice.rows(U), weight, planes, conjugate, fresh)
    kernels.add_far(out, far, nbr, weight, conjugate)


def add_derivatives(Sigma: Blocks, lattice: Lattice, V: Blocks, U: Blocks, weight: NDArray[np.float64]) -> None:
    """Sigma_mu += (D C_mu)^dag, D C the derivative of the staples in the direction dU_mu = weight_mu V_mu."""
    nbr, twice = lattice.neighbours, lattice.second_neighbours
    far, dD, scaled = scratch(U), scratch(U), scratch(U)
    kernels.double_derivatives(dD, scaled, V, U, nbr, weight)
    kernels.near_derivatives(Sigma, far, scaled, dD, U, double_links(lattice, U), nbr, twice, lattice.rows(U))
    kernels.add_far(Sigma, far, nbr, np.ones(lattice.d), True)


def double_links(lattice: Lattice, U: Blocks) -> Blocks:
    """U_mu(n) U_mu(n + mu)."""
    D = scratch(U)
    kernels.double_links(D, U, lattice.neighbours)
    return D
