"""Eigenvalues of a small hermitian matrix by Jacobi's rotations: the same bits whatever library or thread count."""

from __future__ import annotations

import math

from lqcdnn.kernels.compile import START, device, driver

SWEEPS = 60
"""Far more than ever needed: convergence is quadratic."""


@device
def rotate(A, V, p, q):
    """Make A[p, q] zero by A <- U^dag A U, V <- V U with U in the plane of p and q."""
    r = abs(A[p, q])
    phase = A[p, q] / r
    theta = (A[q, q].real - A[p, p].real) / (2.0 * r)
    t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
    if theta < 0.0:
        t = -t
    c = 1.0 / math.sqrt(1.0 + t * t)
    s = t * c
    for X in (A, V):
        for k in range(X.shape[0]):
            x, y = X[k, p], phase.conjugate() * X[k, q]
            X[k, p], X[k, q] = c * x - s * y, s * x + c * y
    for k in range(A.shape[0]):
        x, y = A[p, k], phase * A[q, k]
        A[p, k], A[q, k] = c * x - s * y, s * x + c * y
    A[p, q], A[q, p] = 0.0, 0.0


@driver
def largest_entry(A):
    """max |A_ij|."""
    size = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            size = max(size, abs(A[i, j]))
    return size


@driver
def sweep(A, V, size, first, last):
    """Rotate away A[p, q] above rounding, for ``first`` <= p < ``last`` and all q > p; returns how many."""
    rotations = 0
    for p in range(first, last):
        for q in range(p + 1, A.shape[0]):
            if abs(A[p, q]) > 1e-17 * size:
                rotate(A, V, p, q)
                rotations += 1
    return rotations


@driver
def diagonalize(A, V):
    """A <- V^dag A V diagonal to rounding, for a hermitian matrix A and V = 1; neither is sorted."""
    size = largest_entry(A)
    for _ in range(SWEEPS):
        if sweep(A, V, size, START, A.shape[0]) == 0:
            return
