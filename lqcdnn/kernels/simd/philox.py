"""Philox4x32-10 for W sites at once: the numbers of ``kernels.philox.uniform_pair``, lane by lane."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import const, splat
from lqcdnn.kernels.simd.types import I64, Lane

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_STEPS = 0x9E3779B9, 0xBB67AE85
MASK = 0xFFFFFFFF


def rounds(b, words, keys):
    """Ten rounds on four 32-bit words held in i64 lanes."""
    vec = words[0].type
    low, shift = const(vec, MASK), const(vec, 32)
    c0, c1, c2, c3 = words
    k0, k1 = keys
    for _ in range(10):
        p0, p1 = b.mul(c0, const(vec, MULTIPLIERS[0])), b.mul(c2, const(vec, MULTIPLIERS[1]))
        key0, key1 = splat(b, k0, vec.count), splat(b, k1, vec.count)
        c0, c2 = b.xor(b.xor(b.lshr(p1, shift), c1), key0), b.xor(b.xor(b.lshr(p0, shift), c3), key1)
        c1, c3 = b.and_(p1, low), b.and_(p0, low)
        k0, k1 = b.and_(b.add(k0, I64(KEY_STEPS[0])), I64(MASK)), b.and_(b.add(k1, I64(KEY_STEPS[1])), I64(MASK))
    return c0, c1, c2, c3


def unit_interval(b, high, low, real):
    """Uniform in (0, 1) with 53 bits; the uppermost number, which would round to 1, stays below it."""
    bits = b.lshr(b.or_(b.shl(high, const(high.type, 32)), low), const(high.type, 11))
    x = b.fmul(b.fadd(b.sitofp(bits, real), const(real, 0.5)), const(real, 2.0**-53))
    below_one = const(real, 1.0 - 2.0**-53)
    return b.select(b.fcmp_ordered("<", x, below_one), x, below_one)


@intrinsic
def uniforms(tyctx, site, draw, trajectory, purpose, seed):
    """Two Lanes uniform in (0, 1) of the counters (site, draw, trajectory, purpose); ``site``: a Site vector."""
    W = site.W
    lane = Lane(types.float64, W)
    result = types.UniTuple(lane, 2)

    def gen(ctx, b, sig, args):
        vec = ir.VectorType(I64, W)
        words = [b.zext(args[0], vec)]
        for value, t in zip(args[1:4], (draw, trajectory, purpose)):
            words.append(splat(b, b.and_(ctx.cast(b, value, t, types.int64), I64(MASK)), W))
        keys = b.and_(args[4], I64(MASK)), b.lshr(args[4], I64(32))
        c0, c1, c2, c3 = rounds(b, words, keys)
        pair = [unit_interval(b, c0, c1, lane.vec), unit_interval(b, c2, c3, lane.vec)]
        return ctx.make_tuple(b, result, pair)

    return result(site, draw, trajectory, purpose, types.uint64), gen
