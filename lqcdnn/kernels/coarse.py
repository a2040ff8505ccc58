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

from lqcdnn.kernels.aggregates import prolong, restrict
from lqcdnn.kernels.bicgstab import ordered_dot, products
from lqcdnn.kernels.compile import START, device, driver, inner, kernel
from lqcdnn.kernels.gcr import advance, norms, step
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, put, zero


@inner
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


@inner
def copy(out, x, last):
    """out = x."""
    for s in prange(last):
        put(out, s, at(x, s))


@inner
def difference(out, x, y, last):
    """out = x - y."""
    for s in prange(last):
        put(out, s, at(x, s) - at(y, s))


@device
def apply(out, x, x_numbers, system):
    """out = (1 - Z_eo Z_oe) x on even aggregates, or with ``half`` 0 (1 + Z) x; t of the system is work space."""
    (_c, _r, _s, t, none), (_cn, _rn, _sn, t_numbers), _wide, _kept, _sums, matrices = system
    _inverse, Y, _itself, nbr, half = matrices
    if half > 0:
        add_products(t, none, 1.0, Y, x_numbers, nbr, half, 2 * half)
        add_products(out, x, -1.0, Y, t_numbers, nbr, START, half)
    else:
        add_products(out, x, 1.0, Y, x_numbers, nbr, START, out.shape[0])


@device
def begin(system):
    """s_e = [X^-1 r]_e - Z_eo [X^-1 r]_o and c_e = 0, or s = X^-1 r and c = 0; returns |s_e|^2."""
    (c, _r, s, _t, none), (_cn, r_numbers, s_numbers, _tn), (_wide_c, wide_s), _kept, sums, matrices = system
    (_pairs, part), (inverse, Y, itself, nbr, half) = sums, matrices
    add_products(s, none, 1.0, inverse, r_numbers, itself, START, s.shape[0])
    if half > 0:
        add_products(s, s, -1.0, Y, s_numbers, nbr, START, half)
    copy(c, none, c.shape[0])
    norms(part, wide_s, part.shape[0])
    return ordered_sum(part)


@device
def finish(system):
    """c_o = s_o - Z_oe c_e."""
    (c, _r, s, _t, _none), (c_numbers, _rn, _sn, _tn), _wide, _kept, _sums, matrices = system
    _inverse, Y, _itself, nbr, half = matrices
    if half > 0:
        add_products(c, s, -1.0, Y, c_numbers, nbr, half, 2 * half)


@driver
def solve(system, target, most):
    """X (1 + Z) c = r by at most ``most`` steps of GCR, until |s|^2 <= ``target`` times what it was; returns the steps.

    ``system``: the vectors c, r, s, t and one that is zero; the numbers of the first four; c and s with several
    aggregates as one matrix, of which lanes are summed once for all (that was most of the time of a long solve);
    directions Z and V [direction, aggregate], after the last of which it begins anew, the numbers of Z, both as c and
    s, |V|^2; work space of sums; X^-1, Z, the number of each aggregate, those of its neighbours, how many are even.
    """
    _vectors, _numbers, (wide_c, wide_s), (Z, V, Z_numbers, wide_Z, wide_V, lengths), (pairs, part), matrices = system
    s, last = system[0][2], matrices[4] if matrices[4] > 0 else Z.shape[1]
    rr = begin(system)
    target, done = target * rr, 0
    while rr > target and done < most:
        j = done % Z.shape[0]
        copy(Z[j], s, last)
        apply(V[j], Z[j], Z_numbers[j], system)
        rr = step(wide_c, wide_s, wide_Z, wide_V, lengths, j, pairs, part, part.shape[0])
        done += 1
    finish(system)
    return done


@device
def cycle(z, z_numbers, wide_z, system, below):
    """z = B r, about (1 - Z_eo Z_oe)^-1 r or (1 + Z)^-1 r, with the next grid; r, in ``below``, becomes what z leaves.

    As on the lattice: z = [P (P^dag M P)^-1 P^dag X (r, 0)]_e with the matrices M of this grid, then steps of minimal
    residual.  ``below``: the system of the next grid, what its solves gain of |s|^2, their most steps; P, place, first
    and slots as in ``aggregates``; c and r there by chirality; X; r, its numbers, w, r and w as one matrix for several
    aggregates; the steps of the smoother and a factor of each.
    """
    (_c, _r, _s, t, none), (_cn, _rn, _sn, t_numbers), _wide, _kept, (pairs, part), matrices = system
    coarser, (target, most), (P, place, first, slots), (c, b), X, work, (smoothing, relaxation) = below
    r, r_numbers, w, wide_r, wide_w = work
    itself, last, blocks = matrices[2], matrices[4] if matrices[4] > 0 else z.shape[0], part.shape[0]
    add_products(t, none, 1.0, X, r_numbers, itself, START, last)
    restrict(b, P, t_numbers, place, first, slots, 1)
    solve(coarser, target, most)
    prolong(z_numbers, P, c, place, first, slots, 1)
    apply(w, z, z_numbers, system)
    difference(r, r, w, last)
    for _ in range(smoothing):
        apply(w, r, r_numbers, system)
        norms(part, wide_w, blocks)
        ww = ordered_sum(part)
        if ww > 0.0:
            products(pairs, wide_w, wide_r, blocks)
            advance(part, wide_z, wide_r, relaxation * ordered_dot(pairs) / ww, wide_r, wide_w, blocks)


@driver
def solve_with(system, below, target, most):
    """:func:`solve` with the cycle of the next grid before each step."""
    _vectors, _numbers, (wide_c, wide_s), (Z, V, Z_numbers, wide_Z, wide_V, lengths), (pairs, part), matrices = system
    s, r, last = system[0][2], below[5][0], matrices[4] if matrices[4] > 0 else Z.shape[1]
    rr = begin(system)
    target, done = target * rr, 0
    while rr > target and done < most:
        j = done % Z.shape[0]
        copy(r, s, last)
        cycle(Z[j], Z_numbers[j], wide_Z[j], system, below)
        difference(V[j], s, r, last)
        rr = step(wide_c, wide_s, wide_Z, wide_V, lengths, j, pairs, part, part.shape[0])
        done += 1
    finish(system)
    return done


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
