"""exp(Q) of antihermitian Q (traceless for N > 1) and its derivative, for any N; no branch per site, no trigonometry.

The derivative is L(Q, M) = int_0^1 ds e^{(1-s)Q} M e^{sQ} (physics.md 4), so that Re tr(M d e^Q) = Re tr(L(Q, M) dQ).

N <= 2   X^2 = a, a = tr X^2 / N:      e^X = c(a) + s(a) X,  power series in a.
N = 3    X^3 = a X + d, a = tr X^2 / 2, d = tr X^3 / 3 (Cayley-Hamilton): Taylor series by Horner's rule in X^3 in
         the ring of polynomials in X modulo X^3 - a X - d, differentiated along with respect to a and d.  For
         antihermitian X, a and d / i are real.
N > 3    Taylor series of matrices by Horner's rule, differentiated along.

There is no eigenvalue and no quotient, hence nothing special at degenerate or zero eigenvalues.  A norm above 1.5
is halved s times and the result squared s times.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numba.extending import overload

from lqcdnn.kernels.compile import device, inlined
from lqcdnn.kernels.simd import (
    add_both,
    add_multiply,
    add_scaled,
    any_above,
    colors,
    cplx,
    cube_trace,
    im,
    lane_max,
    linear,
    load,
    multiply,
    norm2,
    one_like,
    quadratic,
    re,
    room,
    scale,
    square,
    square_angle,
    square_norm,
    store,
    tr,
    zero_like,
)

INVERSE_FACTORIALS = np.array([1.0 / factorial(k) for k in range(24)])
LIMIT = 2.25
"""Largest squared norm |X|^2 of which the series is taken."""
SMALL = 0.04
"""Up to this theta^2 the shortest series for N <= 2 will do, as in steps of molecular dynamics."""

TOGETHER = 4
"""Links of a direction of which each step is made before the next: exponentials that do not wait for one another."""


@device
def groups(links):
    """How many groups of ``TOGETHER`` there are of so many links."""
    return (links + TOGETHER - 1) // TOGETHER


@device
def group_end(links, group):
    """The link after the last of a group, of so many links in all."""
    return min(TOGETHER * (np.int64(group) + 1), links)


@device
def taylor_degree(r):
    """Smallest K with r^K / K! < 1e-17 (at least 4)."""
    term, K = 1.0, 0
    while (term > 1e-17 or K < 4) and K < 40:
        K += 1
        term *= r / K
    return K


@inlined
def series2(a):
    """c = sum a^k/(2k)!, s = sum a^k/(2k+1)! and ds/da, a = -theta^2 (theta <= 1.5): the next term is below 1e-17."""
    if not any_above(-1.0 * a, SMALL):
        return terms2(a, 6)
    if not any_above(-1.0 * a, 0.34):
        return terms2(a, 8)
    return terms2(a, 11)


@inlined
def terms2(a, count):
    """The first ``count`` terms of :func:`series2`."""
    one = one_like(a)
    c, s, ds = INVERSE_FACTORIALS[2 * count - 2] * one, INVERSE_FACTORIALS[2 * count - 1] * one, zero_like(a)
    for k in range(count - 2, -1, -1):
        ds = add_scaled(s, a, ds)
        c = add_scaled(INVERSE_FACTORIALS[2 * k] * one, a, c)
        s = add_scaled(INVERSE_FACTORIALS[2 * k + 1] * one, a, s)
    return c, s, ds


@inlined
def exp2(X):
    """exp(X) for N <= 2."""
    c, s, _ds = series2(-1.0 * square_angle(X))
    return linear(c, s, X)


@inlined
def exp2_pair(X, M):
    """exp(X) and L, see :func:`series_pair`, for N <= 2."""
    c, s, ds = series2(-1.0 * square_angle(X))
    half_s = 0.5 * s  # dc/da
    B = (2.0 / colors(X)) * add_scaled(half_s * re(tr(M)), ds, re(tr(M @ X)))  # its imaginary part is nothing in TA(L)
    return linear(c, s, X), s * M + B * X


@inlined
def ring3(X, X2):
    """a = tr X^2 / 2 and g = tr X^3 / (3 i), both real."""
    return 0.5 * re(tr(X2)), (1.0 / 3.0) * cube_trace(X, X2)


@inlined
def cubes(a):
    """How many terms of degree 3 the series takes: the next power is below 1e-17 (|X|^2 <= LIMIT, trace zero)."""
    r2 = -2.0 * a
    return 7 if any_above(r2, 0.36) else 5 if any_above(r2, 0.0625) else 4


@inlined
def turned(z):
    """i z."""
    return cplx(-1.0 * im(z), re(z))


@inlined
def times_cube(a, g, p0, p1, p2, c0, c1, c2):
    """(p0 + p1 X + p2 X^2) X^3 + c0 + c1 X + c2 X^2 with X^3 = a X + i g."""
    t = add_scaled(p0, a, p2)
    return (
        add_scaled(c0, g, turned(t)),
        add_scaled(add_scaled(c1, a, t), g, turned(p1)),
        add_scaled(add_scaled(c2, a, p1), g, turned(p2)),
    )


@inlined
def three_terms(one, k):
    """1/k!, 1/(k + 1)!, 1/(k + 2)!."""
    return INVERSE_FACTORIALS[k] * one, INVERSE_FACTORIALS[k + 1] * one, INVERSE_FACTORIALS[k + 2] * one


@inlined
def series3(a, g):
    """p with exp(X) = p0 + p1 X + p2 X^2, by Horner's rule in X^3; what is real at first is not made complex."""
    one, zero, last = one_like(a), zero_like(a), 3 * cubes(a) - 3
    c0, c1, c2 = three_terms(one, last)
    k0, k1, k2 = three_terms(one, last - 3)
    t = add_scaled(c0, a, c2)
    p0, p1, p2 = cplx(k0, g * t), cplx(add_scaled(k1, a, t), g * c1), cplx(add_scaled(k2, a, c1), g * c2)
    for k in range(last - 6, -1, -3):
        c0, c1, c2 = three_terms(one, k)
        p0, p1, p2 = times_cube(a, g, p0, p1, p2, cplx(c0, zero), cplx(c1, zero), cplx(c2, zero))
    return p0, p1, p2


@inlined
def exp3(X):
    """exp(X) for N = 3."""
    X2 = square(X)
    a, g = ring3(X, X2)
    p0, p1, p2 = series3(a, g)
    return quadratic(p0, p1, p2, X, X2)


@inlined
def exp3_pair(E, L, X, M, U):
    """As :func:`series_pair`, with all matrices in memory: there are too many of them for the registers."""
    R2, RY = room(U), room(U)
    x = load(X)
    X2 = square(x)
    store(R2, X2)
    a, g = ring3(x, X2)
    one, zero = one_like(tr(x)), zero_like(tr(x))
    last = 3 * cubes(a) - 3
    p0, p1, p2 = three_terms(one, last)
    a0, a1, a2 = zero, zero, zero  # d p_i / d a
    d0, d1, d2 = zero, zero, zero  # d p_i / d (i g)
    for k in range(last - 3, -1, -3):
        i2 = turned(p2)
        a0, a1, a2 = times_cube(a, g, a0, a1, a2, g * i2, add_scaled(p0, a, 2.0 * p2), p1)
        d0, d1, d2 = times_cube(a, g, d0, d1, d2, add_scaled(p0, a, p2), p1, p2)
        c0, c1, c2 = three_terms(one, k)
        p0, p1, p2 = times_cube(a, g, p0, p1, p2, c0, c1, c2)
    store(RY, scale(0.5 * p1, one_like(x)) + scale(p2, x))  # L = Y M + M Y + ..., Y = p1 / 2 + p2 X
    store(E, quadratic(p0, p1, p2, x, X2))
    m = load(M)
    t0, t1, t2 = tr(m), tr(m @ load(X)), tr(m @ load(R2))
    Ba = t0 @ a0 + t1 @ a1 + t2 @ a2
    Bd = t0 @ d0 + t1 @ d1 + t2 @ d2
    store(L, quadratic(zero, Ba, Bd, load(X), load(R2)))
    add_both(L, RY, M, M, RY)


@device
def exp_any(X):
    """exp(X) by its Taylor series."""
    K = taylor_degree(lane_max(norm2(X)) ** 0.5)
    P = one_like(X)
    for k in range(K, 0, -1):
        P = add_scaled(one_like(X), 1.0 / k, X @ P)
    return P


@device
def exp_any_pair(X, M):
    """exp(X) and L, see :func:`series_pair`, by their Taylor series."""
    K = taylor_degree(lane_max(norm2(X)) ** 0.5)
    P, L = one_like(X), zero_like(X)
    for k in range(K, 0, -1):
        f = 1.0 / k
        L = f * (M @ P + X @ L)
        P = add_scaled(one_like(X), f, X @ P)
    return P, L


def series(X):
    """Taylor polynomial of exp(X), by the cheapest form for the size of X."""


def series_pair(E, L, X, M, U):
    """E, L = Taylor polynomials of exp(X) and of its derivative in direction M; all are places."""


@overload(series, inline="always")
def _series(X):
    form = exp2 if X.n <= 2 else exp3 if X.n == 3 else exp_any
    return {exp2: _series2, exp3: _series3, exp_any: _series_any}[form]


def _series2(X):
    return exp2(X)


def _series3(X):
    return exp3(X)


def _series_any(X):
    return exp_any(X)


def _pair2(E, L, X, M, U):
    e, derivative = exp2_pair(load(X), load(M))
    store(E, e)
    store(L, derivative)


def _pair3(E, L, X, M, U):
    exp3_pair(E, L, X, M, U)


def _pair_any(E, L, X, M, U):
    e, derivative = exp_any_pair(load(X), load(M))
    store(E, e)
    store(L, derivative)


@overload(series_pair, jit_options={"error_model": "numpy"})
def _series_pair(E, L, X, M, U):
    n = X.mat.n
    return _pair2 if n <= 2 else _pair3 if n == 3 else _pair_any


def size2(X):
    """|X|^2 for each site."""


@overload(size2, inline="always")
def _size2(X):
    return _size2_of_three if X.n == 3 else _size2_of_any


def _size2_of_three(X):
    return square_norm(X)


def _size2_of_any(X):
    return norm2(X)


@inlined
def halvings(r2):
    """(s, 2^-s): how often X of square norm r2 must be halved for all of a block to be within LIMIT (NaN: never)."""
    s, factor = 0, 1.0
    while any_above(r2, LIMIT) and s < 60:
        r2, s, factor = 0.25 * r2, s + 1, 0.5 * factor
    return s, factor


def expm(X):
    """exp(X); X antihermitian, traceless for N > 1."""


@overload(expm, inline="always")
def _expm(X):
    return _expm2 if X.n <= 2 else _expm3 if X.n == 3 else _expm_any


def _expm2(X):
    theta2 = square_angle(X)
    if any_above(theta2, SMALL):
        s, factor = halvings(theta2)
        c, sine, _ds = series2((-factor * factor) * theta2)
        E = linear(c, factor * sine, X)
        for _ in range(s):
            E = E @ E
    else:
        c, sine, _ds = terms2(-1.0 * theta2, 6)
        E = linear(c, sine, X)
    return E


def _expm3(X):
    s, factor = halvings(square_norm(X))
    if s > 0:
        X = factor * X
    E = exp3(X)
    for _ in range(s):
        E = E @ E
    return E


def _expm_any(X):
    s, factor = halvings(norm2(X))
    if s > 0:
        X = factor * X
    E = exp_any(X)
    for _ in range(s):
        E = E @ E
    return E


@inlined
def expm_pair(E, L, X, M, U):
    """E = exp(X) and L with Re tr(M d e^X) = Re tr(L dX) for every dX of the algebra; X as in :func:`expm`.

    All are places of their own in memory, those of X and M are overwritten; U is any field of such matrices.  TA(L)
    is TA of the integral above; the rest of L is not determined by the algebra and may differ from it.
    """
    s, factor = halvings(size2(load(X)))
    if s > 0:  # e^X = (e^Y)^(2^s): pull M back through the squarings (they commute, so in any order)
        store(X, factor * load(X))
        store(E, series(load(X)))
        for _ in range(s):
            multiply(L, E, M)
            add_multiply(L, None, M, E)
            store(M, load(L))
            store(E, load(E) @ load(E))
        store(M, factor * load(M))
    series_pair(E, L, X, M, U)
    for _ in range(s):
        store(E, load(E) @ load(E))
