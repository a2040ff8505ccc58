"""Steps of quark fields along the links of one direction."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, put


@kernel
def step_ahead(out, U, psi, nbr, mu):
    """out(n) = U_mu(n) psi(n + mu)."""
    for s in prange(U.shape[1]):
        put(out, s, at(U, mu, s) @ at(psi, hop(nbr, mu, s)))


@kernel
def step_behind(out, U, psi, nbr, mu):
    """out(n) = U_mu(n - mu)^dag psi(n - mu)."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        behind = hop(nbr, d + mu, s)
        put(out, s, dag(at(U, mu, behind)) @ at(psi, behind))
