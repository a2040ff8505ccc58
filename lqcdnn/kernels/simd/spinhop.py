"""The Wilson hop of a block as a program on memory: more numbers than the registers hold.

First all neighbours are found (:func:`find_legs`), so that no one waits for its address, and so that the spinors of all
s5 at a site find them once.  Then they are projected as they are read, multiplied by their links and summed
(``spinsums``).
"""

from __future__ import annotations

from itertools import product

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from lqcdnn.kernels.compile import FAR, FIRST_CACHE, PASSING, SECOND_CACHE
from lqcdnn.kernels.simd.emit import (
    LINKS,
    beyond_caches,
    fence,
    fma,
    lines,
    one_block,
    prefetch,
    repeat,
    splat,
)
from lqcdnn.kernels.simd.memory import block_of, block_pointer, gather_sites, load_sites, stack_memory
from lqcdnn.kernels.simd.neighbours import table_pointer
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.spinsums import hop_sums, many, projected
from lqcdnn.kernels.simd.types import I1, I32, I64, Place, lane_after, mat_of, site_of

BLOCK = 8
"""Legs of a block in four dimensions, before which links are asked for: from near memory it takes that long."""

NEAR = FAR == FIRST_CACHE
AHEAD = [(1, PASSING)] if NEAR else [(2, SECOND_CACHE), (1, FIRST_CACHE)]
"""How many blocks before their use links are asked for that come from memory, and into which cache."""

S5_AHEAD = [(2, FIRST_CACHE)] if NEAR else [(4, SECOND_CACHE), (1, FIRST_CACHE)]
"""The same of spinors, in s5."""

SHARE = 4
"""From which part of the caches on spinors with short code, of up to two colours, are asked for at all."""

GATHER = -1
"""In place of a mask of lanes: the sites of a neighbour are not one block."""

COPIED = 3
"""Most colours that a step of copying a neighbour moves: more code is slower to fetch."""


class Legs(types.Type):
    """The links and neighbours of a block in all 2 d directions, as LLVM arrays by leg (forward, then back)."""

    def __init__(self, links, d, kind):
        self.links, self.d, self.W, self.kind, self.whole = links, d, links.W, kind, kind.whole
        super().__init__(f"Legs({links.name},{d},{kind.name})")

    @property
    def llvm(self):
        """Links, neighbours' block numbers, steps between lanes (``lane_after``) or ``GATHER``, places in the table:
        sites are read again where they are needed, else they would take registers all along.  Then whether legs are
        exchanged.
        """
        kinds = (self.links.vec.as_pointer(), I64, I32, I32.as_pointer())
        return ir.LiteralStructType([*(ir.ArrayType(kind, 2 * self.d) for kind in kinds), I1])


@register_model(Legs)
class LegsModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, t.llvm)


def legs_of(ctx, b, legs, W, W_, block, nbr, nbr_, side):
    """The legs of a block; ``side`` < 0 exchanges those forward and back."""
    d, value = legs.d, ir.Constant(legs.llvm, ir.Undefined)
    exchanged = b.fcmp_ordered("<", side, ir.Constant(side.type, 0.0))
    swap, value = b.select(exchanged, I64(d), I64(0)), b.insert_value(value, exchanged, 4)
    link, table = block_pointer(ctx, b, W, W_, [block, I64(0)]), table_pointer(ctx, b, nbr, nbr_, block, I64(0))
    for k in range(2 * d):
        leg = (b.add if k < d else b.sub)(I64(k), swap)
        there = b.gep(table, [leg if legs.whole else b.mul(leg, I64(legs.W))])
        if legs.whole:
            first = b.load(there)
            mask = b.and_(first, I32(legs.W - 1))
        else:
            first, one = one_block(b, load_sites(b, there, legs.W), legs.kind)
            mask = b.select(one, b.and_(first, I32(legs.W - 1)), I32(GATHER))
        row = b.gep(link, [b.mul(leg, I64(legs.links.vectors))])
        for i, v in enumerate((row, block_of(b, first, legs.W), mask, there)):
            value = b.insert_value(value, v, [i, k])
    return value


@intrinsic
def find_legs(tyctx, W, s, psi, nbr, side):
    """Links and neighbours of block s for :func:`hop_along`; ``side`` as in :func:`wilson_hop`."""
    t = mat_of(psi)
    legs = Legs(mat_of(W), t.m, site_of(nbr))

    def gen(ctx, b, sig, args):
        block, sign = ctx.cast(b, args[1], s, types.intp), ctx.cast(b, args[4], side, types.float64)
        return legs_of(ctx, b, legs, W, args[0], block, nbr, args[3], sign)

    return legs(W, s, psi, nbr, side), gen


def copy_room(b, t):
    """Room for a spinor on the stack of which the lower components are 0 and stay so."""
    p = stack_memory(b, t)
    with b.goto_entry_block():
        for i, c in product(range(t.n), range(t.m // 2, t.m)):
            put_entry(b, t, p, i, c, (ir.Constant(t.vec, None),) * 2)
    return p


def exchanged_copy(b, t, p, there, step, kind, mu, back):
    """Pointer to u -+ G_mu l of the spinors at ``there``, each lane taken from the one ``step`` after it as in
    ``exchange_lanes``, step not 0: ``p``, filled.

    ``p`` is a :func:`copy_room`: a spinor that is u -+ G_mu l with nothing below, so that projecting it again is no
    change, and half of a spinor is all that has to be moved.
    """
    colors = max(c for c in range(1, COPIED + 1) if t.n % c == 0)
    for bit in range(t.W.bit_length() - 1):
        order = ir.Constant(kind.vec, [lane_after(lane, 1 << bit, kind) for lane in range(t.W)])
        before = b.block

        def copy(k, source=there, order=order):
            fence(b, [p])
            source, out = (b.gep(q, [b.mul(k, I64(2 * t.m * colors))]) for q in (source, p))
            chi = {(j, a): projected(b, t, source, j, a, mu, back) for j in range(colors) for a in range(t.m // 2)}
            for (j, a), z in chi.items():
                put_entry(b, t, out, j, a, [b.shuffle_vector(v, v, order) for v in z])

        with b.if_then(b.icmp_signed("!=", b.and_(step, I32(1 << bit)), I32(0))):
            repeat(b, t.n // colors, copy)
            copied = b.block
        source = b.phi(t.vec.as_pointer())
        source.add_incoming(there, before)
        source.add_incoming(p, copied)
        there = source
    return there


def copied_sites(ctx, b, psi, psi_, lead, there, mask, kind, sites, copy, *leg):
    """Pointer to what stands for the spinors at the sites of a leg that are not a block as it is."""
    t, gathered = mat_of(psi), stack_memory(b, mat_of(psi))
    with b.if_else(b.icmp_signed("!=", mask, I32(GATHER)), likely=True) as (yes, no):
        with yes:
            moved = exchanged_copy(b, t, copy, there, mask, kind, *leg)
            from_block = b.block
        with no:
            gather_sites(ctx, b, psi, psi_, lead, load_sites(b, sites, t.W), t, gathered)
            from_sites = b.block
    p = b.phi(t.vec.as_pointer())
    p.add_incoming(moved, from_block)
    p.add_incoming(gathered, from_sites)
    return p


def neighbours_of(ctx, b, legs, value, psi, psi_, lead):
    """Pointers to the spinors psi[*lead, n +- mu] of all legs: where they are, or to what stands for them."""
    t, found = mat_of(psi), []
    for k in range(2 * legs.d):
        copy, (block, mask, sites) = copy_room(b, t), (b.extract_value(value, [i, k]) for i in (1, 2, 3))
        leg = k % legs.d, k >= legs.d
        there, before = block_pointer(ctx, b, psi, psi_, [*lead, block]), b.block
        with b.if_then(b.icmp_signed("!=", mask, I32(0)), likely=False):
            if legs.whole:
                other = exchanged_copy(b, t, copy, there, mask, legs.kind, *leg)
            else:
                other = copied_sites(ctx, b, psi, psi_, lead, there, mask, legs.kind, sites, copy, *leg)
            copied = b.block
        p = b.phi(t.vec.as_pointer())
        p.add_incoming(there, before)
        p.add_incoming(other, copied)
        found.append(p)
    return found


def finisher(ctx, b, out, base, factor):
    """finish(i, a, z) that puts base + factor z; out and base are (type, value)."""
    (kind, result), (of_base, start) = out, base
    t = kind.mat
    scale = splat(b, ctx.cast(b, factor, types.float64, t.real), t.W)

    def finish(i, a, z):
        if of_base == types.none:
            z = b.fmul(scale, z[0]), b.fmul(scale, z[1])
        else:
            x = entry(b, Place(t), start, i, a)
            z = fma(b, scale, z[0], x[0]), fma(b, scale, z[1], x[1])
        put_entry(b, t, result, i, a, z)

    return finish


def link_rows(b, value, d):
    return [b.extract_value(value, [0, k]) for k in range(2 * d)]


def far_legs(d):
    """The legs in the last two directions, whose neighbours are the farthest in memory."""
    return [mu + leg for mu in (d - 2, d - 1) for leg in (0, d)]


def next_in_memory(b, t, p):
    """Pointer to the matrix after the one at ``p``, of the next block; it need not be there."""
    return b.gep(p, [I64(2 * t.stored)])


def blocks_ahead(b, legs, value, directions):
    """The neighbours n + mu, which a sweep over n has not read before, whether the legs are exchanged or not."""
    pairs = [[b.extract_value(value, [1, leg]) for leg in (mu, legs.d + mu)] for mu in directions]
    return [b.select(b.extract_value(value, 4), second, first) for first, second in pairs]


def next_link(b, legs, value, k):
    """Pointer to the link of leg k, at most of the last one, of the block after that of the legs."""
    rows, last = link_rows(b, value, legs.d), I64(2 * legs.d - 1)
    first = b.select(b.extract_value(value, 4), rows[legs.d], rows[0])
    leg = b.add(b.select(b.icmp_signed("<", k, last), k, last), I64(2 * legs.d))
    return b.gep(first, [b.mul(leg, I64(legs.links.vectors))])


@intrinsic
def hop_along(tyctx, out, base, factor, legs, psi, lead, streams):
    """out = base + factor K psi[*lead] along what :func:`find_legs` found.

    out and base are places of spinors, which may be the same; base None is 0.  ``lead`` are the leading indices of psi
    as a tuple, (s5,) for psi[s5, block].  What is asked for some s5 ahead: the places ``streams``, a tuple, and n + mu
    in the last directions.  The links of the next block are asked for at all s5 in turn: those of this one stay near.
    """
    t = out.mat

    def gen(ctx, b, sig, args):
        index = [b.extract_value(args[5], i) for i in range(len(lead))]
        sources = neighbours_of(ctx, b, legs, args[3], psi, args[4], index)
        blocks = blocks_ahead(b, legs, args[3], (legs.d - 2, legs.d - 1))
        far = [b.extract_value(args[6], i) for i in range(len(streams))]
        far += [block_pointer(ctx, b, psi, args[4], [*index, block]) for block in blocks]
        far = [([b.gep(p, [I64(s5 * 2 * t.stored)]) for p in far], cache) for s5, cache in S5_AHEAD]
        large = I1(1) if many(t) else beyond_caches(ctx, b, psi, args[4], SHARE)
        L5 = cgutils.unpack_tuple(b, ctx.make_array(psi)(ctx, b, args[4]).shape, psi.ndim)[0]
        following = [next_link(b, legs, args[3], k) for k in (index[0], b.add(index[0], L5))]
        more_legs = b.icmp_signed("<", L5, I64(2 * legs.d))

        def ask_ahead(part, parts):
            with b.if_then(large):
                for places, cache in far:
                    ask(b, t.block_bytes, places, part, parts, cache)
                ask(b, legs.links.block_bytes, following[:1], part, parts, PASSING)
                with b.if_then(more_legs, likely=False):
                    ask(b, legs.links.block_bytes, following[1:], part, parts, PASSING)

        scale = ctx.cast(b, args[2], factor, types.float64)
        finish, rows = finisher(ctx, b, (out, args[0]), (base, args[1]), scale), link_rows(b, args[3], legs.d)
        hop_sums(b, t, legs.links, rows, sources, finish, ask_ahead, cached=True)
        return ctx.get_dummy_value()

    return types.void(out, base, factor, legs, psi, lead, streams), gen


@intrinsic
def wilson_hop(tyctx, out, base, factor, W, s, psi, nbr, side, streams):
    """out = base + factor K psi (``side`` 1.0) or base + factor K^dag psi (-1.0) on block s.

    out and base are places of spinors, which may be the same; base None is 0.  K^dag is K with 1 - gamma_mu and
    1 + gamma_mu exchanged: the same program, with the legs forward and back exchanged.  W is a field of links, or that
    and a weight w: then K + w K^dag is in place of K, K^dag + w K in place of K^dag.

    The links of the next block, and neighbours in the last directions, the farthest in memory, are asked for
    beforehand; where links come from memory, so are the next block at the places ``streams``, a tuple, and its
    neighbours n + mu in the last directions.
    """

    def gen(ctx, b, sig, args):
        scale, sign = (ctx.cast(b, args[k], sig.args[k], types.float64) for k in (2, 7))
        block = ctx.cast(b, args[4], s, types.intp)
        following = [b.extract_value(args[8], i) for i in range(len(streams))]

        def one(results, links, sign, following):
            put_hop(ctx, b, results, links, block, (psi, args[5]), (nbr, args[6]), sign, following)

        last, start = (out, args[0]), (base, args[1])
        if not isinstance(W, types.BaseTuple):
            one((last, start, scale), (W, args[3]), sign, following)
            return ctx.get_dummy_value()
        links, weight = ((kind, b.extract_value(args[3], k)) for k, kind in enumerate(W))
        first = out, stack_memory(b, out.mat)
        one((first, start, scale), links, sign, following)
        scale = b.fmul(scale, ctx.cast(b, weight[1], weight[0], types.float64))
        one((last, first, scale), links, b.fneg(sign), [])
        return ctx.get_dummy_value()

    return types.void(out, base, factor, W, s, psi, nbr, side, streams), gen


def put_hop(ctx, b, results, links, block, spinors, table, sign, following):
    """:func:`wilson_hop` with one field of links; results: out, base and factor; all but factor are (type, value)."""
    (W, W_), (psi, psi_), (nbr, nbr_) = links, spinors, table
    t = mat_of(psi)
    legs = Legs(mat_of(W), t.m, site_of(nbr))
    value = legs_of(ctx, b, legs, W, W_, block, nbr, nbr_, sign)
    sources = neighbours_of(ctx, b, legs, value, psi, psi_, [])
    start, size = block_pointer(ctx, b, W, W_, [block, I64(0)]), 2 * legs.d * legs.links.block_bytes
    near = [b.gep(start, [I64(k * BLOCK * legs.links.vectors)]) for k in range(3)]
    far = [sources[k] for k in far_legs(legs.d)]
    ahead = blocks_ahead(b, legs, value, range(legs.d - 2 if many(t) else legs.d - 1, legs.d))
    large = beyond_caches(ctx, b, W, W_, LINKS)
    following = following + [block_pointer(ctx, b, psi, psi_, [block]) for block in ahead]
    following = [next_in_memory(b, t, p) for p in following]

    def ask_ahead(part, parts):
        with b.if_else(large) as (yes, no):
            with yes:
                ask(b, t.block_bytes, following, part, parts)
                for distance, cache in AHEAD:
                    ask(b, size, [near[distance]], part, parts, cache)
            with no:
                ask(b, size, [near[1]], part, parts, FIRST_CACHE)
        if many(t) and part < parts // 2:
            ask(b, t.block_bytes, far, part, parts // 2, FIRST_CACHE)

    finish = finisher(ctx, b, *results)
    hop_sums(b, t, legs.links, link_rows(b, value, legs.d), sources, finish, ask_ahead, cached=False)


def ask(b, size, places, part, parts, cache=FAR):
    """Prefetch one of ``parts`` of the lines of ``size`` bytes at each of some places."""
    found = [line for p in places for line in lines(b, p, size)]
    for line in found[part * len(found) // parts : (part + 1) * len(found) // parts]:
        prefetch(b, line, cache)
