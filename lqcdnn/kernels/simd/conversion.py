"""Doubles to singles and back: Lanes, and arrays of plain numbers, a vector of the processor at a time."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.compile import VECTOR_BYTES
from lqcdnn.kernels.simd.emit import call, element, splat, suffix
from lqcdnn.kernels.simd.types import I32, Lane

TOGETHER = VECTOR_BYTES // 8
"""How many numbers are converted at once."""

DOUBLES, SINGLES = (ir.VectorType(real, TOGETHER) for real in (ir.DoubleType(), ir.FloatType()))
WHOLE, SHORTS = (ir.VectorType(number, TOGETHER) for number in (I32, ir.IntType(16)))


def lanes(ctx, b, array, value, index, kinds, vec):
    """Pointer to the numbers of an array from an index on, as a vector."""
    place = [ctx.cast(b, b.extract_value(index, k), kind, types.intp) for k, kind in enumerate(kinds)]
    return b.bitcast(element(ctx, b, array, value, place), vec.as_pointer())


def scaled(ctx, b, factor, kind, vector):
    """factor times a vector of doubles."""
    return b.fmul(splat(b, ctx.cast(b, factor, kind, types.float64), TOGETHER), vector)


@intrinsic
def put_narrowed(tyctx, out, i, x, j, factor):
    """out[i, i + 1, ...] = factor x[j, j + 1, ...], ``TOGETHER`` numbers, out in single precision; i, j: tuples."""

    def gen(ctx, b, sig, args):
        number = b.load(lanes(ctx, b, x, args[2], args[3], j, DOUBLES))
        number.align = 8
        single = b.fptrunc(scaled(ctx, b, args[4], factor, number), SINGLES)
        b.store(single, lanes(ctx, b, out, args[0], args[1], i, SINGLES)).align = 4
        return ctx.get_dummy_value()

    return types.void(out, i, x, j, factor), gen


@intrinsic
def put_shortened(tyctx, out, i, x, j, factor):
    """out[i, i + 1, ...] = factor x[j, j + 1, ...] to the nearest whole number, as :func:`put_narrowed`."""

    def gen(ctx, b, sig, args):
        number = b.load(lanes(ctx, b, x, args[2], args[3], j, DOUBLES))
        number.align = 8
        nearest = call(b, "llvm.rint." + suffix(DOUBLES), DOUBLES, scaled(ctx, b, args[4], factor, number))
        short = b.trunc(b.fptosi(nearest, WHOLE), SHORTS)
        b.store(short, lanes(ctx, b, out, args[0], args[1], i, SHORTS)).align = 2
        return ctx.get_dummy_value()

    return types.void(out, i, x, j, factor), gen


@intrinsic
def add_widened_lanes(tyctx, x, i, d, j, factor):
    """x[i, i + 1, ...] += factor d[j, j + 1, ...], ``TOGETHER`` numbers, d in single precision; i, j: tuples."""

    def gen(ctx, b, sig, args):
        number = b.load(lanes(ctx, b, d, args[2], args[3], j, SINGLES))
        number.align = 4
        place = lanes(ctx, b, x, args[0], args[1], i, DOUBLES)
        before = b.load(place)
        before.align = 8
        b.store(b.fadd(before, scaled(ctx, b, args[4], factor, b.fpext(number, DOUBLES))), place).align = 8
        return ctx.get_dummy_value()

    return types.void(x, i, d, j, factor), gen


@intrinsic
def widened(tyctx, x):
    """A Lane in double precision."""
    t = Lane(types.float64, x.W)
    return t(x), lambda ctx, b, sig, args: b.fpext(args[0], t.vec) if x != t else args[0]


@intrinsic
def narrowed(tyctx, x, like):
    """A Lane of doubles in the precision of the Lane ``like``."""
    return like(x, like), lambda ctx, b, sig, args: b.fptrunc(args[0], like.vec) if x != like else args[0]
