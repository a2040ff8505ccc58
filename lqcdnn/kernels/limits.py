"""What the processor can do at most, measured by kernels as plain as they can be: reading, streaming, arithmetic."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import add_scaled, at, put, redot, zero


@kernel
def read(part, x):
    """part[c] = |sum of all blocks of chunk c|^2: every byte of x is read once, in order."""
    size = x.shape[0] // part.shape[0]
    for c in prange(part.shape[0]):
        total = zero(x)
        for s in range(c * size, (c + 1) * size):
            total += at(x, s)
        part[c] = redot(total, total)


@kernel
def triad(out, x, y, factor):
    """out = x + factor y: two streams read, one written."""
    for s in prange(out.shape[0]):
        put(out, s, add_scaled(at(x, s), factor, at(y, s)))


@kernel
def multiply_add(part, x, rounds):
    """Fused multiply-adds alone: x <- x + 1e-9 x, ``rounds`` times for each component, all of them in registers."""
    for c in prange(part.shape[0]):
        X = at(x, c)
        for _ in range(rounds):
            X = add_scaled(X, 1e-9, X)
        part[c] = redot(X, X)
