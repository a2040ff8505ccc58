"""Functions of antihermitian matrices X, traceless for N > 1, of which no number is read that follows from others.

N <= 2: the real part of a U(1) number or a quaternion is zero.  N = 3: X and X^2 are made from their upper triangles;
X has the diagonal i h, X^2 is hermitian with the diagonal y; below it is -, or +, the conjugate of what is above.
"""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import const, fma, pack, parts
from lqcdnn.kernels.simd.types import I64

ABOVE = ((0, 1), (0, 2), (1, 2))


def completed(b, t, stored):
    """All vectors of a Mat from those that memory of the type ``Antihermitian`` holds."""
    out = [const(t.vec, 0.0)] * 2 * t.stored
    for k, x in zip(t.kept, stored):
        out[k] = x
        i, j = divmod(k // 2, t.m)
        if t.n > 2 and i < j:
            out[2 * (t.n * j + i) + k % 2] = x if k % 2 else b.fneg(x)
    return out


def triangle(b, t, value, part):
    """Diagonal, of which only the imaginary (1) or real (0) ``part`` is not zero, and the entries above it."""
    e = parts(b, t, value)
    return [e[4 * i][part] for i in range(3)], [e[3 * i + j] for i, j in ABOVE]


def sum_of_products(b, *terms):
    """Sum of x y, of -x y for terms that start with a minus."""
    total = None
    for term in terms:
        x, y = term[-2:]
        x = b.fneg(x) if len(term) == 3 else x
        total = b.fmul(x, y) if total is None else fma(b, x, y, total)
    return total


@intrinsic
def square_angle(tyctx, X):
    """theta^2 of X^2 = -theta^2, N <= 2, for each site, as a Lane."""

    def gen(ctx, b, sig, args):
        v = [b.extract_value(args[0], k) for k in range(1, 2 * X.stored)]
        return sum_of_products(b, *zip(v, v))

    return X.lane(X), gen


@intrinsic
def linear(tyctx, c, s, X):
    """c + s X for Lanes c and s, N <= 2."""

    def gen(ctx, b, sig, args):
        out = b.insert_value(args[2], args[0], 0)
        for k in range(1, 2 * X.stored):
            out = b.insert_value(out, b.fmul(args[1], b.extract_value(args[2], k)), k)
        return out

    return X(c, s, X), gen


@intrinsic
def square(tyctx, X):
    """X X."""

    def gen(ctx, b, sig, args):
        (h0, h1, h2), above = triangle(b, X, args[0], 1)
        (ur, ui), (vr, vi), (wr, wi) = above
        u2, v2, w2 = (fma(b, im, im, b.fmul(re, re)) for re, im in above)
        rows = ((h0, u2, v2), (h1, u2, w2), (h2, v2, w2))
        diagonal = [b.fneg(fma(b, h, h, b.fadd(x, y))) for h, x, y in rows]
        squared = [  # X_ii + X_jj = -X_kk
            (sum_of_products(b, (h2, ui), ("-", vr, wr), ("-", vi, wi)),
             sum_of_products(b, ("-", h2, ur), ("-", vi, wr), (vr, wi))),
            (sum_of_products(b, (h1, vi), (ur, wr), ("-", ui, wi)),
             sum_of_products(b, ("-", h1, vr), (ur, wi), (ui, wr))),
            (sum_of_products(b, (h0, wi), ("-", ur, vr), ("-", ui, vi)),
             sum_of_products(b, ("-", h0, wr), ("-", ur, vi), (ui, vr))),
        ]  # fmt: skip
        nothing, out = const(X.vec, 0.0), [None] * 9
        for i, y in enumerate(diagonal):
            out[4 * i] = (y, nothing)
        for (i, j), (re, im) in zip(ABOVE, squared):
            out[3 * i + j], out[3 * j + i] = (re, im), (re, b.fneg(im))
        return pack(b, X, out)

    return X(X), gen


@intrinsic
def square_norm(tyctx, X):
    """|X|^2 for each site, as a Lane."""

    def gen(ctx, b, sig, args):
        diagonal, above = triangle(b, X, args[0], 1)
        outside = sum_of_products(b, *((x, x) for z in above for x in z))
        return b.fadd(sum_of_products(b, *((h, h) for h in diagonal)), b.fadd(outside, outside))

    return X.lane(X), gen


@intrinsic
def cube_trace(tyctx, X, X2):
    """tr X^3 / i for each site, as a Lane."""

    def gen(ctx, b, sig, args):
        (h, above), (y, above2) = triangle(b, X, args[0], 1), triangle(b, X, args[1], 0)
        p, q, r = (sum_of_products(b, (xi, yr), ("-", xr, yi)) for (xr, xi), (yr, yi) in zip(above, above2))
        outside = b.fadd(b.fadd(p, q), r)
        return b.fadd(sum_of_products(b, *zip(h, y)), b.fadd(outside, outside))

    return X.lane(X, X2), gen


@intrinsic
def quadratic(tyctx, p0, p1, p2, X, X2):
    """p0 + p1 X + p2 X^2 for complex numbers p per site, given as Mat(1, 1)."""

    def gen(ctx, b, sig, args):
        (p0r, p0i), (p1r, p1i), (p2r, p2i) = (parts(b, p0, p)[0] for p in args[:3])
        (h, above), (y, above2), out = triangle(b, X, args[3], 1), triangle(b, X, args[4], 0), [None] * 9
        for i in range(3):
            real, imaginary = fma(b, b.fneg(p1i), h[i], p0r), fma(b, p1r, h[i], p0i)
            out[4 * i] = (fma(b, p2r, y[i], real), fma(b, p2i, y[i], imaginary))
        for (i, j), (xr, xi), (yr, yi) in zip(ABOVE, above, above2):
            odd = sum_of_products(b, (p1r, xr), ("-", p2i, yi)), sum_of_products(b, (p1i, xr), (p2r, yi))
            even = sum_of_products(b, (p2r, yr), ("-", p1i, xi)), sum_of_products(b, (p1r, xi), (p2i, yr))
            out[3 * i + j] = b.fadd(even[0], odd[0]), b.fadd(even[1], odd[1])
            out[3 * j + i] = b.fsub(even[0], odd[0]), b.fsub(even[1], odd[1])
        return pack(b, X, out)

    return X(p0, p1, p2, X, X2), gen


@intrinsic
def store_above(tyctx, where, X2):
    """Put what :func:`quadratic` reads of X^2 into a room."""

    def gen(ctx, b, sig, args):
        for i, j in (*((i, i) for i in range(3)), *ABOVE):
            for k in range(6 * i + 2 * j, 6 * i + 2 * j + (1 if i == j else 2)):
                b.store(b.extract_value(args[1], k), b.gep(args[0], [I64(k)])).align = X2.itemsize
        return ctx.get_dummy_value()

    return types.void(where, X2), gen
