"""The Faddeev-Popov operator of Landau and Coulomb gauge.

Minus the second derivative of sum Re tr U'_mu(n) by the gauge transformation exp(P), P = i omega^a T^a: of links in the
gauge what an infinitesimal transformation makes of their divergence (D. Zwanziger, Nucl. Phys. B 412 (1994) 657),

(M P)(n) = TA( P(n) H(n) - sum over mu of U_mu(n) P(n + mu) + P(n - mu) U_mu(n - mu) ),
H(n) = sum over mu of the hermitian parts of U_mu(n) and U_mu(n - mu).

It is symmetric whatever the divergence of the links is, and the Laplacian 2 d P(n) - sum of P(n +- mu) for U = 1.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import add_product, at, dag, hop, put, ta, zero


@kernel
def faddeev_popov(out, P, U, nbr, directions):
    """out = M P with the first so many directions; out and P [1, block] of the type of links."""
    for s in prange(U.shape[1]):
        H, hops = zero(U), zero(U)
        for mu in range(directions):
            behind = hop(nbr, U.shape[0] + mu, s)
            L, B = at(U, mu, s), at(U, mu, behind)
            H = H + L + B
            hops = add_product(hops, L, at(P, 0, hop(nbr, mu, s)))
            hops = add_product(hops, at(P, 0, behind), B)
        X = at(P, 0, s) @ (0.5 * (H + dag(H)))
        put(out, (0, s), ta(X - hops))
