"""Links of a one-link Dirac operator, packed per target site with everything that multiplies them folded in."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, re, stream_multiple


@kernel
def pack_links(W, U, signs, nbr, forward, backward):
    """W[s, mu] = forward sign_mu(n) U_mu(n), W[s, d + mu] = backward sign_mu(n - mu) U_mu(n - mu)^dag.

    W is made by ``Lattice.packed_links``.
    """
    d = U.shape[0]
    for mu in range(d):
        for s in prange(U.shape[1]):
            back = hop(nbr, d + mu, s)
            stream_multiple(W, s, mu, forward * re(at(signs, mu, s)), at(U, mu, s))
            stream_multiple(W, s, d + mu, backward * re(at(signs, mu, back)), dag(at(U, mu, back)))
