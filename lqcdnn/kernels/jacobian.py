"""The Jacobian of one masked update of a gauge-covariant field transformation (Luescher arXiv:0907.5491).

A link turns, U' = exp(Q) U with Q = TA(W), W = C U^dag, of which C, a weighted sum of staples, does not contain U.  For
U -> (1 + X) U with X in the algebra dW = -W X, and U' turns from the left by e^{ad Q} (1 - psi(ad Q) T) X, with
T X = TA(W X) and psi(z) = (1 - e^-z) / z.  With h = (W + W^dag) / 2, TA(W X) = D X + [Q, X] / 2, where
D X = TA((h X + X h) / 2), and as det e^{ad Q} = 1

    log J = log det [cosh(ad Q / 2) - sinhc(ad Q / 2) D],   sinhc(z) = sinh(z) / z.

U(1)   log(1 - Re W).
SU(2)  W = w + Q, theta^2 = -tr Q^2 / 2: log(1 - w) + 2 log(cos theta - w sin(theta) / theta), by power series.
SU(3)  With x = -(ad Q / 2)^2, K = sqrt(x) cot sqrt(x): log det [K - D] + log det [sin sqrt(x) / sqrt(x)].  K - D is
       symmetric.  x has the eigenvalues 0, 0 and twice each of three, the squares of half the differences of the
       eigenvalues of Q / i.  K and the second term are power series in the ring of polynomials in x modulo the cubic
       equation of the three, whose coefficients are polynomials in tr Q^2 and det Q.  For the derivatives by these,
       P(x) = p(x) + q(x) (x^3 - e1 x^2 + e2 x - e3) with q summed beside p: dp = q (de1 x^2 - de2 x + de3).

There is no eigenvalue and no quotient, hence nothing special at degenerate or zero eigenvalues.

Where the norm of C (its largest singular value, that of W) is below 1, the map is one to one, as U -> exp(-Q) U' with
fixed U' brings any two links closer; there J > 0, and K - D is positive.  log J is NaN where it is not a logarithm of
positive factors, of SU(3) the pivots of K - D, and of SU(2) and SU(3) where -tr Q^2 / 2 is not below 2.25, up to which
the series are taken.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
from numba.extending import overload

from lqcdnn.kernels.compile import inlined
from lqcdnn.kernels.exponential import LIMIT, ring3, terms2
from lqcdnn.kernels.simd import (
    add_scaled,
    any_above,
    cplx,
    lane_div,
    load,
    one_like,
    quadratic,
    re,
    room,
    square,
    square_angle,
    store,
    ta,
    tr,
    zero_like,
)
from lqcdnn.kernels.simd.adjoint import adjoint_determinant, adjoint_determinant_pair
from lqcdnn.kernels.simd.conversion import narrowed, widened
from lqcdnn.kernels.simd.functions import log, where_less

LONGEST = 11
"""Terms of ``series2`` for the largest theta."""

MOST = 27
"""Terms of the series in x for the largest."""


def cotangent_series(terms):
    """t_k, k = 1, 2, ..., of sqrt(x) cot sqrt(x) = 1 - sum t_k x^k, as the quotient of two series."""
    found = [Fraction(1)]
    for k in range(1, terms + 1):
        rest = sum(found[m] * Fraction((-1) ** (k - m), factorial(2 * (k - m) + 1)) for m in range(k))
        found.append(Fraction((-1) ** k, factorial(2 * k)) - rest)
    return [-x for x in found[1:]]


COTANGENT = np.array([float(t) for t in cotangent_series(MOST)])
LOG_SINE = np.array([float(t / (2 * k)) for k, t in enumerate(cotangent_series(MOST), 1)])
"""log(sin sqrt(x) / sqrt(x)) = - sum of these times x^k."""


@inlined
def log_of_positive(x):
    """log x, NaN where x is not positive; in double precision, whatever that of x."""
    y = widened(x)
    return narrowed(where_less(zero_like(y), y, log(y), np.nan * y), x)


@inlined
def where_positive(x, y):
    """y, NaN where x is not positive."""
    return where_less(zero_like(x), x, y, np.nan * y)


@inlined
def factors2(w, Q):
    """1 - w, cos theta - w sin(theta) / theta, and s, ds / da of ``series2``, which are of no use beyond LIMIT."""
    theta2 = square_angle(Q)
    c, s, ds = terms2(-1.0 * theta2, LONGEST)
    return one_like(w) - w, where_positive(LIMIT * one_like(w) - theta2, c - w * s), s, ds


@inlined
def log_of_factors(u, x):
    """log (u x^2), NaN where u or x is not positive."""
    return log_of_positive(where_positive(u, where_positive(x, u * x * x)))


@inlined
def log1(W):
    """:func:`log_jacobian` for N = 1."""
    w = re(tr(load(W)))
    return log_of_positive(one_like(w) - w)


@inlined
def log2(W):
    """:func:`log_jacobian` for N = 2."""
    W1 = load(W)
    u, x, _s, _ds = factors2(0.5 * re(tr(W1)), ta(W1))
    return log_of_factors(u, x)


@inlined
def log1_pair(G, W):
    """:func:`log_jacobian_pair` for N = 1."""
    W1 = load(W)
    w = re(tr(W1))
    u = one_like(w) - w
    store(G, cplx(lane_div(-1.0 * one_like(u), u), zero_like(u)))
    return log_of_positive(u)


@inlined
def log2_pair(G, W):
    """:func:`log_jacobian_pair` for N = 2: dw = Re tr(dW) / 2, da = Re tr(Q dW), dx = -s dw + (s / 2 - w ds/da) da."""
    W1 = load(W)
    w, Q = 0.5 * re(tr(W1)), ta(W1)
    u, x, s, ds = factors2(w, Q)
    over = lane_div(2.0 * one_like(x), x)
    by_w = lane_div(-1.0 * one_like(u), u) - over * s
    store(G, (0.5 * by_w) * one_like(W1) + (over * (0.5 * s - w * ds)) * Q)
    return log_of_factors(u, x)


@inlined
def terms_for(a):
    """How many terms of the series in x <= a are taken: the next, and its derivative, are below 1e-17."""
    return MOST if any_above(a, 0.64) else 15 if any_above(a, 0.16) else 10


@inlined
def times_x(e1, e2, e3, p0, p1, p2, c):
    """p x + c modulo x^3 - e1 x^2 + e2 x - e3."""
    return add_scaled(c, e3, p2), add_scaled(p0, -1.0 * e2, p2), add_scaled(p1, e1, p2)


@inlined
def cubic(Q, Q2):
    """a = tr H^2 / 2 and d = det H of H = Q / i, and e1, e2, e3 of the equation x^3 - e1 x^2 + e2 x - e3 = 0."""
    minus_a, minus_d = ring3(Q, Q2)
    a, d = -1.0 * minus_a, -1.0 * minus_d
    a2 = a * a
    return a, d, 1.5 * a, 0.5625 * a2, add_scaled(0.0625 * (a * a2), -0.421875 * d, d)


@inlined
def log_of_both(a, e3, det, r0, r1, r2):
    """log det (K - D) - 2 sum of x r(x) over the three x, by the sums of their powers."""
    a2 = a * a
    cubes = add_scaled(3.0 * e3, 0.84375 * a, a2)
    total = add_scaled(add_scaled(1.5 * (a * r0), 1.125 * a2, r1), cubes, r2)
    return add_scaled(log_of_positive(where_positive(LIMIT * one_like(a) - a, det)), -2.0, total)


@inlined
def log3(W):
    """:func:`log_jacobian` for N = 3."""
    Q = ta(load(W))
    a, d, e1, e2, e3 = cubic(Q, square(Q))
    zero, one = zero_like(a), one_like(a)
    p0, p1, p2 = zero, zero, zero
    r0, r1, r2 = zero, zero, zero
    for k in range(terms_for(a) - 1, -1, -1):
        p0, p1, p2 = times_x(e1, e2, e3, p0, p1, p2, COTANGENT[k] * one)
        r0, r1, r2 = times_x(e1, e2, e3, r0, r1, r2, LOG_SINE[k] * one)
    det = adjoint_determinant(W, a, d, -1.0 * p0, -1.0 * p1, -1.0 * p2)
    return log_of_both(a, e3, det, r0, r1, r2)


@inlined
def log3_pair(G, W, U):
    """:func:`log_jacobian_pair` for N = 3; ``by_...``: derivatives of log J."""
    R, R2 = room(U), room(U)
    Q = ta(load(W))
    Q2 = square(Q)
    store(R, Q)
    store(R2, Q2)
    a, d, e1, e2, e3 = cubic(Q, Q2)
    zero, one = zero_like(a), one_like(a)
    p0, p1, p2 = zero, zero, zero
    q0, q1, q2 = zero, zero, zero
    r0, r1, r2 = zero, zero, zero
    for k in range(terms_for(a) - 1, -1, -1):
        q0, q1, q2 = times_x(e1, e2, e3, q0, q1, q2, p2)
        p0, p1, p2 = times_x(e1, e2, e3, p0, p1, p2, COTANGENT[k] * one)
        r0, r1, r2 = times_x(e1, e2, e3, r0, r1, r2, LOG_SINE[k] * one)
    det, by_a, by_d, m0, m1, m2 = adjoint_determinant_pair(G, W, a, d, -1.0 * p0, -1.0 * p1, -1.0 * p2)
    s0, s1, s2 = times_x(e1, e2, e3, q0, q1, q2, zero)
    t0, t1, t2 = times_x(e1, e2, e3, s0, s1, s2, zero)
    # m is what the derivatives by p are, with a minus; those of the sum over the three x are -p(x) dx
    by_e1 = -1.0 * (m0 * t0 + m1 * t1 + m2 * t2)
    by_e2 = m0 * s0 + m1 * s1 + m2 * s2
    by_e3 = -1.0 * (m0 * q0 + m1 * q1 + m2 * q2 + p2)
    by_a = add_scaled(by_a, 1.5, by_e1 - p0)
    by_a = add_scaled(by_a, 1.125 * a, by_e2 - p1)
    by_a = add_scaled(by_a, a * a, 0.1875 * by_e3 - 0.84375 * p2)
    by_d = add_scaled(by_d, -0.84375 * d, by_e3)
    # da = Re tr(-Q dW), dd = Re tr(i (Q^2 - tr Q^2 / 3) dW)
    c0, c1, c2 = cplx(zero, (2.0 / 3.0) * (a * by_d)), cplx(-1.0 * by_a, zero), cplx(zero, by_d)
    store(G, load(G) + quadratic(c0, c1, c2, load(R), load(R2)))
    return log_of_both(a, e3, det, r0, r1, r2)


def log_jacobian(W, U):
    """log J for each site, as a Lane, N <= 3; W: where the matrix is (of SU(2) a quaternion), U: any such field.

    NaN where a factor of J is not positive, see above: never where the map is one to one because of the norm of C.
    """


def log_jacobian_pair(G, W, U):
    """log J, and G with d log J = Re tr(G dW) for every dW; G and W are two places.  Where log J is NaN, G means
    nothing.
    """


@overload(log_jacobian, inline="always")
def _log_jacobian(W, U):
    return {1: _of1, 2: _of2, 3: _of3}.get(W.mat.n)


@overload(log_jacobian_pair, inline="always")
def _log_jacobian_pair(G, W, U):
    return {1: _pair_of1, 2: _pair_of2, 3: _pair_of3}.get(W.mat.n)


def _of1(W, U):
    return log1(W)


def _of2(W, U):
    return log2(W)


def _pair_of1(G, W, U):
    return log1_pair(G, W)


def _pair_of2(G, W, U):
    return log2_pair(G, W)


def _of3(W, U):
    return log3(W)


def _pair_of3(G, W, U):
    return log3_pair(G, W, U)
