"""Arithmetic on Mat and Lane values: ``@ + - *`` and the functions of matrix algebra.

Real numbers (floats, Lanes) multiply from the left: ``x * X``.  ``scale(z, X)`` multiplies by a complex Mat(1, 1).
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

from lqcdnn.kernels.simd.emit import call, const, fma, pack, parts, splat, suffix, sum_lanes
from lqcdnn.kernels.simd.types import I32, Lane, Mat, Place, mat_of


def operator_on(keys, result):
    """Decorator: type ``keys`` by ``result(x, y)`` (None = not ours); the decorated function emits the code."""

    def register(gen):
        class Template(AbstractTemplate):
            def generic(self, args, kws):
                t = result(*args)
                return signature(t, *args) if t is not None else None

        for key in keys:
            infer_global(key)(type("Template", (Template,), {"key": key}))
        return gen

    return register


# ------------------------------------------------------------------ matrix product


def cmul_add(b, acc, x, y):
    (xr, xi), (yr, yi) = x, y
    if acc is None:
        re, im = b.fmul(xr, yr), b.fmul(xr, yi)
    else:
        re, im = fma(b, xr, yr, acc[0]), fma(b, xr, yi, acc[1])
    return fma(b, b.fneg(xi), yi, re), fma(b, xi, yr, im)


def product_type(x, y):
    if not (isinstance(x, Mat) and isinstance(y, Mat) and x.m == y.n):
        return None
    return x if x.quaternion and y.quaternion else x.like(x.n, y.m)


@operator_on([operator.matmul], product_type)
def matmul(ctx, b, sig, args):
    return product(b, sig.return_type, None, sig.args, args)


def product(b, t, start, types_, values):
    """start + X Y (``start`` None: X Y), a row of the result at a time: so many sums fit into registers."""
    (x, y), X, Y = types_, parts(b, types_[0], values[0]), parts(b, types_[1], values[1])
    out = [None] * (x.n * y.m) if start is None else parts(b, t, start)
    for i in range(x.n):
        for k in range(x.m):
            for j in range(y.m):
                out[i * y.m + j] = cmul_add(b, out[i * y.m + j], X[i * x.m + k], Y[k * y.m + j])
    return pack(b, t, out)


lower_builtin(operator.matmul, Mat, Mat)(matmul)


@intrinsic
def add_product(tyctx, acc, X, Y):
    """acc + X Y, fused."""
    return acc(acc, X, Y), lambda ctx, b, sig, args: product(b, acc, args[0], (X, Y), args[1:])


# ------------------------------------------------------------------ sums, real multiples


def same_type(x, y):
    return x if isinstance(x, (Mat, Lane)) and x == y else None


def real_multiple_type(a, y):
    return y if isinstance(a, (types.Float, Lane)) and isinstance(y, (Mat, Lane)) else None


def each(ctx, b, t, op, *values):
    """Apply ``op`` to corresponding vectors of Mat or Lane values."""
    if isinstance(t, Lane):
        return op(*values)
    entries = zip(*(parts(b, t, v) for v in values))
    return pack(b, t, [(op(*(e[0] for e in group)), op(*(e[1] for e in group))) for group in entries])


@operator_on([operator.add, operator.iadd], same_type)
def add(ctx, b, sig, args):
    return each(ctx, b, sig.return_type, b.fadd, *args)


@operator_on([operator.sub, operator.isub], same_type)
def sub(ctx, b, sig, args):
    return each(ctx, b, sig.return_type, b.fsub, *args)


@operator_on([operator.mul], real_multiple_type)
def multiple(ctx, b, sig, args):
    a, t = sig.args[0], sig.return_type
    factor = args[0] if isinstance(a, Lane) else splat(b, ctx.cast(b, args[0], a, t.real), t.W)
    return each(ctx, b, t, lambda v: b.fmul(factor, v), args[1])


for _type in (Mat, Lane):
    for _op in (operator.add, operator.iadd):
        lower_builtin(_op, _type, _type)(add)
    for _op in (operator.sub, operator.isub):
        lower_builtin(_op, _type, _type)(sub)
    lower_builtin(operator.mul, types.Float, _type)(multiple)
    lower_builtin(operator.mul, Lane, _type)(multiple)


@intrinsic
def scale(tyctx, z, X):
    """z X for a complex number z per site, given as Mat(1, 1)."""
    t = X.like(X.n, X.m)

    def gen(ctx, b, sig, args):
        factor = parts(b, z, args[0])[0]
        return pack(b, t, [cmul_add(b, None, factor, e) for e in parts(b, X, args[1])])

    return t(z, X), gen


@intrinsic
def add_scaled(tyctx, acc, a, X):
    """acc + a X for a real a (float or Lane), one fused operation per component."""

    def gen(ctx, b, sig, args):
        factor = args[1] if isinstance(a, Lane) else splat(b, ctx.cast(b, args[1], a, X.real), X.W)
        return each(ctx, b, X, lambda s, v: fma(b, factor, v, s), args[0], args[2])

    return X(acc, a, X), gen


# ------------------------------------------------------------------ constants


def identity_value(t):
    one, nul = const(t.vec, 1.0), const(t.vec, 0.0)
    flat = [one if part == 0 and i == j else nul for i in range(t.rows) for j in range(t.m) for part in (0, 1)]
    return ir.Constant(t.llvm, flat)


@intrinsic
def zero(tyctx, array):
    """The zero matrix of a field."""
    t = mat_of(array).whole
    return t(array), lambda ctx, b, sig, args: ir.Constant(t.llvm, None)


@intrinsic
def one(tyctx, array):
    """The identity matrix of a field of square matrices."""
    t = mat_of(array)
    return t(array), lambda ctx, b, sig, args: identity_value(t)


@intrinsic
def one_like(tyctx, X):
    """The identity matrix of the type of X (a Lane of ones for a Lane)."""
    if isinstance(X, Lane):
        return X(X), lambda ctx, b, sig, args: const(X.vec, 1.0)
    return X(X), lambda ctx, b, sig, args: identity_value(X)


@intrinsic
def zero_like(tyctx, X):
    """Zero of the type of X."""
    return X(X), lambda ctx, b, sig, args: ir.Constant(X.llvm if isinstance(X, Mat) else X.vec, None)


# ------------------------------------------------------------------ matrix functions


@intrinsic
def dag(tyctx, X):
    """Hermitian conjugate, also of a Place."""
    if isinstance(X, Place):
        return Place(X.mat, not X.daggered)(X), lambda ctx, b, sig, args: args[0]
    t = X if X.quaternion else X.like(X.m, X.n)

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[0])
        return pack(b, t, [(e[i * X.m + j][0], b.fneg(e[i * X.m + j][1])) for j in range(X.m) for i in range(X.n)])

    return t(X), gen


@intrinsic
def as_link(tyctx, field, X):
    """X for a field of links or of derivatives by them: of SU(2) the quaternion Q with Re tr(Q q) = Re tr(X q) for all
    quaternions q, of other groups X.
    """
    t = mat_of(field)
    if not t.quaternion or X.quaternion:
        return X(field, X), lambda ctx, b, sig, args: args[1]

    return t(field, X), lambda ctx, b, sig, args: quaternion_part(b, t, X, args[1])


def quaternion_part(b, t, X, value):
    """Quaternion of type t of a 2 x 2 matrix of type X, see :func:`as_link`."""
    e, half = parts(b, X, value), const(X.vec, 0.5)
    a = b.fadd(e[0][0], e[3][0]), b.fsub(e[0][1], e[3][1])
    c = b.fsub(e[1][0], e[2][0]), b.fadd(e[1][1], e[2][1])
    return pack(b, t, [(b.fmul(half, re), b.fmul(half, im)) for re, im in (a, c)])


@intrinsic
def tr(tyctx, X):
    """Trace, as a Mat(1, 1)."""
    t = X.like(1, 1)

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[0])
        re, im = e[0]
        for k in range(1, X.n):
            re, im = b.fadd(re, e[k * X.m + k][0]), b.fadd(im, e[k * X.m + k][1])
        return pack(b, t, [(re, im)])

    return t(X), gen


@intrinsic
def re(tyctx, z):
    """Real part of a Mat(1, 1), as a Lane."""
    return z.lane(z), lambda ctx, b, sig, args: b.extract_value(args[0], 0)


@intrinsic
def im(tyctx, z):
    """Imaginary part of a Mat(1, 1), as a Lane."""
    return z.lane(z), lambda ctx, b, sig, args: b.extract_value(args[0], 1)


@intrinsic
def cplx(tyctx, x, y):
    """x + i y of two Lanes, as a Mat(1, 1)."""
    t = Mat(1, 1, x.real, x.W)
    return t(x, y), lambda ctx, b, sig, args: pack(b, t, [(args[0], args[1])])


@intrinsic
def ta(tyctx, X):
    """Antihermitian part; for n > 1 also traceless (physics.md 1; for U(1) with T = 1 no trace is taken off)."""

    def gen(ctx, b, sig, args):
        n, e, half = X.n, parts(b, X, args[0]), const(X.vec, 0.5)
        out = {}
        for i in range(n):
            for j in range(n):
                if i == j:
                    out[i, i] = (const(X.vec, 0.0), e[i * n + i][1])
                elif i < j:
                    (ar, ai), (br, bi) = e[i * n + j], e[j * n + i]
                    r, m = b.fmul(half, b.fsub(ar, br)), b.fmul(half, b.fadd(ai, bi))
                    out[i, j], out[j, i] = (r, m), (b.fneg(r), m)
        if n > 1:
            trace = out[0, 0][1]
            for i in range(1, n):
                trace = b.fadd(trace, out[i, i][1])
            mean = b.fmul(const(X.vec, 1.0 / n), trace)
            for i in range(n):
                out[i, i] = (out[i, i][0], b.fsub(out[i, i][1], mean))
        return pack(b, X, [out[i, j] for i in range(n) for j in range(n)])

    return X(X), gen


@intrinsic
def redot(tyctx, X, Y):
    """Sum over lanes and entries of Re conj(X) Y, in double precision and a fixed order."""

    def gen(ctx, b, sig, args):
        total = None
        for k in range(2 * X.stored):
            x, y = b.extract_value(args[0], k), b.extract_value(args[1], k)
            total = b.fmul(x, y) if total is None else fma(b, x, y, total)
        return sum_lanes(b, doubled(b, X, total))

    return types.float64(X, Y) if X == Y else None, gen


def doubled(b, t, v):
    """A sum over all entries from that over the stored ones: the rows of a quaternion have equal parts in it."""
    return b.fadd(v, v) if t.quaternion else v


@intrinsic
def norm2(tyctx, X):
    """Sum over entries of |X_ij|^2 for each site, as a Lane."""

    def gen(ctx, b, sig, args):
        total = const(X.vec, 0.0)
        for k in range(2 * X.stored):
            x = b.extract_value(args[0], k)
            total = fma(b, x, x, total)
        return doubled(b, X, total)

    return X.lane(X), gen


@intrinsic
def redots(tyctx, X, Y):
    """Sum over entries of Re conj(X) Y for each site, Re tr(X^dag Y), as a Lane."""

    def gen(ctx, b, sig, args):
        total = const(X.vec, 0.0)
        for k in range(2 * X.stored):
            total = fma(b, b.extract_value(args[0], k), b.extract_value(args[1], k), total)
        return doubled(b, X, total)

    return X.lane(X, Y) if X == Y else None, gen


@intrinsic
def lane_sum(tyctx, x):
    """Sum over lanes of a Lane, in double precision and a fixed order."""
    return types.float64(x), lambda ctx, b, sig, args: sum_lanes(b, args[0])


@intrinsic
def lane_max(tyctx, x):
    """Largest lane of a Lane, as float64; NaN if any lane is NaN."""

    def gen(ctx, b, sig, args):
        best = b.extract_element(args[0], I32(0))
        for k in range(1, x.W):
            y = b.extract_element(args[0], I32(k))
            keep = b.or_(b.fcmp_unordered("uno", best, best), b.fcmp_ordered(">=", best, y))
            best = b.select(keep, best, y)
        return best if isinstance(x.vec.element, ir.DoubleType) else b.fpext(best, ir.DoubleType())

    return types.float64(x), gen


@intrinsic
def any_above(tyctx, x, limit):
    """Whether a lane of x is larger than a number; a NaN is not."""

    def gen(ctx, b, sig, args):
        y = splat(b, ctx.cast(b, args[1], limit, x.real), x.W)
        above = b.bitcast(b.fcmp_ordered(">", args[0], y), ir.IntType(x.W))
        return b.icmp_unsigned("!=", above, ir.IntType(x.W)(0))

    return types.boolean(x, limit), gen


@intrinsic
def lane_sqrt(tyctx, x):
    """Square root of each lane."""
    return x(x), lambda ctx, b, sig, args: call(b, "llvm.sqrt." + suffix(x.vec), x.vec, args[0])


@intrinsic
def lane_div(tyctx, x, y):
    """x / y lane by lane."""
    return x(x, y), lambda ctx, b, sig, args: b.fdiv(args[0], args[1])


@intrinsic
def colors(tyctx, X):
    """Number of rows of X (Nc for links), a compile-time constant to LLVM."""
    n = X.n
    return types.int64(X), lambda ctx, b, sig, args: ir.Constant(ir.IntType(64), n)
