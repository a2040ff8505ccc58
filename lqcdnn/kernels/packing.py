"""Links of a one-link Dirac operator, packed per target site with everything that multiplies them folded in."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import as_link, at, dag, hop, put, re, scale, stream, stream_multiple


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
def pack_turned_links(W, U, signs, phases, nbr, forward, backward):
    """As :func:`pack_links` of phases_mu(n) U_mu(n), phases a field of 1 x 1 matrices; W holds whole links."""
    d = U.shape[0]
    for mu in range(d):
        for s in prange(U.shape[1]):
            back = hop(nbr, d + mu, s)
            ahead = (forward * re(at(signs, mu, s))) * at(U, mu, s)
            behind = (backward * re(at(signs, mu, back))) * dag(at(U, mu, back))
            stream(W, (s, mu), scale(at(phases, mu, s), ahead))
            stream(W, (s, d + mu), scale(dag(at(phases, mu, back)), behind))


@kernel
def add_multiples(Sigma, T, factors):
    """Sigma[mu, s] += factors[mu, s] T[mu, s], factors a field of 1 x 1 matrices; of SU(2) T is no quaternion."""
    for s in prange(Sigma.shape[1]):
        for mu in range(Sigma.shape[0]):
            turned = as_link(Sigma, scale(at(factors, mu, s), at(T, mu, s)))
            put(Sigma, (mu, s), at(Sigma, mu, s) + turned)
