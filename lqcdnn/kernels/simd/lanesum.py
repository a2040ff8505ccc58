"""Sums over lanes that belong to one site: the test vectors of a multigrid (``kernels.aggregates``)."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import fma
from lqcdnn.kernels.simd.types import I32


@intrinsic
def lane_products(tyctx, X, Y):
    """Sum over lanes of X Y, not conjugated, of two Mat(1, 1) as (re, im) in their own precision.

    Halves of the vector are added until one lane is left: a fixed order, and a quarter of the time of a sum in double.
    """
    pair = types.UniTuple(X.real, 2)

    def gen(ctx, b, sig, args):
        (xr, xi), (yr, yi) = ((b.extract_value(z, 0), b.extract_value(z, 1)) for z in args)
        re = fma(b, b.fneg(xi), yi, b.fmul(xr, yr))
        im = fma(b, xr, yi, b.fmul(xi, yr))
        return ctx.make_tuple(b, pair, [folded(b, v) for v in (re, im)])

    return pair(X, Y) if X == Y else None, gen


def folded(b, v):
    """The sum of a power of two lanes."""
    while v.type.count > 1:
        half = v.type.count // 2
        lower, upper = (ir.Constant(ir.VectorType(I32, half), list(range(k, k + half))) for k in (0, half))
        v = b.fadd(b.shuffle_vector(v, v, lower), b.shuffle_vector(v, v, upper))
    return b.extract_element(v, I32(0))
