"""Reading and writing fields block by block, and stepping to neighbours.

``at(field, ..., x)`` reads at a block number or at a ``Site`` vector; a Site vector that is one block is loaded, with
its lanes exchanged where they are (``lattice.geometry``), any other is gathered.  ``put(field, i, X)`` writes a block.
``hop(table, k, x)`` gives the sites of neighbour ``k`` (k = mu forward, d + mu backward).  ``sites(table, s)`` gives
the sites of block ``s`` itself.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from lqcdnn.kernels.compile import REGISTERS, VECTOR_BYTES
from lqcdnn.kernels.simd.antihermitian import completed
from lqcdnn.kernels.simd.emit import (
    CACHE_LINE,
    align_stack,
    check_sites,
    collect,
    const,
    element,
    exchanged,
    fence,
    later_lane,
    lines,
    one_block,
    pack,
    parts,
    prefetch,
    repeat,
    splat,
    third_row,
)
from lqcdnn.kernels.simd.types import (
    I32,
    I64,
    LARGEST,
    Antihermitian,
    Short,
    Site,
    lane_after,
    mat_of,
    site_of,
    width_of,
)

SHORT, PIECES = 8, 3
"""Most cache lines that may be asked for at once, and pieces in which more are: a core has so many requests open, and
those above hold up reading."""


def crowded(t):
    """Whether one Mat takes more than half of the vector registers."""
    vectors = -(-t.W * t.itemsize // VECTOR_BYTES)
    return 2 * 2 * t.stored * vectors > REGISTERS


def load_vectors(b, p, t):
    """Mat from the vectors at a pointer."""
    found = []
    for k in range(t.vectors):
        found.append(b.load(b.gep(p, [I64(k)])))
        found[-1].align = t.itemsize
    if isinstance(t, Short):
        found = from_short(b, t, found)
    out = ir.Constant(t.whole.llvm, ir.Undefined)
    for k, y in enumerate(completed(b, t, found) if isinstance(t, Antihermitian) else found):
        out = b.insert_value(out, y, k)
    return out


def from_short(b, t, found):
    """Vectors in single precision of those of whole numbers that are stored of a link."""
    out = [b.sitofp(b.sext(v, ir.VectorType(I32, t.W)), t.whole.vec) for v in found]
    if t.two_rows:  # the third is the product of two that are LARGEST times what they are
        out[-1] = b.fmul(const(t.whole.vec, 1.0 / LARGEST), out[-1])
    return out


def stored_vectors(b, t, X):
    """Those vectors of a Mat that memory of type t holds."""
    return [b.extract_value(X, k) for k in (t.kept if isinstance(t, Antihermitian) else range(t.vectors))]


def store_vectors(b, p, t, X):
    """Put the vectors of a Mat at a pointer."""
    align_stack(b)
    for k, y in enumerate(stored_vectors(b, t, X)):
        b.store(y, b.gep(p, [I64(k)])).align = t.itemsize


def stack_memory(b, t):
    """Room for a Mat in the frame of the function (not cleared, as ``cgutils.alloca_once`` would)."""
    with b.goto_entry_block():
        memory = b.alloca(t.llvm)
        memory.align = 64
        return b.bitcast(memory, t.vec.as_pointer())


def block_pointer(ctx, b, array, value, index):
    return b.bitcast(element(ctx, b, array, value, index), mat_of(array).vec.as_pointer())


def gather_sites(ctx, b, array, value, lead, x, t, p):
    """Fill the vectors at ``p`` lane after lane, each from its own site.

    Scalar loads and inserts are faster than the gather instruction of AVX2 processors.
    """
    check_sites(ctx, b, array, value, x)
    lanes = [site_pointer(ctx, b, array, value, lead, b.extract_element(x, I32(lane)), t) for lane in range(t.W)]

    def copy(k):
        vector = collect(b, [b.gep(q, [b.mul(k, I64(t.W))]) for q in lanes], t.vec)
        b.store(vector, b.gep(p, [k])).align = t.itemsize

    each_vector(b, t, p, copy, True)


def each_vector(b, t, p, copy, short):
    """copy(k) for each vector k of a Mat at ``p``.

    ``short``: as a loop, slower by itself, for kernels that read at so many places that their code would not fit into
    the caches of instructions.
    """

    def copy_in_loop(k):
        fence(b, [p])
        copy(k)

    if short:
        repeat(b, t.vectors, copy_in_loop)
    else:
        for k in range(t.vectors):
            copy(I64(k))


def exchange_lanes(b, t, p, there, step, kind, short):
    """Pointer to the vectors at ``there``, each lane taken from the one ``step`` after it (``lane_after`` with a Site
    type): ``there`` itself, or ``p``, filled.
    """
    for bit in range(t.W.bit_length() - 1):
        order = ir.Constant(kind.vec, [lane_after(lane, 1 << bit, kind) for lane in range(t.W)])

        def copy(k, source=there, order=order):
            v = b.load(b.gep(source, [k]))
            v.align = t.itemsize
            b.store(b.shuffle_vector(v, v, order), b.gep(p, [k])).align = t.itemsize

        before = b.block
        with b.if_then(b.icmp_signed("!=", b.and_(step, I32(1 << bit)), I32(0)), likely=False):
            each_vector(b, t, p, copy, short)
            copied = b.block
        source = b.phi(t.vec.as_pointer())
        source.add_incoming(there, before)
        source.add_incoming(p, copied)
        there = source
    return there


def site_pointer(ctx, b, array, value, lead, site, t):
    """Pointer to the first number of a site."""
    block = element(ctx, b, array, value, [*lead, block_of(b, site, t.W)])
    return b.gep(b.bitcast(block, t.vec.element.as_pointer()), [b.and_(site, I32(t.W - 1))])


def locate(ctx, b, array, value, index, kinds, short=False):
    """Pointer to the vectors at an index that ends with a block number or a Site vector.

    A Site vector that is one whole block is used where it is; of any other a copy is made in memory of the stack.
    """
    t = mat_of(array)
    lead, x = [ctx.cast(b, v, ty, types.intp) for v, ty in zip(index[:-1], kinds)], index[-1]
    if not isinstance(kinds[-1], Site):
        return block_pointer(ctx, b, array, value, [*lead, ctx.cast(b, x, kinds[-1], types.intp)])
    copy = stack_memory(b, t)
    kind = kinds[-1]
    first, one = one_block(b, x, kind)
    if kind.whole:
        there = block_pointer(ctx, b, array, value, [*lead, block_of(b, first, t.W)])
        there = exchange_lanes(b, t, copy, there, b.and_(first, I32(t.W - 1)), kind, short)
        if crowded(t):  # not read before it is needed
            fence(b, [there])
        return there
    with b.if_else(one, likely=True) as (yes, no):
        with yes:
            there = block_pointer(ctx, b, array, value, [*lead, block_of(b, first, t.W)])
            there = exchange_lanes(b, t, copy, there, b.and_(first, I32(t.W - 1)), kind, short)
            from_there = b.block
        with no:
            gather_sites(ctx, b, array, value, lead, x, t, copy)
            from_copy = b.block
    p = b.phi(t.vec.as_pointer())
    p.add_incoming(there, from_there)
    p.add_incoming(copy, from_copy)
    return p


def load_sites(b, p, W):
    """The W sites at a place in a table."""
    x = b.load(b.bitcast(p, Site(W).vec.as_pointer()))
    x.align = 4
    return x


def block_of(b, site, W):
    """Number of the block that holds a site."""
    return b.ashr(b.sext(site, I64), I64(W.bit_length() - 1))


def read(ctx, b, array, value, index, kinds):
    """Mat at an index as in :func:`locate`; of two rows all three."""
    t = mat_of(array)
    X = load_vectors(b, locate(ctx, b, array, value, index, kinds), t)
    if not t.two_rows:
        return X
    rows, inverse = parts(b, t.whole, X), b.extract_value(X, 2 * t.stored)
    third = [(b.fmul(inverse, re), b.fmul(inverse, im)) for re, im in third_row(b, rows)]
    return pack(b, t.whole.like(3, 3), rows + third)


@intrinsic
def at(tyctx, array, *idx):
    """field[..., x]: x a block number (vector loads) or a Site vector (loads if it is a block, else gathers)."""
    t, idx = mat_of(array).whole, idx[0] if isinstance(idx[0], types.BaseTuple) else types.Tuple(idx)

    def gen(ctx, b, sig, args):
        index = [b.extract_value(args[1], k) for k in range(len(idx))]
        return read(ctx, b, array, args[0], index, list(idx))

    return (t.like(3, 3) if t.two_rows else t)(array, types.StarArgTuple(idx.types)), gen


def start_of(ctx, b, array, value, idx, index):
    """Pointer to what an index of types ``idx`` leads to, of which the last is a block number or a Site vector."""
    index = list(index)
    if isinstance(idx[-1], Site):
        index[-1] = block_of(b, b.extract_element(index[-1], I32(0)), mat_of(array).W)
    kinds = [types.int64 if isinstance(kind, Site) else kind for kind in idx]
    index = [ctx.cast(b, v, kind, types.intp) for v, kind in zip(index, kinds)]
    return block_pointer(ctx, b, array, value, index)


def short(t):
    """Whether a matrix takes so few cache lines that all may be asked for at once."""
    return t.block_bytes <= SHORT * CACHE_LINE


@intrinsic
def ask(tyctx, array, *idx):
    """Ask for field[..., x], x a block number or a Site vector that is one block, to be read soon."""
    idx = idx[0] if isinstance(idx[0], types.BaseTuple) else types.Tuple(idx)

    def gen(ctx, b, sig, args):
        index = (b.extract_value(args[1], k) for k in range(len(idx)))
        for line in lines(b, start_of(ctx, b, array, args[0], idx, index), mat_of(array).block_bytes):
            prefetch(b, line)
        return ctx.get_dummy_value()

    return types.void(array, types.StarArgTuple(idx.types)), gen


@intrinsic
def ask_short(tyctx, array, mu, x):
    """As :func:`ask`, for a matrix of few cache lines; for others nothing, see :func:`ask_piece`."""

    def gen(ctx, b, sig, args):
        if short(mat_of(array)):
            for line in lines(b, start_of(ctx, b, array, args[0], (mu, x), args[1:]), mat_of(array).block_bytes):
                prefetch(b, line)
        return ctx.get_dummy_value()

    return types.void(array, mu, x), gen


@intrinsic
def ask_piece(tyctx, array, mu, x, piece):
    """Ask for one of ``PIECES`` pieces of a matrix of many cache lines; for others nothing, see :func:`ask_short`."""
    t = mat_of(array)

    def gen(ctx, b, sig, args):
        if not short(t):
            size = -(-t.block_bytes // PIECES // CACHE_LINE) * CACHE_LINE
            start = b.bitcast(start_of(ctx, b, array, args[0], (mu, x), args[1:3]), ir.IntType(8).as_pointer())
            offset = b.mul(ctx.cast(b, args[3], piece, types.intp), I64(size))
            for line in lines(b, b.gep(start, [offset]), size):
                prefetch(b, line)
        return ctx.get_dummy_value()

    return types.void(array, mu, x, piece), gen


@intrinsic
def put(tyctx, array, i, value):
    """field[i] = value; i is a block number or a tuple that ends with one. Links of two rows: ``stream_multiple``."""
    t = mat_of(array)
    if t.two_rows:
        raise TypingError("put knows no factor of links of two rows; stream_multiple writes them")

    def gen(ctx, b, sig, args):
        tuple_ = isinstance(i, types.BaseTuple)
        ix = [(b.extract_value(args[1], k), ty) for k, ty in enumerate(i)] if tuple_ else [(args[1], i)]
        index = [ctx.cast(b, y, ty, types.intp) for y, ty in ix]
        store_vectors(b, block_pointer(ctx, b, array, args[0], index), t, args[2])
        return ctx.get_dummy_value()

    return types.void(array, i, value), gen


def neighbour(ctx, b, table, value, k, block):
    """Neighbour k of a block as a Site vector."""
    kind, p = site_of(table), element(ctx, b, table, value, [block, k])
    if kind.whole:
        return exchanged(b, b.load(b.bitcast(p, I32.as_pointer())), kind)
    return load_sites(b, p, kind.W)


def sites_one_by_one(ctx, b, table, value, k, x):
    """Neighbour k of a Site vector whose sites are not one block."""
    out, kind = ir.Constant(x.type, ir.Undefined), site_of(table)
    for lane in range(kind.W):
        site = b.extract_element(x, I32(lane))
        there = b.bitcast(element(ctx, b, table, value, [block_of(b, site, kind.W), k]), I32.as_pointer())
        within = b.and_(site, I32(kind.W - 1))
        found = b.load(there if kind.whole else b.gep(there, [b.zext(within, I64)]))
        found = later_lane(b, found, within, kind) if kind.whole else found
        out = b.insert_element(out, found, I32(lane))
    return out


@intrinsic
def hop(tyctx, table, k, x):
    """Neighbour k of x (block number or Site vector) as a Site vector."""
    kind = found = site_of(table)
    if isinstance(x, Site) and not x.whole:
        found = x

    def gen(ctx, b, sig, args):
        row = ctx.cast(b, args[1], k, types.intp)
        if not isinstance(x, Site):
            return neighbour(ctx, b, table, args[0], row, ctx.cast(b, args[2], x, types.intp))
        check_sites(ctx, b, table, args[0], args[2], axis=0)
        first, one = one_block(b, args[2], kind)
        lane, block = b.and_(first, I32(kind.W - 1)), block_of(b, first, kind.W)
        at_block, one_at_block = one_block(b, neighbour(ctx, b, table, args[0], row, block), kind)
        if found.whole:
            return exchanged(b, later_lane(b, at_block, lane, kind), kind)
        with b.if_else(b.and_(one, one_at_block), likely=True) as (yes, no):
            with yes:
                moved = exchanged(b, later_lane(b, at_block, lane, kind), kind)
                from_block = b.block
            with no:
                collected = sites_one_by_one(ctx, b, table, args[0], row, args[2])
                from_sites = b.block
        y = b.phi(kind.vec)
        y.add_incoming(moved, from_block)
        y.add_incoming(collected, from_sites)
        return y

    return found(table, k, x), gen


@intrinsic
def sites(tyctx, table, s):
    """The W site numbers of block s; a Site vector stays as it is."""
    W = width_of(table)
    if isinstance(s, Site):
        return s(table, s), lambda ctx, b, sig, args: args[1]

    def gen(ctx, b, sig, args):
        first = b.trunc(b.mul(ctx.cast(b, args[1], s, types.int64), I64(W)), I32)
        return b.add(splat(b, first, W), ir.Constant(ir.VectorType(I32, W), list(range(W))))

    return site_of(table)(table, s), gen
