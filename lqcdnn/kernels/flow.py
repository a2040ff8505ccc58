"""Flows of links and quarks: the Zeuthen flow beside the force of the Symanzik action (Ramos and Sint,
arXiv:1508.05552), and what a stage of the flow of quarks adds up.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import add_scaled, at, dag, hop, put, stream, zero
from lqcdnn.kernels.simd.neighbours import add_legs


@kernel
def improve_force(out, Z, U, nbr):
    """out_mu = (1 + D*_mu D_mu / 12) Z_mu, with the covariant derivatives D along the link (arXiv:1508.05552).

    D*_mu D_mu Z(n) = U_mu(n) Z(n + mu) U_mu(n)^dag - 2 Z(n) + U_mu(n - mu)^dag Z(n - mu) U_mu(n - mu).
    """
    d = U.shape[0]
    for mu in range(d):
        for s in prange(U.shape[1]):
            behind = hop(nbr, d + mu, s)
            L, B = at(U, mu, s), at(U, mu, behind)
            moved = L @ at(Z, mu, hop(nbr, mu, s)) @ dag(L) + dag(B) @ at(Z, mu, behind) @ B
            stream(out, (mu, s), add_scaled((10.0 / 12.0) * at(Z, mu, s), 1.0 / 12.0, moved))


@kernel
def diffuse(out, W, psi, x, nbr, factor, own, other):
    """out = factor sum_k W_k psi(n_k) + own psi + other x."""
    for s in prange(out.shape[0]):
        T = factor * add_legs(zero(psi), W, s, psi, (), nbr)
        put(out, s, add_scaled(add_scaled(T, own, at(psi, s)), other, at(x, s)))
