"""Sums over the neighbours of a block, of links times vectors: for operators whose arithmetic is so short that finding
the neighbours takes as long.

The table of neighbours holds for each block, side by side like its packed links, where these are
(:func:`~lqcdnn.kernels.simd.types.table_dtype`): where all are whole blocks the site in lane 0, of which the lowest
bits say how the lanes are exchanged.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.compile import FAR, FIRST_CACHE, SECOND_CACHE
from lqcdnn.kernels.simd.algebra import cmul_add, each, product
from lqcdnn.kernels.simd.emit import LINKS, beyond_caches, element, fma, lines, pack, parts, prefetch, third_row
from lqcdnn.kernels.simd.memory import (
    block_of,
    block_pointer,
    exchange_lanes,
    load_sites,
    load_vectors,
    locate,
    stack_memory,
)
from lqcdnn.kernels.simd.types import I32, I64, mat_of, site_of

PAIR = 2
"""Legs come forward and back: two in each turn of the loop."""

AHEAD = [(8, FIRST_CACHE)] if FAR == FIRST_CACHE else [(16, SECOND_CACHE), (3, FIRST_CACHE)]
"""How many links before their use those are asked for that come from memory, and into which cache."""

FEW = 4
"""Up to so many vectors of a sum, each addition would wait for the one before: then there are two sums."""


def table_pointer(ctx, b, table, value, block, k):
    return b.bitcast(element(ctx, b, table, value, [block, k]), I32.as_pointer())


def leg_source(ctx, b, table, leg, field, value, index, kinds, short=False):
    """Pointer to the vectors of field[*index, x], x the neighbour that the entry at ``leg`` of a table says.

    ``short``: what has to be copied is copied in a loop.
    """
    t, kind = mat_of(field), site_of(table)
    if not kind.whole:
        return locate(ctx, b, field, value, [*index, load_sites(b, leg, t.W)], [*kinds, kind], short)
    site, lead = b.load(leg), [ctx.cast(b, v, kind, types.intp) for v, kind in zip(index, kinds)]
    there = block_pointer(ctx, b, field, value, [*lead, block_of(b, site, t.W)])
    return exchange_lanes(b, t, stack_memory(b, t), there, b.and_(site, I32(t.W - 1)), kind, short)


@intrinsic
def add_legs(tyctx, acc, W, s, psi, lead, legs):
    """acc + sum_k W[s, k] psi[*lead, leg k of s]; ``lead`` is a tuple of indices."""
    t, links = mat_of(psi), mat_of(W)

    def gen(ctx, b, sig, args):
        start, W_, psi_, lead_, legs_ = args[0], args[1], args[3], args[4], args[5]
        block = ctx.cast(b, args[2], s, types.intp)
        index = [b.extract_value(lead_, i) for i in range(len(lead))]
        far = beyond_caches(ctx, b, W, W_, LINKS)

        def step(total, link, leg):
            with b.if_then(far, likely=False):
                for distance, cache in AHEAD:
                    for line in lines(b, b.gep(link, [I64(distance * links.vectors)]), links.block_bytes):
                        prefetch(b, line, cache)
            source = leg_source(ctx, b, legs, leg, psi, psi_, index, list(lead))
            multiply = two_row_product if links.two_rows else product
            return multiply(b, t, total, (links, t), (load_vectors(b, link, links), load_vectors(b, source, t)))

        first = block_pointer(ctx, b, W, W_, [block, I64(0)]), table_pointer(ctx, b, legs, legs_, block, I64(0))
        strides = I64(links.vectors), I64(1 if site_of(legs).whole else t.W)
        count = b.extract_value(ctx.make_array(W)(ctx, b, W_).shape, 1)
        total, other = pairs(b, start, first, strides, count, step, 2 * t.stored <= FEW)
        return total if other is None else each(ctx, b, t, b.fadd, total, other)

    return acc(acc, W, s, psi, lead, legs), gen


def two_row_product(b, t, start, types_, values):
    """start + X y, y a column, of X two rows and the factor of the third, which multiplies what that gives."""
    X, out, y = (parts(b, kind, value) for kind, value in zip((types_[0], t, t), (values[0], start, values[1])))
    rows, last = [X[:3], X[3:], third_row(b, X)], out[2]
    out[2] = None
    for i, row in enumerate(rows):
        for x, z in zip(row, y):
            out[i] = cmul_add(b, out[i], x, z)
    inverse = b.extract_value(values[0], 2 * types_[0].stored)
    out[2] = tuple(fma(b, inverse, z, sum_) for z, sum_ in zip(out[2], last))
    return pack(b, t, out)


def pairs(b, start, pointers, strides, count, step, apart):
    """total = step(total, *pointers) for an even number of legs; the pointers move on by their strides.

    ``apart``: two sums, of every other leg, else the second is None.
    """
    before, loop, done = b.block, b.append_basic_block("legs"), b.append_basic_block("summed")
    b.branch(loop)
    b.position_at_end(loop)
    first = [start, ir.Constant(start.type, None), *pointers, count]
    heads = [b.phi(v.type) for v in first]
    sums, now, left = heads[:2], heads[2:-1], heads[-1]
    for k in range(PAIR):
        i = k if apart else 0
        sums[i] = step(sums[i], *now)
        now = [b.gep(p, [stride]) for p, stride in zip(now, strides)]
    left = b.sub(left, I64(PAIR))
    for phi, old, new in zip(heads, first, [*sums, *now, left]):
        phi.add_incoming(old, before)
        phi.add_incoming(new, b.block)
    b.cbranch(b.icmp_signed(">", left, I64(0)), loop, done)
    b.position_at_end(done)
    return sums[0], sums[1] if apart else None
