"""Products of matrices that stay in memory: for formulas with more matrices than fit into the registers.

A ``Place`` says where a Mat is: in a field (``place``) or in memory of its own (``room``).  A product is made row by
row, so that a row of the result and of the left factor are in registers and the right factor is read as it is used.
Where three matrices do not fit into the registers of the processor, the compiler is kept from holding more than a
row: it would move what it cannot hold to the stack and back, which takes longer than the arithmetic.
"""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add, product
from lqcdnn.kernels.simd.emit import fence, pack, repeat, splat
from lqcdnn.kernels.simd.memory import block_pointer, crowded, load_vectors, locate, stack_memory, store_vectors
from lqcdnn.kernels.simd.types import I64, Antihermitian, Place, mat_of


def entry(b, where, p, i, j):
    """(re, im) of an entry of the matrix at a place."""
    t = where.mat
    row, column = (j, i) if where.daggered else (i, j)
    mirrored = row >= t.rows
    k = 2 * (t.m - 1 - column if mirrored else row * t.m + column)
    re, im = (b.load(b.gep(p, [I64(k + c)])) for c in (0, 1))
    re.align = im.align = t.itemsize
    if mirrored and column == 0:
        re = b.fneg(re)
    return re, b.fneg(im) if where.daggered != (mirrored and column == 1) else im


def put_entry(b, t, p, i, j, z):
    for c in (0, 1):
        b.store(z[c], b.gep(p, [I64(2 * (i * t.m + j) + c)])).align = t.itemsize


def product_rows(b, kinds, pointers, start, factor):
    """Z = X Y + V W + ..., or with ``start`` Z = Z + factor X Y + ... (factor None: 1); kinds of Z, X, Y, V, W, ..."""
    z, t, Z = kinds[0], kinds[0].mat, pointers[0]
    pairs = list(zip(kinds[1::2], kinds[2::2], pointers[1::2], pointers[2::2]))

    def row_at(Z, left, i):
        row = [entry(b, z, Z, i, j) if start else None for j in range(t.m)]
        for (x, y, _, Y), X in zip(pairs, left):
            for k in range(x.mat.n if x.daggered else x.mat.m):
                e = entry(b, x, X, i, k)
                if factor is not None:
                    e = (b.fmul(factor, e[0]), b.fmul(factor, e[1]))
                row = [cmul_add(b, row[j], e, entry(b, y, Y, k, j)) for j in range(t.m)]
        for j in range(t.m):
            put_entry(b, t, Z, i, j, row[j])

    def shifted(i):
        fence(b, pointers)
        left = [b.gep(X, [b.mul(i, I64(2 if x.daggered else 2 * x.mat.m))]) for x, _, X, _ in pairs]
        row_at(b.gep(Z, [b.mul(i, I64(2 * t.m))]), left, 0)

    if crowded(t) and t.rows > 1:
        repeat(b, t.rows, shifted)
    else:
        for i in range(t.rows):
            row_at(Z, [X for _, _, X, _ in pairs], i)


@intrinsic
def place(tyctx, array, *idx):
    """Where field[..., x] is.  Sites that are not one block are copied: valid until the same line finds the next.

    Not of momenta, whose entries are not all in memory.
    """
    if isinstance(mat_of(array), Antihermitian):
        return None
    t, idx = Place(mat_of(array)), idx[0] if isinstance(idx[0], types.BaseTuple) else types.Tuple(idx)

    def gen(ctx, b, sig, args):
        index = [b.extract_value(args[1], k) for k in range(len(idx))]
        return locate(ctx, b, array, args[0], index, list(idx))

    return t(array, types.StarArgTuple(idx.types)), gen


@intrinsic
def room(tyctx, array):
    """Memory for a matrix of a field, valid within the function."""
    t = mat_of(array).whole
    return Place(t)(array), lambda ctx, b, sig, args: stack_memory(b, t)


@intrinsic(prefer_literal=True)
def rooms(tyctx, array, count):
    """The first of ``count`` (a literal) rooms in a row, see :func:`member`."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    t = mat_of(array).whole
    several = t.like(t.rows * count.literal_value, t.m)
    return Place(t)(array, count), lambda ctx, b, sig, args: stack_memory(b, several)


@intrinsic
def member(tyctx, first, k):
    """The k-th of :func:`rooms`."""
    t = first.mat

    def gen(ctx, b, sig, args):
        return b.gep(args[0], [b.mul(ctx.cast(b, args[1], k, types.int64), I64(2 * t.stored))])

    return first(first, k), gen


@intrinsic
def load(tyctx, where):
    """The Mat at a place."""
    t = where.mat

    def gen(ctx, b, sig, args):
        if not where.daggered:
            return load_vectors(b, args[0], t)
        return pack(b, t, [entry(b, where, args[0], i, j) for i in range(t.n) for j in range(t.m)])

    return t(where), gen


@intrinsic
def store(tyctx, where, X):
    """Put a Mat into a room."""

    def gen(ctx, b, sig, args):
        store_vectors(b, args[0], X, args[1])
        return ctx.get_dummy_value()

    return types.void(where, X), gen


@intrinsic
def multiply(tyctx, Z, X, Y):
    """Z = X Y; Z may be the place of X itself (not of its conjugate), never that of Y."""

    def gen(ctx, b, sig, args):
        product_rows(b, (Z, X, Y), args, False, None)
        return ctx.get_dummy_value()

    return types.void(Z, X, Y), gen


@intrinsic
def put_product(tyctx, out, i, X, field):
    """out[i] = X field[i]; i is a tuple that ends with a block number, out may be the field itself."""
    t = mat_of(field)

    def gen(ctx, b, sig, args):
        index = [ctx.cast(b, b.extract_value(args[1], k), kind, types.intp) for k, kind in enumerate(i)]
        to, source = (block_pointer(ctx, b, kind, value, index) for kind, value in ((out, args[0]), (field, args[3])))
        if crowded(t):
            left = stack_memory(b, X)
            store_vectors(b, left, X, args[2])
            product_columns(b, t, to, Place(X), left, source)
        else:
            store_vectors(b, to, t, product(b, t, None, (X, t), (args[2], load_vectors(b, source, t))))
        return ctx.get_dummy_value()

    return types.void(out, i, X, field), gen


def product_columns(b, t, Z, x, X, Y):
    """Z = X Y, Z and Y of type t: a column of Y is read before that of Z is written, and no other; Z may be Y."""
    fence(b, [X, Y, Z])
    for j in range(t.m):
        column = [entry(b, Place(t), Y, k, j) for k in range(t.n)]
        sums = [None] * t.n
        for k in range(t.n):
            sums = [cmul_add(b, sums[i], entry(b, x, X, i, k), column[k]) for i in range(t.n)]
        for i in range(t.n):
            put_entry(b, t, Z, i, j, sums[i])
        fence(b, [X, Y, Z])


@intrinsic
def add_multiply(tyctx, Z, factor, X, Y):
    """Z = Z + factor X Y; Z is the place of neither."""
    unit = isinstance(factor, types.Omitted) or factor == types.none

    def gen(ctx, b, sig, args):
        t = Z.mat
        a = None if unit else splat(b, ctx.cast(b, args[1], factor, t.real), t.W)
        product_rows(b, (Z, X, Y), (args[0], *args[2:]), True, a)
        return ctx.get_dummy_value()

    return types.void(Z, factor, X, Y), gen


@intrinsic
def multiply_both(tyctx, Z, X, Y, V, W):
    """Z = X Y + V W; Z is the place of none of them."""

    def gen(ctx, b, sig, args):
        product_rows(b, sig.args, args, False, None)
        return ctx.get_dummy_value()

    return types.void(Z, X, Y, V, W), gen


@intrinsic
def add_both(tyctx, Z, X, Y, V, W):
    """Z = Z + X Y + V W; Z is the place of none of them."""

    def gen(ctx, b, sig, args):
        product_rows(b, sig.args, args, True, None)
        return ctx.get_dummy_value()

    return types.void(Z, X, Y, V, W), gen
