"""Links projected onto U(N), W = V (V^dag V)^(-1/2), and the derivative, for any N and without eigenvectors.

V = W H with H = (V^dag V)^(1/2).  For antihermitian Omega = W^dag dW, Omega H + H Omega = W^dag dV - dV^dag W.  So with
dS = Re <G, dW>, <G, W> = tr G^dag W, the derivative by V is W Z, Z the solution of Sylvester's equation

H Z + Z H = W^dag G - G^dag W,

which Newton's iteration for the sign of a matrix solves: that of ((H, R), (0, -H)) is ((1, 2 Z), (0, -1))
(J. D. Roberts, Int. J. Control 32 (1980) 677).  For SU(2), a quaternion, W is in SU(2).

For three colours both have closed forms by Cayley and Hamilton, of a quarter of the products: (V^dag V)^(-1/2) as a
polynomial in V^dag V (A. Hasenfratz, R. Hoffmann, S. Schaefer, hep-lat/0702028), of which a step of Newton's iteration
takes the rounding, and Z (M. Scheidler, Mech. Materials 17 (1994) 193 and references there).
"""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.ape import LARGEST_STEPS, unitary_part
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.links import unchanged
from lqcdnn.kernels.simd import (
    add_scaled,
    any_above,
    at,
    colors,
    dag,
    lane_div,
    lane_max,
    lane_sqrt,
    norm2,
    one_like,
    put,
    re,
    redots,
    scale,
    tr,
    zero_like,
)
from lqcdnn.kernels.simd.functions import where_less

SINGULAR = 1e-10
"""det V^dag V below which the projection of three colours is left to Newton's iteration."""

FORCE_FILTER = 5e-5
"""Least eigenvalue of V^dag V below which all are raised by it in the derivative (MILC, arXiv:1004.0342)."""


@kernel
def unitarize(W, V):
    """W_mu = V_mu (V_mu^dag V_mu)^(-1/2)."""
    for s in prange(V.shape[1]):
        for mu in range(V.shape[0]):
            put(W, (mu, s), unitary_part(nearly_unitary(at(V, mu, s))))


def nearly_unitary(X):
    """X (X^dag X)^(-1/2) up to rounding where there is a closed form, or X itself."""


@overload(nearly_unitary, jit_options={"error_model": "numpy"})
def nearly_unitary_of_kind(X):
    return nearly_unitary_of_three if X.n == 3 else unchanged


def nearly_unitary_of_three(X):
    """With u, v, w the elementary symmetric polynomials of the singular values; X where these are next to 0.

    tr Q = u^2 - 2 v and tr^2 Q - tr Q^2 = 2 (v^2 - 2 u w) for Q = X^dag X, of which u is the largest root: Newton's
    iteration comes to it from above.
    """
    Q = dag(X) @ X
    Q2 = Q @ Q
    c1, t2, t3 = re(tr(Q)), norm2(Q), redots(Q, Q2)
    c2, c3 = 0.5 * (c1 * c1 - t2), (1.0 / 6.0) * (c1 * (c1 * c1 - 3.0 * t2) + 2.0 * t3)
    unit, nothing = one_like(c1), zero_like(c1)
    smallest = SINGULAR * unit
    w = lane_sqrt(where_less(c3, smallest, smallest, c3))
    u = lane_sqrt(3.0 * c1)
    for _ in range(LARGEST_STEPS):
        v = 0.5 * (u * u - c1)
        step = lane_div(v * v - 2.0 * (u * w) - c2, 2.0 * (u * v - w))
        u = u - step
        if not any_above(step * step, 1e-16):
            break
    v = 0.5 * (u * u - c1)
    f = lane_div(unit, w * (u * v - w))
    f0, f1, f2 = f * (u * (v * v) - w * (u * u + v)), f * (u * (v + v - u * u) - w), f * u
    f0 = where_less(c3, smallest, unit, f0)
    f1, f2 = where_less(c3, smallest, nothing, f1), where_less(c3, smallest, nothing, f2)
    return X @ (f0 * one_like(X) + f1 * Q + f2 * Q2)


def least_minor(B):
    """A Lane: above 0 where all eigenvalues of the hermitian matrix B are."""


@overload(least_minor, jit_options={"error_model": "numpy"})
def least_minor_of_kind(B):
    return half_trace if B.quaternion else least_symmetric_polynomial


def half_trace(B):
    return 0.5 * re(tr(B))


def least_symmetric_polynomial(B):
    """The least of the elementary symmetric polynomials of the eigenvalues, by Faddeev and LeVerrier."""
    A, c, sign = B, -1.0 * tr(B), -1.0
    least = sign * re(c)
    for k in range(2, colors(B) + 1):
        A = B @ (A + scale(c, one_like(B)))
        c, sign = (-1.0 / k) * tr(A), -1.0 * sign
        e = sign * re(c)
        least = where_less(e, least, e, least)
    return least


@device
def square_root(Q):
    """Q^(1/2) of a hermitian matrix with eigenvalues in (0, 3), by Newton's iteration for Q^(1/2) and Q^(-1/2)."""
    Y, Z = Q, one_like(Q)
    for _ in range(LARGEST_STEPS):
        D = Z @ Y - one_like(Q)
        T = one_like(Q) - 0.5 * D
        Y, Z = Y @ T, T @ Z
        if lane_max(norm2(D)) < 1e-20:
            break
    return Y


@device
def filtered(H):
    """H, or (H^2 + FORCE_FILTER)^(1/2) where H^2 has an eigenvalue below FORCE_FILTER."""
    unit = one_like(H)
    least = least_minor(add_scaled(H @ H, -FORCE_FILTER, unit))
    if not any_above(-1.0 * least, 0.0):
        return H
    nothing = zero_like(least)
    raised = where_less(least, nothing, FORCE_FILTER * one_like(least), nothing)
    changed = where_less(least, nothing, one_like(least), nothing)
    return changed * square_root(H @ H + raised * unit) + (one_like(least) - changed) * H


def sylvester(H, R):
    """Z with H Z + Z H = R for a hermitian matrix H with eigenvalues in (0, sqrt 3) and an antihermitian R."""


@overload(sylvester, jit_options={"error_model": "numpy"})
def sylvester_of_kind(H, R):
    return sylvester_of_three if H.n == 3 else sylvester_by_newton


def sylvester_of_three(H, R):
    """By the invariants I1, I2, I3 of H, D = I1 I2 - I3 the product of the sums of two eigenvalues."""
    H2, P = H @ H, H @ R
    I1, t2 = re(tr(H)), norm2(H)
    I2, t3 = 0.5 * (I1 * I1 - t2), redots(H, H2)
    I3 = (1.0 / 6.0) * (I1 * (I1 * I1 - 3.0 * t2) + 2.0 * t3)
    D, I1_2 = I1 * I2 - I3, I1 * I1
    K = P @ H
    HK, H2R = H @ K, H @ P
    Z = I1 * (HK @ H) - I1_2 * (HK - dag(HK)) + D * (H2R - dag(H2R))  # (H^2 R)^dag = -R H^2, and so on
    Z = Z + (I1 * I1_2 + I3) * K - (I1_2 * I2) * (P - dag(P)) + (I1_2 * I3 + I2 * D) * R
    return lane_div(0.5 * one_like(D), I3 * D) * Z


def sylvester_by_newton(H, R):
    """By Newton's iteration."""
    for _ in range(LARGEST_STEPS):
        H2 = H @ H
        D = H2 - one_like(H)
        P = H2 @ R
        R = 0.5 * (add_scaled(H @ (R @ H), 3.0, R) - P + dag(P))  # R H^2 = -(H^2 R)^dag
        H = H - 0.5 * (H @ D)
        if lane_max(norm2(D)) < 1e-20:
            break
    return 0.5 * R


@kernel
def unitarize_back(G, V, W):
    """G_mu by W_mu -> G_mu by V_mu, dS = Re <G, dW>, in place."""
    for s in prange(V.shape[1]):
        for mu in range(V.shape[0]):
            w = at(W, mu, s)
            H, R = dag(w) @ at(V, mu, s), dag(w) @ at(G, mu, s)
            Z = sylvester(filtered(0.5 * (H + dag(H))), R - dag(R))
            put(G, (mu, s), w @ Z)
