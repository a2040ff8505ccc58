"""The coarse operator of a multigrid as dense matrices, one for each aggregate and neighbour, and its solver.

Vectors are record arrays [aggregate] of 2 x 1 matrices (chirality) with one lane for each of n test vectors; matrices
[aggregate, leg, column] hold a column in the same way, columns being chirality n + vector.  Vectors are given once
more as ``numbers`` [aggregate, chirality, (re, im), vector].

With the diagonal blocks X and the others Y the operator is X (1 + Z), Z = X^-1 Y.  On aggregates of two parities, the
even ones first, the even half of (1 + Z) c = s is (1 - Z_eo Z_oe) c_e = s_e - Z_eo s_o.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.gcr import norms, step
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, put, zero


@kernel
def add_products(out, base, sign, Y, numbers, neighbours, first, last):
    """out = base + sign sum_k Y_k x(n_k) on some aggregates; ``base`` may be out."""
    n = numbers.shape[3]
    for s in prange(first, last):
        A, B = zero(out), zero(out)
        for k in range(Y.shape[1]):
            t = neighbours[s, k]
            for chirality in range(2):
                for j in range(n):
                    v = at(Y, s, k, chirality * n + j)
                    A = add_scaled(A, numbers[t, chirality, 0, j], v)
                    B = add_scaled(B, numbers[t, chirality, 1, j], v)
        put(out, s, add_scaled(at(base, s), sign, A + times(0.0, 1.0, B)))


@kernel
def copy(out, x, last):
    """out = x."""
    for s in prange(last):
        put(out, s, at(x, s))


@device
def solve(wide, s, t, Z, V, lengths, numbers, pairs, part, Y, neighbours, half, none, target, most):
    """(1 - Z_eo Z_oe) c_e = s_e, or with ``half`` 0 (1 + Z) c = s, from c = 0 by at most ``most`` steps of GCR.

    Stops when |s|^2 <= ``target`` times what it was; s becomes the residual.  t is a vector, Z and V vectors
    [direction, aggregate], after the last of which it begins anew; ``numbers`` are those of t and of all Z, ``none`` is
    a zero vector.  ``wide`` are c, s, Z and V with several aggregates as one matrix, of which lanes are summed once for
    all: that was most of the time of a long solve.  Returns the steps taken.
    """
    wide_c, wide_s, wide_Z, wide_V = wide
    t_numbers, z_numbers = numbers
    last = half if half > 0 else s.shape[0]
    blocks = part.shape[0]
    norms(part, wide_s, blocks)
    rr = ordered_sum(part)
    target = target * rr
    for done in range(most):
        if not rr > target:
            return done
        j = done % Z.shape[0]
        copy(Z[j], s, last)
        if half > 0:
            add_products(t, none, 1.0, Y, z_numbers[j], neighbours, half, 2 * half)
            add_products(V[j], Z[j], -1.0, Y, t_numbers, neighbours, 0, half)
        else:
            add_products(V[j], Z[j], 1.0, Y, z_numbers[j], neighbours, 0, last)
        rr = step(wide_c, wide_s, wide_Z, wide_V, lengths, j, pairs, part, blocks)
    return most


@device
def invert(a, order):
    """A complex matrix replaced by its inverse, by Gauss and Jordan's elimination with pivots from each column.

    Where nothing is left of a column, that of a test vector that depends on others, its part of the inverse is 0.
    """
    n = a.shape[0]
    for c in range(n):
        pivot = c
        for i in range(c + 1, n):
            if abs(a[i, c]) > abs(a[pivot, c]):
                pivot = i
        order[c] = pivot
        for j in range(n):
            a[c, j], a[pivot, j] = a[pivot, j], a[c, j]
        factor = 1.0 / a[c, c] if a[c, c] != 0.0 else complex(0.0)
        a[c, c] = 1.0
        for j in range(n):
            a[c, j] *= factor
        for i in range(n):
            if i != c:
                factor = a[i, c]
                a[i, c] = 0.0
                for j in range(n):
                    a[i, j] -= factor * a[c, j]
    for c in range(n - 1, -1, -1):  # rows were exchanged: columns of the inverse are, in the opposite order
        for i in range(n):
            a[i, c], a[i, order[c]] = a[i, order[c]], a[i, c]


@kernel
def divide(X, Y, order, rows):
    """X <- X^-1 and Y <- X^-1 Y: X [aggregate, row, column], Y [aggregate, leg, row, column]; ``order`` [aggregate,
    row] and ``rows`` [aggregate, row, column] are work space.
    """
    n = X.shape[1]
    for s in prange(X.shape[0]):
        invert(X[s], order[s])
        for k in range(Y.shape[1]):
            for i in range(n):
                for j in range(n):
                    rows[s, i, j] = np.complex64(0.0)
                for m in range(n):
                    factor = np.complex64(X[s, i, m])
                    for j in range(n):
                        rows[s, i, j] += factor * Y[s, k, m, j]
            for i in range(n):
                for j in range(n):
                    Y[s, k, i, j] = rows[s, i, j]
