"""The two chiralities of a spinor in the basis of ``spin``, colour by colour: gamma_5 = 1 above (0), -1 below (1)."""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.memory import load_vectors, store_vectors
from lqcdnn.kernels.simd.types import I64


@intrinsic
def colors(tyctx, where):
    """Number of colours of the spinor at a place."""
    n = where.mat.n
    return types.int64(where), lambda ctx, b, sig, args: I64(n)


def pointer(ctx, b, sig, args):
    """Where the components (where, chirality, color, ...) start."""
    psi = sig.args[0].mat
    chirality, color = (ctx.cast(b, args[k], sig.args[k], types.int64) for k in (1, 2))
    return b.gep(args[0], [b.add(b.mul(color, I64(2 * psi.m)), b.mul(chirality, I64(psi.m)))])


@intrinsic
def chiral(tyctx, where, chirality, color):
    """One colour of one chirality of the spinor at a place, a 1 x S/2 matrix."""
    t = where.mat.like(1, where.mat.m // 2)
    return t(where, chirality, color), lambda ctx, b, sig, args: load_vectors(b, pointer(ctx, b, sig, args), t)


@intrinsic
def put_chiral(tyctx, where, chirality, color, X):
    """Put what ``chiral`` reads."""

    def gen(ctx, b, sig, args):
        store_vectors(b, pointer(ctx, b, sig, args), X, args[3])
        return ctx.get_dummy_value()

    return types.void(where, chirality, color, X), gen
