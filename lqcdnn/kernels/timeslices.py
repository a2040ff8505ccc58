"""Linear algebra in every time slice by itself, of dense vectors and small matrices: the same order of all sums.

Slices are independent, and each is one thread's: no number depends on how many there are.
"""

from __future__ import annotations

import math

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.jacobi import diagonalize

TILE = 64
"""Terms of a sum that stay in the cache for all rows."""


@kernel
def multiply(out, A, B):
    """out[b] = A[b] B[b] for matrices [b, i, k] and [b, k, j]; sums over k in order."""
    for b in prange(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[b, i, j] = 0.0
        for first in range(0, A.shape[2], TILE):
            last = min(first + TILE, A.shape[2])
            for i in range(out.shape[1]):
                for k in range(first, last):
                    a = A[b, i, k]
                    for j in range(out.shape[2]):
                        out[b, i, j] += a * B[b, k, j]


@device
def product(x, y):
    """sum_n x_n^* y_n, added in order."""
    total = 0.0j
    for n in range(x.size):
        total += x[n].conjugate() * y[n]
    return total


@kernel
def orthonormalize(lengths, V, j):
    """Make V[t, j] a unit vector orthogonal to the orthonormal V[t, i], i < j; ``lengths``[t]: what was left of 1.

    Gram and Schmidt's process (modified), twice: what rounding leaves of the others the second time takes away.
    """
    for t in prange(V.shape[0]):
        v = V[t, j]
        before = math.sqrt(product(v, v).real)
        for _ in range(2):
            for i in range(j):
                c = product(V[t, i], v)
                for n in range(v.size):
                    v[n] -= c * V[t, i, n]
        after = math.sqrt(product(v, v).real)
        lengths[t] = after / before
        for n in range(v.size):
            v[n] /= after


@kernel
def deviations(out, images, values, vectors):
    """out[t, k] = |A v - a v| of the image A v = images[t, k], the number a = values[t, k] and v = vectors[t, k]."""
    for t in prange(out.shape[0]):
        for k in range(out.shape[1]):
            total = 0.0
            for n in range(vectors.shape[2]):
                z = images[t, k, n] - values[t, k] * vectors[t, k, n]
                total += z.real * z.real + z.imag * z.imag
            out[t, k] = math.sqrt(total)


@kernel
def diagonalize_slices(H, vectors):
    """H[t] <- vectors[t]^dag H[t] vectors[t] diagonal, for hermitian H[t] and vectors[t] = 1."""
    for t in prange(H.shape[0]):
        diagonalize(H[t], vectors[t])
