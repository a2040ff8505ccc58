"""SU(2) subgroups of SU(N): the part of a matrix in rows and columns (i, j), and the action of SU(2) on rows (i, j)."""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import pack
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
def block(tyctx, X, i, j):
    """The 2 x 2 matrix of rows and columns i and j."""
    t = X.like(2, 2)

    def gen(ctx, b, sig, args):
        rows = [ctx.cast(b, args[1], i, types.int64), ctx.cast(b, args[2], j, types.int64)]
        _memory, at = spill(ctx, b, X, args[0])
        return pack(b, t, [(b.load(at(r, c, 0)), b.load(at(r, c, 1))) for r in rows for c in rows])

    return t(X, i, j), gen


@intrinsic
def rotate(tyctx, G, X, i, j):
    """X with its rows i and j replaced by the 2 x 2 matrix G times these rows."""

    def gen(ctx, b, sig, args):
        rows = [ctx.cast(b, args[2], i, types.int64), ctx.cast(b, args[3], j, types.int64)]
        memory, at = spill(ctx, b, X, args[1])
        g = [(b.extract_value(args[0], 2 * k), b.extract_value(args[0], 2 * k + 1)) for k in range(4)]
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
    """a0 + i (a1 sigma_1 + a2 sigma_2 + a3 sigma_3) of four Lanes, as a Mat(2, 2)."""
    t = Mat(2, 2, a0.real, a0.W)

    def gen(ctx, b, sig, args):
        w, x, y, z = args
        return pack(b, t, [(w, z), (y, x), (b.fneg(y), x), (w, b.fneg(z))])

    return t(a0, a1, a2, a3), gen
