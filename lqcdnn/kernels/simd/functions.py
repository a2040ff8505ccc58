"""Elementary functions of Lanes, from arithmetic alone: the same bits on every machine with fused multiply-add.

Double precision only; absolute errors are a few units of the last place of 1 for ``circle``, relative ones for ``log``
and, far from its poles, ``tangent``.
"""

from __future__ import annotations

from llvmlite import ir
from numba.extending import intrinsic

from lqcdnn.kernels.compile import device
from lqcdnn.kernels.simd.algebra import add_scaled, lane_div, one_like
from lqcdnn.kernels.simd.emit import const
from lqcdnn.kernels.simd.types import I64

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
QUARTER_TURN = 1.5707963267948966


@intrinsic
def where_less(tyctx, x, y, a, b):
    """Lanes of a where x < y, else those of b (also where x or y is NaN)."""

    def gen(ctx, builder, sig, args):
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[2], args[3])

    return a(x, y, a, b), gen


def split(b, x, vec):
    """(exponent, bits of the mantissa) of x = m 2^e, m in [sqrt(1/2), sqrt(2)), for normal x > 0."""
    integers = ir.VectorType(I64, vec.count)
    bits = b.bitcast(x, integers)
    e = b.ashr(b.sub(bits, const(integers, SQRT_HALF_BITS)), const(integers, 52))
    return e, b.sub(bits, b.shl(e, const(integers, 52)))


@intrinsic
def exponent(tyctx, x):
    """e of x = m 2^e with m in [sqrt(1/2), sqrt(2)), as a Lane of floats."""
    return x(x), lambda ctx, b, sig, args: b.sitofp(split(b, args[0], x.vec)[0], x.vec)


@intrinsic
def mantissa(tyctx, x):
    """m of x = m 2^e with m in [sqrt(1/2), sqrt(2))."""
    return x(x), lambda ctx, b, sig, args: b.bitcast(split(b, args[0], x.vec)[1], x.vec)


@device
def log(x):
    """ln x of normal x > 0: e ln 2 + 2 artanh((m - 1)/(m + 1)), the series to the order that double precision sees."""
    m, one = mantissa(x), one_like(x)
    e = exponent(x)
    s = lane_div(m - one, m + one)
    s2 = s * s
    p = (1.0 / 23.0) * one
    for k in range(10, 0, -1):
        p = add_scaled((1.0 / (2 * k + 1)) * one, s2, p)
    tail = add_scaled(LN2_LOW * e, s * s2, 2.0 * p)
    return add_scaled(add_scaled(tail, 2.0, s), LN2_HIGH, e)


@device
def circle(u):
    """(cos, sin) of 2 pi u - pi for 0 <= u <= 1."""
    return circle_of_quarter(QUARTER_TURN * add_scaled(u, -0.5, one_like(u)))


@device
def tangent(x):
    """tan x for |x| < pi / 2."""
    c, s = circle_of_quarter(0.25 * x)
    return lane_div(s, c)


@device
def circle_of_quarter(x):
    """(cos, sin) of 4 x for |4 x| <= pi: Taylor series of x, doubled twice."""
    one, x2 = one_like(x), x * x
    c, s = one, one
    for k in range(9, 0, -1):
        c = add_scaled(one, (-1.0 / ((2 * k - 1) * (2 * k))) * x2, c)
        s = add_scaled(one, (-1.0 / ((2 * k) * (2 * k + 1))) * x2, s)
    s = x * s
    for _ in range(2):
        c, s = add_scaled(one, -2.0 * s, s), 2.0 * (s * c)
    return c, s
