"""Reading and writing fields block by block, and stepping to neighbours.

``at(field, ..., x)`` reads at a block number or at a ``Site`` vector; a Site vector that is one whole block is
loaded, any other is gathered.  ``put(field, i, X)`` writes a block.  ``hop(table, k, x)`` gives the sites of
neighbour ``k`` (k = mu forward, d + mu backward).  ``sites(table, s)`` gives the sites of block ``s`` itself.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import check_sites, const, contiguous, element, gather, splat
from lqcdnn.kernels.simd.types import I32, I64, Site, mat_of, width_of


def load_block(ctx, b, array, value, index, t):
    p = b.bitcast(element(ctx, b, array, value, index), t.vec.as_pointer())
    out = ir.Constant(t.llvm, ir.Undefined)
    for k in range(2 * t.n * t.m):
        y = b.load(b.gep(p, [I64(k)]))
        y.align = t.itemsize
        out = b.insert_value(out, y, k)
    return out


def gather_sites(ctx, b, array, value, lead, x, t):
    L, count = ir.VectorType(I64, t.W), 2 * t.n * t.m
    if t.W > 1:
        x = b.sext(x, L)
    else:
        x = splat(b, b.sext(b.extract_element(x, I32(0)), I64), 1)
    check_sites(ctx, b, array, value, x)
    block = b.mul(b.ashr(x, const(L, t.W.bit_length() - 1)), const(L, count * t.W * t.itemsize))
    offset = b.add(block, b.mul(b.and_(x, const(L, t.W - 1)), const(L, t.itemsize)))
    base = b.ptrtoint(element(ctx, b, array, value, [*lead, I64(0)]), I64)
    address = b.add(offset, splat(b, base, t.W))
    out = ir.Constant(t.llvm, ir.Undefined)
    for k in range(count):
        out = b.insert_value(out, gather(b, b.add(address, const(L, k * t.W * t.itemsize)), t.vec, t.itemsize), k)
    return out


def read(ctx, b, array, value, index, kinds, then=None, t=None):
    """Mat at an index that ends with a block number or a Site vector, passed through ``then`` (of type ``t``).

    ``then`` is emitted in both branches of the choice between load and gather, so that only what it keeps has to be
    carried to where they meet.
    """
    field, then = mat_of(array), then or (lambda X: X)
    lead, x = [ctx.cast(b, v, ty, types.intp) for v, ty in zip(index[:-1], kinds)], index[-1]
    if not isinstance(kinds[-1], Site):
        return then(load_block(ctx, b, array, value, [*lead, ctx.cast(b, x, kinds[-1], types.intp)], field))
    result = cgutils.alloca_once(b, (t or field).llvm)
    first, whole = contiguous(b, x, field.W)
    with b.if_else(whole, likely=True) as (yes, no):
        with yes:
            block = b.ashr(b.sext(first, I64), I64(field.W.bit_length() - 1))
            b.store(then(load_block(ctx, b, array, value, [*lead, block], field)), result)
        with no:
            b.store(then(gather_sites(ctx, b, array, value, lead, x, field)), result)
    return b.load(result)


@intrinsic
def at(tyctx, array, *idx):
    """field[..., x]: x a block number (vector loads) or a Site vector (loads if it is a block, else gathers)."""
    t, idx = mat_of(array), idx[0] if isinstance(idx[0], types.BaseTuple) else types.Tuple(idx)

    def gen(ctx, b, sig, args):
        index = [b.extract_value(args[1], k) for k in range(len(idx))]
        return read(ctx, b, array, args[0], index, list(idx))

    return t(array, types.StarArgTuple(idx.types)), gen


@intrinsic
def put(tyctx, array, i, value):
    """field[i] = value; i is a block number or a tuple that ends with one."""
    t = mat_of(array)

    def gen(ctx, b, sig, args):
        tuple_ = isinstance(i, types.BaseTuple)
        ix = [(b.extract_value(args[1], k), ty) for k, ty in enumerate(i)] if tuple_ else [(args[1], i)]
        index = [ctx.cast(b, y, ty, types.intp) for y, ty in ix]
        p = b.bitcast(element(ctx, b, array, args[0], index), t.vec.as_pointer())
        for k in range(2 * t.n * t.m):
            b.store(b.extract_value(args[2], k), b.gep(p, [I64(k)])).align = t.itemsize
        return ctx.get_dummy_value()

    return types.void(array, i, value), gen


@intrinsic
def hop(tyctx, table, k, x):
    """Neighbour k of x (block number or Site vector) as a Site vector."""
    W = width_of(table)

    def gen(ctx, b, sig, args):
        V, row = ir.VectorType(I32, W), ctx.cast(b, args[1], k, types.intp)
        if not isinstance(x, Site):
            i = ctx.cast(b, args[2], x, types.intp)
            y = b.load(b.bitcast(element(ctx, b, table, args[0], [row, i]), V.as_pointer()))
            y.align = 4
            return y
        L = ir.VectorType(I64, W)
        wide = b.sext(args[2], L) if W > 1 else splat(b, b.sext(b.extract_element(args[2], I32(0)), I64), 1)
        check_sites(ctx, b, table, args[0], wide)
        base = b.ptrtoint(element(ctx, b, table, args[0], [row, I64(0)]), I64)
        return gather(b, b.add(b.mul(wide, const(L, 4)), splat(b, base, W)), V, 4)

    return Site(W)(table, k, x), gen


@intrinsic
def sites(tyctx, table, s):
    """The W site numbers of block s; a Site vector stays as it is."""
    W = width_of(table)
    if isinstance(s, Site):
        return s(table, s), lambda ctx, b, sig, args: args[1]

    def gen(ctx, b, sig, args):
        first = b.trunc(b.mul(ctx.cast(b, args[1], s, types.int64), I64(W)), I32)
        return b.add(splat(b, first, W), ir.Constant(ir.VectorType(I32, W), list(range(W))))

    return Site(W)(table, s), gen
