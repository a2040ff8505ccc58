"""SU(2) subgroups of SU(N): the part in rows and columns (i, j), and the action of SU(2) on rows (i, j)."""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add, product, quaternion_part
from lqcdnn.kernels.simd.emit import pack, parts
from lqcdnn.kernels.simd.types import I32, I64, Mat


def spill(ctx, b, X, value):
    """Matrix in memory, so that its entries have addresses: pointer(row, column, part)."""
    memory = cgutils.alloca_once(b, X.llvm)
    b.store(value, memory)

    def pointer(i, j, part):
        first = b.mul(I64(2), b.add(b.mul(i, I64(X.m)), j))
        return b.gep(memory, [I32(0), b.add(first, I64(part))])

    return memory, pointer


@intrinsic
def subgroup_part(tyctx, X, i, j):
    """The quaternion Q with Re tr(a w) = Re tr(a Q) for all a in SU(2), w the block of rows and columns i, j of X."""
    if X.quaternion:
        return X(X, i, j), lambda ctx, b, sig, args: args[0]
    t, square = Mat(2, 2, X.real, X.W, quaternion=True), X.like(2, 2)

    def gen(ctx, b, sig, args):
        rows = [ctx.cast(b, args[1], i, types.int64), ctx.cast(b, args[2], j, types.int64)]
        _memory, at = spill(ctx, b, X, args[0])
        w = pack(b, square, [(b.load(at(r, c, 0)), b.load(at(r, c, 1))) for r in rows for c in rows])
        return quaternion_part(b, t, square, w)

    return t(X, i, j), gen


@intrinsic
def rotate(tyctx, G, X, i, j):
    """X with its rows i and j replaced by the 2 x 2 matrix G times these rows."""

    def gen(ctx, b, sig, args):
        if X.quaternion:
            return product(b, X, None, (G, X), args[:2])
        rows = [ctx.cast(b, args[2], i, types.int64), ctx.cast(b, args[3], j, types.int64)]
        memory, at = spill(ctx, b, X, args[1])
        g = parts(b, G, args[0])
        for column in range(X.m):
            c = I64(column)
            old = [(b.load(at(r, c, 0)), b.load(at(r, c, 1))) for r in rows]
            for k, r in enumerate(rows):
                new = cmul_add(b, cmul_add(b, None, g[2 * k], old[0]), g[2 * k + 1], old[1])
                b.store(new[0], at(r, c, 0))
                b.store(new[1], at(r, c, 1))
        return b.load(memory)

    return X(G, X, i, j), gen


@intrinsic
def quaternion(tyctx, a0, a1, a2, a3):
    """a0 + i (a1 sigma_1 + a2 sigma_2 + a3 sigma_3) of four Lanes."""
    t = Mat(2, 2, a0.real, a0.W, quaternion=True)

    def gen(ctx, b, sig, args):
        w, x, y, z = args
        return pack(b, t, [(w, z), (y, x)])

    return t(a0, a1, a2, a3), gen
