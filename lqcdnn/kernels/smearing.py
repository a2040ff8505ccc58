"""Gaussian smearing of quarks in space (S. Guesken, Nucl. Phys. B Proc. Suppl. 17 (1990) 361)."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, put, zero


@kernel
def spread(out, U, psi, nbr, weight):
    """out = psi + weight D psi, D the covariant Laplacian of space, which has all directions but the last."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        total = zero(psi)
        for mu in range(d - 1):
            behind = hop(nbr, d + mu, s)
            total += at(U, mu, s) @ at(psi, hop(nbr, mu, s)) + dag(at(U, mu, behind)) @ at(psi, behind)
        put(out, s, (1.0 - 2.0 * (d - 1) * weight) * at(psi, s) + weight * total)
