"""Linear algebra of solvers on a range of blocks, fused so that each vector is read once; sums are per block."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, driver, inner, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, cplx, norm2, one_like, put, redot, scale, zero


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
def advance_direction(x, p, r, alpha, beta, first, last):
    """x += alpha p, then p = r + beta p."""
    for s in prange(first, last):
        P = at(p, s)
        put(x, s, add_scaled(at(x, s), alpha, P))
        put(p, s, add_scaled(at(r, s), beta, P))


@kernel
def residual(part, r, b, q, first, last):
    """r = b - q for fields [row, block]; part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        norm = 0.0
        for k in range(r.shape[0]):
            R = at(b, k, s) - at(q, k, s)
            put(r, (k, s), R)
            norm += redot(R, R)
        part[s - first] = norm


@inner
def start_from_zero(part, x, r, b, first, last):
    """x = 0, r = b for fields [row, block]; part[s] = |b|^2 of a block."""
    for s in prange(first, last):
        norm = 0.0
        for k in range(r.shape[0]):
            B = at(b, k, s)
            put(x, (k, s), zero(x))
            put(r, (k, s), B)
            norm += redot(B, B)
        part[s - first] = norm


@kernel
def products(part, x, y, first, last):
    """part[s] = Re <x, y> of a block, for fields [row, block]."""
    for s in prange(first, last):
        r = 0.0
        for k in range(x.shape[0]):
            r += redot(at(x, k, s), at(y, k, s))
        part[s - first] = r


@driver
def residual_norm2(part, r, b, q, first, last):
    """r = b - q; returns |r|^2."""
    residual(part, r, b, q, first, last)
    return ordered_sum(part)


@driver
def norm2_from_zero(part, x, r, b, first, last):
    """x = 0, r = b; returns |b|^2."""
    start_from_zero(part, x, r, b, first, last)
    return ordered_sum(part)


@driver
def product_sum(part, x, y, first, last):
    """Re <x, y>."""
    products(part, x, y, first, last)
    return ordered_sum(part)


@kernel
def complex_products(part, x, y, first, last):
    """part[s] = (Re, Im) of <x, y> of a block, for fields [row, block]."""
    for s in prange(first, last):
        real, imag = 0.0, 0.0
        for k in range(x.shape[0]):
            a, b = dot(at(x, k, s), at(y, k, s))
            real += a
            imag += b
        part[s - first, 0], part[s - first, 1] = real, imag


@kernel
def add_multiple(y, a, x, first, last):
    """y += a x with a complex number a, for fields [row, block]."""
    for s in prange(first, last):
        for k in range(x.shape[0]):
            put(y, (k, s), at(y, k, s) + times(a.real, a.imag, at(x, k, s)))


@kernel
def recur(z, a, b, y, c, x, first, last):
    """z = a z + b y + c x with real numbers, for fields [row, block]."""
    for s in prange(first, last):
        for k in range(x.shape[0]):
            put(z, (k, s), add_scaled(add_scaled(a * at(z, k, s), b, at(y, k, s)), c, at(x, k, s)))
