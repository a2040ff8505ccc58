"""exp(Q) of antihermitian Q (traceless for N > 1) and its derivative, for any N; no branch per site, no trigonometry.

The derivative is L(Q, M) = int_0^1 ds e^{(1-s)Q} M e^{sQ} (physics.md 4), so that Re tr(M d e^Q) = Re tr(L(Q, M) dQ).

N <= 2   X^2 = a, a = tr X^2 / N:      e^X = c(a) + s(a) X,  power series in a.
N = 3    X^3 = a X + d, a = tr X^2 / 2, d = tr X^3 / 3 (Cayley-Hamilton): Taylor series by Horner's rule in the
         ring of polynomials in X modulo X^3 - a X - d, differentiated along with respect to a and d.
N > 3    Taylor series of matrices by Horner's rule, differentiated along.

There is no eigenvalue and no quotient, hence nothing special at degenerate or zero eigenvalues.  A norm above 1.5
is halved s times and the result squared s times.
"""

from __future__ import annotations

from numba.extending import overload

from lqcdnn.kernels.compile import device
from lqcdnn.kernels.simd import (
    add_scaled,
    cplx,
    lane_max,
    norm2,
    one_like,
    re,
    scale,
    tr,
    zero_like,
)


@device
def taylor_degree(r):
    """Smallest K with r^K / K! < 1e-17 (at least 4)."""
    term, K = 1.0, 0
    while (term > 1e-17 or K < 4) and K < 40:
        K += 1
        term *= r / K
    return K


@device
def halvings(r, limit):
    """How often r must be halved to be at most ``limit`` (NaN: never)."""
    s = 0
    while r > limit and s < 60:
        r *= 0.5
        s += 1
    return s


@device
def series2(a, K):
    """c = sum a^k/(2k)!, s = sum a^k/(2k+1)! and ds/da, for |a| <= 4; K = degree of the Taylor series."""
    c, s = one_like(a), one_like(a)
    ds = zero_like(a)
    for k in range(K // 2 + 1, 0, -1):
        c = add_scaled(one_like(a), 1.0 / ((2 * k - 1) * (2 * k)), a * c)
        ds = (1.0 / ((2 * k) * (2 * k + 1))) * (s + a * ds)
        s = add_scaled(one_like(a), 1.0 / ((2 * k) * (2 * k + 1)), a * s)
    return c, s, ds


@device
def exp2(X, K):
    N = re(tr(one_like(X)))
    a = (1.0 / lane_max(N)) * re(tr(X @ X))
    c, s, _ds = series2(a, K)
    return c * one_like(X) + s * X


@device
def exp2_pair(X, M, K):
    n = lane_max(re(tr(one_like(X))))
    a = (1.0 / n) * re(tr(X @ X))
    c, s, ds = series2(a, K)
    E = c * one_like(X) + s * X
    half_s = 0.5 * s  # dc/da
    zero = zero_like(a)
    B = (2.0 / n) * (scale(cplx(half_s, zero), tr(M)) + scale(cplx(ds, zero), tr(M @ X)))
    return E, s * M + scale(B, X)


@device
def ring3(X, X2):
    """a = tr X^2 / 2 and d = tr X^3 / 3."""
    return 0.5 * tr(X2), (1.0 / 3.0) * tr(X @ X2)


@device
def exp3(X, K):
    X2 = X @ X
    a, d = ring3(X, X2)
    p0, p1, p2 = one_like(a), zero_like(a), zero_like(a)
    for k in range(K, 0, -1):
        f = 1.0 / k
        p0, p1, p2 = add_scaled(one_like(a), f, d @ p2), f * (p0 + a @ p2), f * p1
    return scale(p0, one_like(X)) + scale(p1, X) + scale(p2, X2)


@device
def exp3_pair(X, M, K):
    X2 = X @ X
    a, d = ring3(X, X2)
    p0, p1, p2 = one_like(a), zero_like(a), zero_like(a)
    a0, a1, a2 = zero_like(a), zero_like(a), zero_like(a)  # d p_i / d a
    d0, d1, d2 = zero_like(a), zero_like(a), zero_like(a)  # d p_i / d d
    for k in range(K, 0, -1):
        f = 1.0 / k
        a0, a1, a2 = f * (d @ a2), f * (a0 + a @ a2 + p2), f * a1
        d0, d1, d2 = f * (d @ d2 + p2), f * (d0 + a @ d2), f * d1
        p0, p1, p2 = add_scaled(one_like(a), f, d @ p2), f * (p0 + a @ p2), f * p1
    E = scale(p0, one_like(X)) + scale(p1, X) + scale(p2, X2)
    MX = M @ X
    t0, t1, t2 = tr(M), tr(MX), tr(MX @ X)
    Ba = t0 @ a0 + t1 @ a1 + t2 @ a2
    Bd = t0 @ d0 + t1 @ d1 + t2 @ d2
    return E, scale(p1, M) + scale(p2, MX + X @ M) + scale(Ba, X) + scale(Bd, X2)


@device
def exp_any(X, K):
    P = one_like(X)
    for k in range(K, 0, -1):
        P = add_scaled(one_like(X), 1.0 / k, X @ P)
    return P


@device
def exp_any_pair(X, M, K):
    P, L = one_like(X), zero_like(X)
    for k in range(K, 0, -1):
        f = 1.0 / k
        L = f * (M @ P + X @ L)
        P = add_scaled(one_like(X), f, X @ P)
    return P, L


def series(X, K):
    """Taylor polynomial of exp(X), by the cheapest form for the size of X."""


def series_pair(X, M, K):
    """Taylor polynomials of exp(X) and of its derivative in direction M."""


@overload(series, jit_options={"error_model": "numpy"})
def _series(X, K):
    form = exp2 if X.n <= 2 else exp3 if X.n == 3 else exp_any
    return {exp2: _series2, exp3: _series3, exp_any: _series_any}[form]


def _series2(X, K):
    return exp2(X, K)


def _series3(X, K):
    return exp3(X, K)


def _series_any(X, K):
    return exp_any(X, K)


def _pair2(X, M, K):
    return exp2_pair(X, M, K)


def _pair3(X, M, K):
    return exp3_pair(X, M, K)


def _pair_any(X, M, K):
    return exp_any_pair(X, M, K)


@overload(series_pair, jit_options={"error_model": "numpy"})
def _series_pair(X, M, K):
    return _pair2 if X.n <= 2 else _pair3 if X.n == 3 else _pair_any


@device
def scaling(X):
    """(number of halvings, degree) for the largest Frobenius norm of a block."""
    r = lane_max(norm2(X)) ** 0.5
    s = halvings(r, 1.5)
    return s, taylor_degree(r * 0.5**s)


@device
def expm(X):
    """exp(X); X antihermitian, traceless for N > 1."""
    s, K = scaling(X)
    E = series((0.5**s) * X, K)
    for _ in range(s):
        E = E @ E
    return E


@device
def expm_pair(X, M):
    """exp(X) and L with Re tr(M d e^X) = Re tr(L dX) for every dX of the algebra; X as in :func:`expm`.

    TA(L) is TA of the integral above; the rest of L is not determined by the algebra and may differ from it.
    """
    s, K = scaling(X)
    Y = (0.5**s) * X
    if s > 0:  # e^X = (e^Y)^(2^s): pull M back through the squarings (they commute, so in any order)
        E = series(Y, K)
        for _ in range(s):
            M = E @ M + M @ E
            E = E @ E
        M = (0.5**s) * M
    F, L = series_pair(Y, M, K)
    for _ in range(s):
        F = F @ F
    return F, L
