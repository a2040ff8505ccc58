"""Linear algebra of solvers on a range of blocks, fused so that each vector is read once; sums are per block."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.simd import add_scaled, at, cplx, norm2, one_like, put, redot, scale


@device
def times(a, b, X):
    """(a + i b) X, the same number for all sites."""
    unit = one_like(norm2(X))
    return scale(cplx(a * unit, b * unit), X)


@device
def dot(X, Y):
    """Sum over lanes and entries of conj(X) Y as (Re, Im)."""
    return redot(X, Y), redot(times(0.0, 1.0, X), Y)


@kernel
def advance(part, x, r, p, q, alpha, first, last):
    """x += alpha p, r -= alpha q; part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        put(x, s, add_scaled(at(x, s), alpha, at(p, s)))
        R = add_scaled(at(r, s), -alpha, at(q, s))
        put(r, s, R)
        part[s - first] = redot(R, R)


@kernel
def new_direction(p, r, beta, first, last):
    """p = r + beta p."""
    for s in prange(first, last):
        put(p, s, add_scaled(at(r, s), beta, at(p, s)))


@kernel
def advance_direction(x, p, r, alpha, beta, first, last):
    """x += alpha p, then p = r + beta p."""
    for s in prange(first, last):
        P = at(p, s)
        put(x, s, add_scaled(at(x, s), alpha, P))
        put(p, s, add_scaled(at(r, s), beta, P))


@kernel
def residual(part, r, b, q, first, last):
    """r = b - q; part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        R = at(b, s) - at(q, s)
        put(r, s, R)
        part[s - first] = redot(R, R)
