"""The clover term A = 1 - kappa c_SW sum_(mu<nu) gamma_mu gamma_nu F_{mu nu} (physics.md 3.2), inverse, derivative.

F_{mu nu} = (Q - Q^dag) / 8 with Q the four leaves around a site.  A commutes with gamma_5, so it is two hermitian
matrices per site: A[s, chirality, a, b] of Nc x Nc blocks (a, b: spin).  ``phases[plane, chirality, a, b, (re, im)]``
holds gamma_mu gamma_nu.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.paths import path_sum
from lqcdnn.kernels.simd import (
    add_scaled,
    as_link,
    at,
    component,
    dag,
    lane_div,
    lane_sum,
    one,
    one_like,
    put,
    re,
    redot,
    ta,
    zero,
)
from lqcdnn.kernels.simd.functions import log


@kernel
def field_strength(F, U, nbr, program, start, weight):
    """F_p = (Q - Q^dag) / 8 for each plane p, Q the sum of its leaf paths."""
    for s in prange(U.shape[1]):
        for p in range(F.shape[0]):
            Q = path_sum(U, nbr, program, weight, start[p], start[p + 1], s)
            put(F, (p, s), 0.125 * (Q - dag(Q)))


@kernel
def field_energy(part, U, nbr, program, start, weight):
    """part[s, p] = sum over a block of -tr F_p^2, F_p the traceless part of (Q - Q^dag) / 8."""
    for s in prange(part.shape[0]):
        for p in range(part.shape[1]):
            F = 0.25 * ta(path_sum(U, nbr, program, weight, start[p], start[p + 1], s))
            part[s, p] = redot(F, F)


@kernel
def clover_term(A, F, phases, factor):
    """A = 1 - factor sum_p gamma_mu gamma_nu F_p."""
    for s in prange(A.shape[0]):
        for c in range(2):
            for a in range(A.shape[2]):
                for b in range(A.shape[3]):
                    X = one(A) if a == b else zero(A)
                    for p in range(F.shape[0]):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            X = add_scaled(X, -factor, times(z[0], z[1], at(F, p, s)))
                    put(A, (s, c, a, b), X)


@kernel
def invert_hermitian(part, B, first, last):
    """B[s, c, a, i, b, j] <- inverse of the hermitian matrix (a i, b j), by Gauss and Jordan without row exchange.

    part[s] = sum over a block of log |det|^2 of both chiralities.  B is a view as 1 x 1 matrices.
    """
    N = B.shape[3]
    n = B.shape[2] * N
    for s in prange(first, last):
        part[s - first] = 0.0
        for c in range(2):
            for k in range(n):
                ka, ki = k // N, k % N
                pivot = re(at(B, s, c, ka, ki, ka, ki))
                part[s - first] += lane_sum(log(pivot * pivot))
                inverse = lane_div(one_like(pivot), pivot)
                put(B, (s, c, ka, ki, ka, ki), one(B))
                for j in range(n):
                    put(B, (s, c, ka, ki, j // N, j % N), inverse * at(B, s, c, ka, ki, j // N, j % N))
                for i in range(n):
                    if i != k:
                        ia, ii = i // N, i % N
                        f = at(B, s, c, ia, ii, ka, ki)
                        put(B, (s, c, ia, ii, ka, ki), zero(B))
                        for j in range(n):
                            jb, jj = j // N, j % N
                            X = at(B, s, c, ia, ii, jb, jj) - f @ at(B, s, c, ka, ki, jb, jj)
                            put(B, (s, c, ia, ii, jb, jj), X)


@kernel
def add_bilinear_insertions(Z, X, Y, phases, factor):
    """Z_p += factor (T - T^dag) / 8, T = sum_ab (gamma_mu gamma_nu)_ab X_b Y_a^dag.

    Re tr(Z dQ), summed over planes and sites, is then factor times the change of Re Y^dag gamma_mu gamma_nu F X.
    """
    half = phases.shape[2]
    for s in prange(Z.shape[1]):
        x, y = at(X, s), at(Y, s)
        for p in range(Z.shape[0]):
            T = zero(Z)
            for c in range(2):
                for a in range(half):
                    for b in range(half):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            outer = component(x, c * half + b) @ dag(component(y, c * half + a))
                            T += as_link(Z, times(z[0], z[1], outer))
            put(Z, (p, s), add_scaled(at(Z, p, s), 0.125 * factor, T - dag(T)))


@kernel
def add_trace_insertions(Z, inverse, phases, factor, first, last):
    """Z_p += factor (T - T^dag) / 8, T = sum_ab (gamma_mu gamma_nu)_ab (A^-1)_ba, on blocks first <= s < last.

    For factor 1 this is the derivative of -(log det A) / (kappa c_SW) by the leaves.
    """
    for s in prange(first, last):
        for p in range(Z.shape[0]):
            T = zero(Z)
            for c in range(2):
                for a in range(phases.shape[2]):
                    for b in range(phases.shape[3]):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            T += as_link(Z, times(z[0], z[1], at(inverse, s, c, b, a)))
            put(Z, (p, s), add_scaled(at(Z, p, s), 0.125 * factor, T - dag(T)))
