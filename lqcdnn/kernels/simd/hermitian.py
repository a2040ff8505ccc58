"""Hermitian matrices of a site that take a spinor's two chiralities each to itself, and their products with spinors.

Of a hermitian n x n matrix n^2 real numbers are stored: the diagonal, then (re, im) of the entries above it, row by
row.  A field C[block, chirality] of dtype :func:`~lqcdnn.kernels.simd.types.hermitian_dtype` holds one for each
chirality; row and column a Nc + i are those of spin component a and colour i.  Other kernels than the product unfold
a matrix in a room, whose parts are then read and put as matrices of any size.  Those of SU(2) in four dimensions are
stored as ten numbers (``symmetric``).
"""

from __future__ import annotations

from functools import partial

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd import symmetric
from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import beyond_caches, element, fence, fma, lines, prefetch, repeat
from lqcdnn.kernels.simd.memory import stack_memory
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.types import I64, Place, hermitian_of, is_symmetric

ROWS = 4
"""Most rows of a product that are summed in registers at once."""

SHARE = 4
"""One part of the caches in so many is what a field has that is read beside links and spinors."""


def pointer(ctx, b, array, value, s, chirality):
    """Where the numbers of C[s, chirality] start."""
    return b.bitcast(element(ctx, b, array, value, [s, chirality]), hermitian_of(array).vec.as_pointer())


def positions(n, i, j):
    """Which numbers (re, im) of the entry above the diagonal are."""
    first = n + i * (2 * n - i - 1) + 2 * (j - i - 1)
    return first, first + 1


def number(b, t, p, k):
    """The k-th real number of the matrix at p."""
    x = b.load(b.gep(p, [I64(k)]))
    x.align = t.itemsize
    return x


def hermitian_entry(b, t, p, i, j):
    """(re, im) of an entry off the diagonal."""
    re, im = (number(b, t, p, k) for k in positions(t.n, min(i, j), max(i, j)))
    return re, im if i < j else b.fneg(im)


def upper_triangle(t, read):
    """[(position, number)] of a matrix of which ``read(i, j)`` is (re, im)."""
    pairs = [(i, j) for i in range(t.n) for j in range(i, t.n)]
    return [kx for i, j in pairs for kx in zip(positions(t.n, i, j) if i < j else (i,), read(i, j))]


@intrinsic
def hermitian_room(tyctx, C):
    """Memory for a whole matrix of a field of hermitian ones, valid within the function."""
    t = hermitian_of(C)
    return Place(t)(C), lambda ctx, b, sig, args: stack_memory(b, t)


@intrinsic(prefer_literal=True)
def hermitian_rooms(tyctx, C, count):
    """The first of ``count`` (a literal) such rooms in a row, the others by ``places.member``."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    t = hermitian_of(C)
    several = t.like(t.n * count.literal_value, t.m)
    return Place(t)(C, count), lambda ctx, b, sig, args: stack_memory(b, several)


@intrinsic
def unfold(tyctx, where, C, s, chirality):
    """The whole matrix C[s, chirality] into a room."""
    t = where.mat

    def gen(ctx, b, sig, args):
        index = (ctx.cast(b, args[k], sig.args[k], types.intp) for k in (2, 3))
        p = pointer(ctx, b, C, args[1], *index)
        for i in range(t.n):
            for j in range(t.n):
                if is_symmetric(C):
                    z = symmetric.whole_entry(b, t, p, i, j)
                else:
                    z = hermitian_entry(b, t, p, i, j) if i != j else (number(b, t, p, i), t.vec(None))
                put_entry(b, t, args[0], i, j, z)
        return ctx.get_dummy_value()

    return types.void(where, C, s, chirality), gen


@intrinsic
def fold(tyctx, C, s, chirality, where):
    """C[s, chirality] from what is on and above the diagonal of the matrix in a room."""
    t = where.mat

    def gen(ctx, b, sig, args):
        index = (ctx.cast(b, args[k], sig.args[k], types.intp) for k in (1, 2))
        p, read = pointer(ctx, b, C, args[0], *index), partial(entry, b, where, args[3])
        for k, x in symmetric.folded(b, t, read) if is_symmetric(C) else upper_triangle(t, read):
            b.store(x, b.gep(p, [I64(k)])).align = t.itemsize
        return ctx.get_dummy_value()

    return types.void(C, s, chirality, where), gen


def part_pointers(ctx, b, where, X, kinds, args):
    """Pointers to all real numbers of the part of type X at (i, j) of the matrix at a place; args: where, i, j."""
    row, column = (ctx.cast(b, x, kind, types.int64) for x, kind in zip(args[1:], kinds))
    first = b.add(b.mul(row, I64(2 * where.mat.m)), b.mul(column, I64(2)))
    return [b.gep(args[0], [b.add(first, I64(2 * where.mat.m * i + k))]) for i in range(X.n) for k in range(2 * X.m)]


def load_part(ctx, b, where, X, kinds, args):
    """The part of type X at (i, j), arguments as in :func:`part_pointers`."""
    value = X.llvm(None)
    for k, p in enumerate(part_pointers(ctx, b, where, X, kinds, args)):
        value = b.insert_value(value, number(b, X, p, 0), k)
    return value


@intrinsic
def part_at(tyctx, where, i, j, like):
    """The part at (i, j) of the matrix at a place, as large as the matrix ``like``."""
    return like(where, i, j, like), lambda ctx, b, sig, args: load_part(ctx, b, where, like, sig.args[1:3], args[:3])


@intrinsic
def number_at(tyctx, where, i, j):
    """The number at (i, j) of the matrix at a place, as a Mat(1, 1)."""
    t = where.mat.like(1, 1)
    return t(where, i, j), lambda ctx, b, sig, args: load_part(ctx, b, where, t, sig.args[1:], args)


@intrinsic
def row_at(tyctx, where, i):
    """Row i of the matrix at a place, as a Mat(1, n)."""
    t = where.mat.like(1, where.mat.m)

    def gen(ctx, b, sig, args):
        return load_part(ctx, b, where, t, (sig.args[1], types.int64), (*args, I64(0)))

    return t(where, i), gen


@intrinsic
def order(tyctx, where):
    """Rows of the matrix at a place, a constant."""
    return types.int64(where), lambda ctx, b, sig, args: I64(where.mat.n)


@intrinsic
def halves(tyctx, where):
    """Parts of a row as :func:`half_row_at` has them, a constant: two, or one where the number of rows is odd."""
    return types.int64(where), lambda ctx, b, sig, args: I64(2 - where.mat.n % 2)


@intrinsic
def half_row_at(tyctx, where, i, h):
    """The h-th half of row i of the matrix at a place."""
    t = where.mat.like(1, where.mat.m // (2 - where.mat.n % 2))

    def gen(ctx, b, sig, args):
        first = b.mul(ctx.cast(b, args[2], h, types.int64), I64(t.m))
        return load_part(ctx, b, where, t, (sig.args[1], types.int64), (*args[:2], first))

    return t(where, i, h), gen


@intrinsic
def put_part(tyctx, where, i, j, X):
    """Put a matrix X where :func:`part_at` reads it."""

    def gen(ctx, b, sig, args):
        for k, p in enumerate(part_pointers(ctx, b, where, X, sig.args[1:3], args[:3])):
            b.store(b.extract_value(args[3], k), p).align = X.itemsize
        return ctx.get_dummy_value()

    return types.void(where, i, j, X), gen


def numbers_of(C):
    """How many real numbers are stored of a matrix of a field."""
    return C.dtype.fields["c"].type.shape[0]


@intrinsic
def ask_chiral(tyctx, C, s):
    """Ask for C[s] if the field is so large that it comes from memory."""
    h = hermitian_of(C)

    def gen(ctx, b, sig, args):
        p = pointer(ctx, b, C, args[0], ctx.cast(b, args[1], s, types.intp), I64(0))
        with b.if_then(beyond_caches(ctx, b, C, args[0], SHARE), likely=False):
            for line in lines(b, p, 2 * numbers_of(C) * h.W * h.itemsize):
                prefetch(b, line)
        return ctx.get_dummy_value()

    return types.void(C, s), gen


def product_rows(b, t, p, vector, rows):
    """Sums of some rows of C x; ``vector(k)`` reads x_k."""
    sums = dict.fromkeys(rows)
    for c in range(t.n):
        x = vector(c)
        for r in rows:
            if r == c:
                sums[r] = add_real_multiple(b, sums[r], number(b, t, p, r), x)
            else:
                sums[r] = cmul_add(b, sums[r], hermitian_entry(b, t, p, r, c), x)
    return sums


def add_real_multiple(b, z, factor, x):
    """z + factor x; z None is 0."""
    if z is None:
        return b.fmul(factor, x[0]), b.fmul(factor, x[1])
    return fma(b, factor, x[0], z[0]), fma(b, factor, x[1], z[1])


@intrinsic
def multiply_chiral(tyctx, out, C, s, x):
    """out = C(n) x on block s; out and x are two places of spinors.

    Of up to ``ROWS`` rows at once the sums are in registers: enough that none waits for the one before, few enough that
    nothing has to be moved to the stack.
    """
    t, h = out.mat, hermitian_of(C)
    half, step = t.m // 2, even_share(h.n, ROWS)

    def gen(ctx, b, sig, args):
        index = ctx.cast(b, args[2], s, types.intp)

        def chirality(side):
            p = pointer(ctx, b, C, args[1], index, side)
            source, to = (b.gep(q, [b.mul(side, I64(2 * half))]) for q in (args[3], args[0]))
            if is_symmetric(C):
                fence(b, [p, source])
                numbers = [entry(b, Place(t), source, k % t.n, k // t.n) for k in range(h.n)]
                for r, y in enumerate(symmetric.multiplied(b, h, p, numbers)):
                    put_entry(b, t, to, r % t.n, r // t.n, y)
                return
            for first in range(0, h.n, step):
                fence(b, [p, source])
                rows = range(first, min(first + step, h.n))
                sums = product_rows(b, h, p, lambda k: entry(b, Place(t), source, k % t.n, k // t.n), rows)
                for r, y in sums.items():
                    put_entry(b, t, to, r % t.n, r // t.n, y)

        repeat(b, 2, chirality)
        return ctx.get_dummy_value()

    return types.void(out, C, s, x), gen


def even_share(n, most):
    """n divided into as few parts of at most ``most`` as there can be: the size of the largest."""
    return -(-n // -(-n // most))
