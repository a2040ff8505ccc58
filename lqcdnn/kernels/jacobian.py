"""The Jacobian of one masked update of a gauge-covariant field transformation (Luescher arXiv:0907.5491).

A link turns, U' = exp(Q) U with Q = TA(W), W = C U^dag, of which C, a weighted sum of staples, does not contain U.  For
U -> (1 + X) U with X in the algebra dW = -W X, and U' turns from the left by e^{ad Q} (1 - psi(ad Q) T) X, with
T X = TA(W X) and psi(z) = (1 - e^-z) / z.  With h = (W + W^dag) / 2, TA(W X) = D X + [Q, X] / 2, where
D X = TA((h X + X h) / 2), and as det e^{ad Q} = 1

    log J = log det [cosh(ad Q / 2) - sinhc(ad Q / 2) D],   sinhc(z) = sinh(z) / z.

U(1)   log(1 - Re W).
SU(2)  W = w + Q, theta^2 = -tr Q^2 / 2: log(1 - w) + 2 log(cos theta - w sin(theta) / theta), by power series.

Where the norm of C (its largest singular value, that of W) is below 1, the map is one to one, as U -> exp(-Q) U' with
fixed U' brings any two links closer, and J > 0.  log J is NaN where a factor of the determinant is not positive, and
where half the difference of two eigenvalues of Q / i is above 1.5.
"""

from __future__ import annotations

import numpy as np
from numba.extending import overload

from lqcdnn.kernels.compile import inlined
from lqcdnn.kernels.exponential import LIMIT, terms2
from lqcdnn.kernels.simd import (
    cplx,
    lane_div,
    load,
    one_like,
    re,
    square_angle,
    store,
    ta,
    tr,
    zero_like,
)
from lqcdnn.kernels.simd.conversion import narrowed, widened
from lqcdnn.kernels.simd.functions import log, where_less

LONGEST = 11
"""Terms of ``series2`` for the largest theta."""


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
    """1 - w, x = cos theta - w sin(theta) / theta, and s, ds / da of ``series2``, which are not of use beyond LIMIT."""
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


def log_jacobian(W, U):
    """log J for each site, as a Lane; W: where the matrix is, U: any field of such matrices (SU(2): quaternions).

    NaN where the map is not known to be one to one, see above.
    """


def log_jacobian_pair(G, W, U):
    """log J, and G with d log J = Re tr(G dW) for every dW; G and W are two places.  Where log J is NaN, G means
    nothing.
    """


@overload(log_jacobian, inline="always")
def _log_jacobian(W, U):
    return {1: _of1, 2: _of2}.get(W.mat.n)


@overload(log_jacobian_pair, inline="always")
def _log_jacobian_pair(G, W, U):
    return {1: _pair_of1, 2: _pair_of2}.get(W.mat.n)


def _of1(W, U):
    return log1(W)


def _of2(W, U):
    return log2(W)


def _pair_of1(G, W, U):
    return log1_pair(G, W)


def _pair_of2(G, W, U):
    return log2_pair(G, W)
