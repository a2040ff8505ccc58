"""The two chiralities of a spinor in the basis of ``spin``, in pieces: gamma_5 = 1 above (0), -1 below (1).

A piece is all colours of a chirality where these leave registers free, else one colour.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.compile import REGISTERS
from lqcdnn.kernels.simd.emit import fma, splat
from lqcdnn.kernels.simd.types import I64

FREE = 4
"""Registers for the numbers that pieces are multiplied and added with."""


def colors_of(psi):
    """Colours of a piece."""
    return psi.n if psi.n * psi.m + FREE <= REGISTERS else 1


def vectors(ctx, b, sig, args):
    """Pointers to the vectors of the piece (where, chirality, piece, ...)."""
    psi = sig.args[0].mat
    chirality, piece = (ctx.cast(b, args[k], sig.args[k], types.int64) for k in (1, 2))
    count = colors_of(psi)
    start = b.add(b.mul(piece, I64(2 * psi.m * count)), b.mul(chirality, I64(psi.m)))
    return [b.gep(args[0], [b.add(start, I64(2 * psi.m * i + k))]) for i in range(count) for k in range(psi.m)]


@intrinsic
def pieces(tyctx, where):
    """Number of pieces of a chirality of the spinor at a place."""
    count = where.mat.n // colors_of(where.mat)
    return types.int64(where), lambda ctx, b, sig, args: I64(count)


@intrinsic
def chiral(tyctx, where, chirality, piece):
    """A piece of the spinor at a place, a colours x S/2 matrix."""
    t = where.mat.like(colors_of(where.mat), where.mat.m // 2)

    def gen(ctx, b, sig, args):
        out = ir.Constant(t.llvm, ir.Undefined)
        for k, p in enumerate(vectors(ctx, b, sig, args)):
            v = b.load(p)
            v.align = t.itemsize
            out = b.insert_value(out, v, k)
        return out

    return t(where, chirality, piece), gen


@intrinsic
def recur_chiral(tyctx, where, chirality, piece, v, n0, c, r):
    """y <- n0 y + v where y is what ``chiral`` reads; returns c y + r v with the old y.

    One number after the other: read all at once they would not fit into the registers.
    """

    def gen(ctx, b, sig, args):
        factors = zip(args[4:], sig.args[4:])
        scale, new, old = (splat(b, ctx.cast(b, x, kind, v.real), v.W) for x, kind in factors)
        out = ir.Constant(v.llvm, ir.Undefined)
        for k, p in enumerate(vectors(ctx, b, sig, args)):
            y, before = b.load(p), b.extract_value(args[3], k)
            y.align = v.itemsize
            b.store(fma(b, scale, y, before), p).align = v.itemsize
            out = b.insert_value(out, fma(b, old, before, b.fmul(new, y)), k)
        return out

    return v(where, chirality, piece, v, n0, c, r), gen
