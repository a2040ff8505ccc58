"""i m gamma_5 on spinors that stay in memory: the term of a twisted mass, also of two flavours that mix."""

from __future__ import annotations

from itertools import product

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import fma, splat
from lqcdnn.kernels.simd.places import entry, put_entry


@intrinsic
def add_gamma5(tyctx, out, base, factor, x, m):
    """out = factor base + i m gamma_5 x, factor and m real; out, base and x are places of spinors, or the same one."""
    t = out.mat

    def gen(ctx, b, sig, args):
        to, start, _, source, _ = args
        scale, turn = (splat(b, ctx.cast(b, args[k], sig.args[k], t.real), t.W) for k in (2, 4))
        back = b.fneg(turn)
        for i, a in product(range(t.n), range(t.m)):
            (u, v), (re, im) = entry(b, base, start, i, a), entry(b, x, source, i, a)
            first, second = (back, turn) if a < t.m // 2 else (turn, back)
            z = fma(b, first, im, b.fmul(scale, u)), fma(b, second, re, b.fmul(scale, v))
            put_entry(b, t, to, i, a, z)
        return ctx.get_dummy_value()

    return types.void(out, base, factor, x, m), gen


@intrinsic
def add_flavors(tyctx, out, base, x, m, other, e):
    """out = base + i m gamma_5 x + e other, m and e real; places of spinors, or the same one: the row of a flavour."""
    t = out.mat

    def gen(ctx, b, sig, args):
        to, start, source, _, second, _ = args
        turn, scale = (splat(b, ctx.cast(b, args[k], sig.args[k], t.real), t.W) for k in (3, 5))
        back = b.fneg(turn)
        for i, a in product(range(t.n), range(t.m)):
            (u, v), (re, im), (p, q) = (
                entry(b, kind, pointer, i, a) for kind, pointer in ((base, start), (x, source), (other, second))
            )
            first, last = (back, turn) if a < t.m // 2 else (turn, back)
            z = fma(b, first, im, fma(b, scale, p, u)), fma(b, last, re, fma(b, scale, q, v))
            put_entry(b, t, to, i, a, z)
        return ctx.get_dummy_value()

    return types.void(out, base, x, m, other, e), gen
