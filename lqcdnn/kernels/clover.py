"""The clover term A = 1 - kappa c_SW sum_(mu<nu) gamma_mu gamma_nu F_{mu nu} (physics.md 3.2) and its inverse.

F_{mu nu} = (Q - Q^dag) / 8 with Q the four leaves around a site.  A commutes with gamma_5, so it is two hermitian
matrices per site, A[s, chirality], stored as in ``simd.hermitian``.  ``phases[plane, chirality, a, b, (re, im)]`` holds
gamma_mu gamma_nu (a, b: spin).
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.paths import path_sum
from lqcdnn.kernels.simd import (
    add_scaled,
    at,
    colors,
    dag,
    lane_div,
    lane_sum,
    load,
    one_like,
    re,
    redot,
    scale,
    stream,
    ta,
    zero_like,
)
from lqcdnn.kernels.simd.functions import log
from lqcdnn.kernels.simd.hermitian import fold, hermitian_room, number_at, put_part, row_at, unfold


@kernel
def field_strength(F, U, nbr, program, start, weight):
    """F_p = (Q - Q^dag) / 8 for each plane p, Q the sum of its leaf paths."""
    for s in prange(U.shape[1]):
        for p in range(F.shape[0]):
            Q = path_sum(U, nbr, program, weight, start[p], start[p + 1], s)
            stream(F, (p, s), 0.125 * (Q - dag(Q)))


@kernel
def turned_field_strength(F, U, turns, nbr, program, start, weight):
    """As :func:`field_strength` with turns[p] Q, numbers as 1 x 1 matrices, in place of Q; F holds whole matrices."""
    for s in prange(U.shape[1]):
        for p in range(F.shape[0]):
            Q = scale(at(turns, p), path_sum(U, nbr, program, weight, start[p], start[p + 1], s))
            stream(F, (p, s), 0.125 * (Q - dag(Q)))


@kernel
def field_energy(part, U, nbr, program, start, weight):
    """part[s, p] = sum over a block of -tr F_p^2, F_p the traceless part of (Q - Q^dag) / 8."""
    for s in prange(part.shape[0]):
        for p in range(part.shape[1]):
            F = 0.25 * ta(path_sum(U, nbr, program, weight, start[p], start[p + 1], s))
            part[s, p] = redot(F, F)


@kernel
def clover_term(A, F, phases, constant, factor):
    """A = constant - factor sum_p gamma_mu gamma_nu F_p."""
    for s in prange(A.shape[0]):
        M, unit = hermitian_room(A), one_like(times(1.0, 0.0, at(F, 0, s)))
        diagonal, n = add_scaled(zero_like(unit), constant, unit), colors(unit)
        for c in range(2):
            for a in range(phases.shape[2]):
                for b in range(a, phases.shape[3]):
                    X = diagonal if a == b else zero_like(unit)
                    for p in range(F.shape[0]):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            X = add_scaled(X, -factor, times(z[0], z[1], at(F, p, s)))
                    put_part(M, a * n, b * n, X)
            fold(A, s, c, M)


@kernel
def multiply_commuting(out, A, B, constant, first, last):
    """out = A B + constant, hermitian since A and B commute, on blocks first <= s < last; out may be A or B."""
    for s in prange(first, last):
        M, N, P = hermitian_room(A), hermitian_room(A), hermitian_room(A)
        n = colors(load(M))
        for c in range(2):
            unfold(M, A, s, c)
            unfold(N, B, s, c)
            for i in range(n):
                row = zero_like(row_at(N, i))
                for k in range(n):
                    row = row + number_at(M, i, k) @ row_at(N, k)
                put_part(P, i, 0, row)
                entry = number_at(P, i, i)
                put_part(P, i, i, add_scaled(entry, constant, one_like(entry)))
            fold(out, s, c, P)


@kernel
def invert_hermitian(logs, inverse, A, first, last):
    """The inverse of A[s, chirality] on blocks first <= s < last, by Gauss and Jordan without row exchange.

    logs[s] = sum over a block of log |det A|^2 of both chiralities.
    """
    for s in prange(first, last):
        logs[s - first] = 0.0
        M = hermitian_room(A)
        n = colors(load(M))
        for c in range(2):
            unfold(M, A, s, c)
            for k in range(n):
                unit = one_like(number_at(M, k, k))
                pivot = re(number_at(M, k, k))
                logs[s - first] += lane_sum(log(pivot * pivot))
                put_part(M, k, k, unit)
                row = lane_div(one_like(pivot), pivot) * row_at(M, k)
                put_part(M, k, 0, row)
                for i in range(n):
                    if i != k:
                        f = number_at(M, i, k)
                        put_part(M, i, k, zero_like(unit))
                        put_part(M, i, 0, row_at(M, i) - f @ row)
            fold(inverse, s, c, M)
