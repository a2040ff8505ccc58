"""Links of a one-link Dirac operator, packed per target site with everything that multiplies them folded in."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, put, re, scale, stream_multiple


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


@kernel
def multiply_links(W, factors):
    """W[s, k] = factors[k] W[s, k] with complex numbers, a field of 1 x 1 matrices; W holds whole links."""
    for s in prange(W.shape[0]):
        for k in range(W.shape[1]):
            put(W, (s, k), scale(at(factors, k), at(W, s, k)))


@kernel
def add_multiples(Sigma, T, factors):
    """Sigma[mu, s] += factors[mu] T[mu, s], factors as in :func:`multiply_links`."""
    for s in prange(Sigma.shape[1]):
        for mu in range(Sigma.shape[0]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + scale(at(factors, mu), at(T, mu, s)))
