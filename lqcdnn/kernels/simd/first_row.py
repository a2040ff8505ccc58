"""Links of SU(2), times a real number, stored as their first row: (a, c) stands for [[a, c], [-c*, a*]].

Half the bytes: hops are bounded by reading links.  Other groups are stored in full; these functions serve all.
"""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import pack, parts
from lqcdnn.kernels.simd.memory import block_pointer, load_vectors, store_vectors
from lqcdnn.kernels.simd.places import entry
from lqcdnn.kernels.simd.types import Place, mat_of


def whole(t):
    """Type of the matrix that a stored one of type t stands for."""
    return t.like(2, 2) if (t.n, t.m) == (1, 2) else t


def link_entry(b, t, p, i, j):
    """(re, im) of an entry of the link whose stored matrix of type t is at p."""
    if i < t.n:
        return entry(b, Place(t), p, i, j)
    re, im = entry(b, Place(t), p, 0, 1 - j)
    return (b.fneg(re), im) if j == 0 else (re, b.fneg(im))


@intrinsic
def link(tyctx, W, s, k):
    """The matrix that W[s, k] stands for."""
    t = mat_of(W)

    def gen(ctx, b, sig, args):
        index = [ctx.cast(b, v, kind, types.intp) for v, kind in ((args[1], s), (args[2], k))]
        p, full = block_pointer(ctx, b, W, args[0], index), whole(t)
        if full == t:
            return load_vectors(b, p, t)
        return pack(b, full, [link_entry(b, t, p, i, j) for i in range(2) for j in range(2)])

    return whole(t)(W, s, k), gen


@intrinsic
def put_link(tyctx, W, s, k, X):
    """W[s, k] = X."""
    t = mat_of(W)

    def gen(ctx, b, sig, args):
        index = [ctx.cast(b, v, kind, types.intp) for v, kind in ((args[1], s), (args[2], k))]
        stored = pack(b, t, parts(b, X, args[3])[: t.n * t.m])
        store_vectors(b, block_pointer(ctx, b, W, args[0], index), t, stored)
        return ctx.get_dummy_value()

    return types.void(W, s, k, X), gen
