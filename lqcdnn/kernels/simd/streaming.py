"""Writing fields that do not fit into the caches.

An ordinary store first reads the line that it writes to.  A whole line can go to memory without, past the caches, where
the next kernel finds nothing of a large field anyway.

Such stores may be seen by other cores later than those that follow them.  A thread sees its own in order, and parallel
loops end, with every thread layer, by locked instructions (x86) or releases (ARM), which wait for them.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.compile import STREAMED
from lqcdnn.kernels.simd.emit import align_stack, beyond, lines, prefetch
from lqcdnn.kernels.simd.memory import block_pointer, short, start_of, store_vectors, stored_vectors
from lqcdnn.kernels.simd.types import I32, I64, mat_of


def past_caches(ctx, b, array, value):
    """Whether a field is written past the caches."""
    return beyond(ctx, b, array, value, STREAMED)


def store_past(b, p, t, X):
    """Put the vectors of a Mat at a pointer, aligned like vectors, past the caches."""
    align_stack(b)
    for k, y in enumerate(stored_vectors(b, t, X)):
        stored = b.store(y, b.gep(p, [I64(k)]))
        stored.align = t.W * t.itemsize
        stored.set_metadata("nontemporal", b.module.add_metadata([I32(1)]))


def aligned(b, p, t):
    """Whether a pointer is aligned like vectors: fields of the lattice are."""
    return b.icmp_unsigned("==", b.and_(b.ptrtoint(p, I64), I64(t.W * t.itemsize - 1)), I64(0))


def store_large(ctx, b, array, value, index, X):
    """array[index] = X, past the caches if the array is large."""
    t, p = mat_of(array), block_pointer(ctx, b, array, value, index)
    with b.if_else(b.and_(past_caches(ctx, b, array, value), aligned(b, p, t))) as (yes, no):
        with yes:
            store_past(b, p, t, X)
        with no:
            store_vectors(b, p, t, X)


def ask_unless_past(ctx, b, array, index, args):
    """Ask for the lines of a matrix, unless they are written past the caches."""
    with b.if_then(b.not_(past_caches(ctx, b, array, args[0]))):
        for line in lines(b, start_of(ctx, b, array, args[0], index, args[1:]), mat_of(array).block_bytes):
            prefetch(b, line)


@intrinsic
def ask_output(tyctx, array, mu, s):
    """Ask for field[mu, s], to be written soon by :func:`stream`, unless that goes past the caches."""

    def gen(ctx, b, sig, args):
        ask_unless_past(ctx, b, array, (mu, s), args)
        return ctx.get_dummy_value()

    return types.void(array, mu, s), gen


@intrinsic
def ask_long_output(tyctx, array, mu, s):
    """As :func:`ask_output`, for a matrix of many cache lines; for others nothing."""

    def gen(ctx, b, sig, args):
        if not short(mat_of(array)):
            ask_unless_past(ctx, b, array, (mu, s), args)
        return ctx.get_dummy_value()

    return types.void(array, mu, s), gen


@intrinsic
def stream(tyctx, array, i, value):
    """field[i] = value as ``put``, i a tuple that ends with a block number; past the caches, if the field is large.

    For what this kernel does not read again.
    """

    def gen(ctx, b, sig, args):
        index = [ctx.cast(b, b.extract_value(args[1], k), ty, types.intp) for k, ty in enumerate(i)]
        store_large(ctx, b, array, args[0], index, args[2])
        return ctx.get_dummy_value()

    return types.void(array, i, value), gen


@intrinsic
def stream_multiple(tyctx, array, i, k, factor, value):
    """field[i, k] = factor value as :func:`stream`, factor a Lane; where two rows are stored, these and 1 / factor."""
    t = mat_of(array)

    def gen(ctx, b, sig, args):
        index = [ctx.cast(b, y, ty, types.intp) for y, ty in zip(args[1:3], (i, k))]
        X = ir.Constant(t.llvm, ir.Undefined)
        for n in range(2 * t.stored):
            X = b.insert_value(X, b.fmul(args[3], b.extract_value(args[4], n)), n)
        if t.two_rows:
            X = b.insert_value(X, b.fdiv(ir.Constant(t.vec, [1.0] * t.W), args[3]), 2 * t.stored)
        store_large(ctx, b, array, args[0], index, X)
        return ctx.get_dummy_value()

    return types.void(array, i, k, factor, value), gen
