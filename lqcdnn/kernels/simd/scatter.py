"""Writing to lists of sites that are not whole blocks."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import contiguous, element
from lqcdnn.kernels.simd.memory import block_of, block_pointer, load_vectors, read, store_vectors
from lqcdnn.kernels.simd.types import I32, I64, mat_of


def store_lanes(ctx, b, array, value, lead, x, t, X):
    """Store lane after lane: where a site occurs twice the last one stays."""
    for lane in range(t.W):
        site = b.sext(b.extract_element(x, I32(lane)), I64)
        block = b.ashr(site, I64(t.W.bit_length() - 1))
        p = b.bitcast(element(ctx, b, array, value, [*lead, block]), t.vec.element.as_pointer())
        for k in range(2 * t.stored):
            offset = b.add(I64(k * t.W), b.and_(site, I64(t.W - 1)))
            b.store(b.extract_element(b.extract_value(X, k), I32(lane)), b.gep(p, [offset]))


@intrinsic
def put_sites(tyctx, array, k, x, X):
    """field[k, x] = X for a Site vector x."""
    t = mat_of(array)

    def gen(ctx, b, sig, args):
        lead = [ctx.cast(b, args[1], k, types.intp)]
        first, whole = contiguous(b, args[2], t.W)
        with b.if_else(whole, likely=True) as (yes, no):
            with yes:
                p = block_pointer(ctx, b, array, args[0], [*lead, block_of(b, first, t.W)])
                store_vectors(b, p, t, args[3])
            with no:
                store_lanes(ctx, b, array, args[0], lead, args[2], t, args[3])
        return ctx.get_dummy_value()

    return types.void(array, k, x, X), gen


@intrinsic
def add_sites(tyctx, array, k, x, X):
    """field[k, x] += X for a Site vector x; a site that occurs twice is written twice, not added to twice."""
    t = mat_of(array)

    def sum_of(b, old, new):
        value = ir.Constant(t.llvm, ir.Undefined)
        for n in range(2 * t.stored):
            value = b.insert_value(value, b.fadd(b.extract_value(old, n), b.extract_value(new, n)), n)
        return value

    def gen(ctx, b, sig, args):
        lead = [ctx.cast(b, args[1], k, types.intp)]
        first, whole = contiguous(b, args[2], t.W)
        with b.if_else(whole, likely=True) as (yes, no):
            with yes:
                p = block_pointer(ctx, b, array, args[0], [*lead, block_of(b, first, t.W)])
                store_vectors(b, p, t, sum_of(b, load_vectors(b, p, t), args[3]))
            with no:
                old = read(ctx, b, array, args[0], [args[1], args[2]], [k, x])
                store_lanes(ctx, b, array, args[0], lead, args[2], t, sum_of(b, old, args[3]))
        return ctx.get_dummy_value()

    return types.void(array, k, x, X), gen
