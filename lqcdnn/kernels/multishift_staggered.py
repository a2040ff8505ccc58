"""What the staggered operator does to all solutions of a multi-shift solve at once: hop, residuals, derivative."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import add_scaled, as_link, at, dag, hop, put, re, redot, zero
from lqcdnn.kernels.simd.neighbours import add_legs


@kernel
def hop_all(X, W, nbr, count, first, last):
    """x_i = D x_i on blocks first <= s < last, from the sites of the other parity, for i < count."""
    for s in prange(first, last):
        for i in range(count):
            put(X, (i, s), add_legs(zero(X), W, s, X, (i,), nbr))


@kernel
def shifted_residuals(part, X, b, W, nbr, diagonal, last):
    """part[i, s] = |b - diagonal_i x_i + D D x_i|^2 of an even block, with D x_i already on the odd sites."""
    for s in prange(last):
        B = at(b, s)
        for i in range(diagonal.size):
            R = add_scaled(add_legs(B, W, s, X, (i,), nbr), -diagonal[i], at(X, i, s))
            part[i, s] = redot(R, R)


@kernel
def add_shifted_outer_products(Sigma, X, weights, signs, nbr, half):
    """Sigma_mu(n) += +-eta_mu(n) sum_i weights_i x_i(n + mu) x_i(n)^dag, + on even, - on odd sites.

    The derivative of sum_i weights_i 2 Re <x_i, D (D x_i)> with x_i on even and D x_i on odd sites.
    """
    for s in prange(Sigma.shape[1]):
        side = 1.0 if s < half else -1.0
        for mu in range(Sigma.shape[0]):
            ahead = hop(nbr, mu, s)
            acc = zero(Sigma)
            for i in range(weights.size):
                acc += as_link(Sigma, at(X, i, ahead) @ dag(weights[i] * at(X, i, s)))
            put(Sigma, (mu, s), at(Sigma, mu, s) + (side * re(at(signs, mu, s))) * acc)
