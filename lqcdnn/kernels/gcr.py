"""Generalised conjugate residuals (Eisenstat, Elman, Schultz, SIAM J. Numer. Anal. 20 (1983) 345), fused.

Search directions z_j may come from anything, a preconditioner that changes from step to step included; w_j = A z_j are
kept orthogonal.  Directions are kept as fields [direction, block], with |w_j|^2 beside them.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.bicgstab import ordered_dot, products
from lqcdnn.kernels.compile import driver, inner
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import at, put, redot


@inner
def norms(part, x, last):
    """part[s] = |x|^2 of a block."""
    for s in prange(last):
        X = at(x, s)
        part[s] = redot(X, X)


@inner
def subtract(z, w, a, y, v, last):
    """z -= a y, w -= a v."""
    for s in prange(last):
        put(z, s, at(z, s) - times(a.real, a.imag, at(y, s)))
        put(w, s, at(w, s) - times(a.real, a.imag, at(v, s)))


@inner
def advance(part, x, r, a, z, w, last):
    """x += a z, r -= a w; part[s] = |r|^2 of a block."""
    for s in prange(last):
        put(x, s, at(x, s) + times(a.real, a.imag, at(z, s)))
        R = at(r, s) - times(a.real, a.imag, at(w, s))
        put(r, s, R)
        part[s] = redot(R, R)


@driver
def step(x, r, Z, V, lengths, j, pairs, part, last):
    """Make the j-th direction orthogonal to those before, and go along it as far as the residual falls.

    ``lengths[i]`` = |w_i|^2.  Returns |r|^2, or -1 where nothing is left of w_j.
    """
    z, w = Z[j], V[j]
    for i in range(j):
        products(pairs, V[i], w, last)
        subtract(z, w, ordered_dot(pairs) / lengths[i], Z[i], V[i], last)
    norms(part, w, last)
    lengths[j] = ordered_sum(part)
    if not lengths[j] > 0.0:
        return -1.0
    products(pairs, w, r, last)
    advance(part, x, r, ordered_dot(pairs) / lengths[j], z, w, last)
    return ordered_sum(part)
