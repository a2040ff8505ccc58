"""Where the matrices of several rows of a field are at a neighbour: found once, used for every row.

A table of :func:`columns` holds for up to four neighbours the address of the first matrix and the distance of the next.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from lqcdnn.kernels.simd.emit import one_block
from lqcdnn.kernels.simd.memory import block_of, block_pointer, crowded, exchange_lanes, gather_sites
from lqcdnn.kernels.simd.types import I32, I64, Place, mat_of

MOST = 4
"""Neighbours, and rows at each, that a table has room for."""


class Columns(types.Type):
    """Table of columns of a field of matrices."""

    def __init__(self, mat):
        self.mat = mat
        super().__init__(f"Columns({mat.name})")

    @property
    def llvm(self):
        """(address, distance) of each column, then memory for columns that have to be copied."""
        numbers = ir.ArrayType(ir.ArrayType(I64, 2), MOST)
        return ir.LiteralStructType([numbers, ir.ArrayType(ir.ArrayType(self.mat.llvm, MOST), MOST)])


@register_model(Columns)
class ColumnsModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.llvm.as_pointer())


@intrinsic
def columns(tyctx, array):
    """An empty table for a field, valid within the function."""
    t = Columns(mat_of(array))

    def gen(ctx, b, sig, args):
        with b.goto_entry_block():
            table = b.alloca(t.llvm)
            table.align = 64
        return table

    return t(array), gen


@intrinsic
def find_column(tyctx, table, k, array, row, count, x):
    """Column k: array[row], ..., array[row + count - 1] at the Site vector x; copied if lanes have to move."""

    def gen(ctx, b, sig, args):
        k_, row_, count_ = (ctx.cast(b, v, t, types.int64) for v, t in ((args[n], sig.args[n]) for n in (1, 3, 4)))
        copy_column(ctx, b, table.mat, args[0], k_, array, args[2], row_, count_, args[5], x)
        return ctx.get_dummy_value()

    return types.void(table, k, array, row, count, x), gen


def copy_column(ctx, b, t, table, k, array, value, row, count, site, kind):
    """Fill in column k of a table, and its copy where the matrices cannot be used as they are."""
    first, one = one_block(b, site, kind)
    mask, one = b.and_(first, I32(t.W - 1)), ir.Constant(one.type, 1) if kind.whole else one
    there = b.and_(one, b.icmp_signed("==", mask, I32(0)))
    start = block_pointer(ctx, b, array, value, [row, block_of(b, first, t.W)])
    distance = cgutils.unpack_tuple(b, ctx.make_array(array)(ctx, b, value).strides, 2)[0]
    copy = b.bitcast(b.gep(table, [I32(0), I32(1), k, I64(0)]), t.vec.as_pointer())
    with b.if_then(b.not_(there), likely=False), b.if_else(one, likely=True) as (yes, no):
        with yes, cgutils.for_range(b, count) as loop:
            source = advanced(b, start, b.mul(loop.index, distance))
            exchange_lanes(b, t, copied(b, t, copy, loop.index), source, mask, kind, crowded(t))
        with no, cgutils.for_range(b, count) as loop:
            gather_sites(ctx, b, array, value, [b.add(row, loop.index)], site, t, copied(b, t, copy, loop.index))
    address = b.select(there, b.ptrtoint(start, I64), b.ptrtoint(copy, I64))
    distance = b.select(there, distance, I64(t.block_bytes))
    for n, number in enumerate((address, distance)):
        b.store(number, b.gep(table, [I32(0), I32(0), k, I32(n)]))


def copied(b, t, copy, k):
    """Where matrix k of a copied column is."""
    return b.gep(copy, [b.mul(k, I64(2 * t.stored))])


def advanced(b, p, distance):
    """Pointer so many bytes ahead."""
    return b.bitcast(b.gep(b.bitcast(p, ir.IntType(8).as_pointer()), [distance]), p.type)


@intrinsic
def pick(tyctx, table, k, i):
    """Place of matrix i of column k."""
    t = table.mat

    def gen(ctx, b, sig, args):
        k_, i_ = (ctx.cast(b, v, kind, types.int64) for v, kind in zip(args[1:], sig.args[1:]))
        address, distance = (b.load(b.gep(args[0], [I32(0), I32(0), k_, I32(n)])) for n in (0, 1))
        return b.inttoptr(b.add(address, b.mul(distance, i_)), t.vec.as_pointer())

    return Place(t)(table, k, i), gen
