"""The Wilson hop of a block as a program on memory: more numbers than the registers hold.

First all neighbours are found, so that no one waits for its address.  Then, for each upper spin component, a leg at a
time: the neighbour is projected as it is read, by additions, which the processor makes beside its multiply-adds; the
products of all its colours, the sums of the upper component and what is being multiplied just fit into 16 registers for
SU(3); the sums of the lower components are in memory.  Neighbours in the last direction, the farthest in memory, are
asked for beforehand.
"""

from __future__ import annotations

from itertools import product

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import fence, fma, prefetch, splat
from lqcdnn.kernels.simd.memory import block_pointer, locate, neighbour, stack_memory
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.spin import BLOCKS, turn
from lqcdnn.kernels.simd.types import I64, Place, mat_of

AHEAD = 1
"""How many blocks before their use links are asked for: where they come from memory, it takes that long."""


def swapped(b, k, d, swap):
    """The leg opposite to k of 2 d, if ``swap`` is d; k itself if it is 0."""
    return (b.add if k < d else b.sub)(I64(k), swap)


def add_turned(b, z, w, power):
    """z + i^power w without a product; z None is 0."""
    if z is None:
        return turn(b, w, power)
    re, im = (w, (w[1], w[0]))[power % 2]
    return (
        (b.fadd, b.fsub, b.fsub, b.fadd)[power % 4](z[0], re),
        (b.fadd, b.fadd, b.fsub, b.fsub)[power % 4](z[1], im),
    )


def component_sums(b, t, links, link, rows, sources, lower, a, fresh):
    """Component a of the upper sums of sum_k (chi_k, -+ G_mu^dag chi_k), chi_k <- link_k chi_k, by colour.

    rows, sources: pointers to the link and the spinor of each leg; the signs are - for k < d and + for the others.  The
    lower sums are added to what is at ``lower``, where components ``fresh`` hold nothing yet.
    """
    d, half, spinor = t.m, t.m // 2, t.like(t.n, t.m // 2)
    up = [None] * t.n
    for k in range(2 * d):
        (column, power), flip = BLOCKS[d][k % d][a], 2 if k < d else 0
        fence(b, [rows[k], sources[k], lower], [v for z in up if z is not None for v in z])
        ask_ahead(b, links, link, 2 * d, a * 2 * d + k, half * 2 * d)
        leg = [None] * t.n
        for j in range(t.n):
            u, low = (entry(b, Place(t), sources[k], j, c) for c in (a, half + column))
            chi = add_turned(b, u, low, power + flip)
            leg = [cmul_add(b, leg[i], entry(b, Place(links), rows[k], i, j), chi) for i in range(t.n)]
        up = [add_turned(b, x, z, 0) for x, z in zip(up, leg)]
        for i, z in enumerate(leg):
            old = None if column in fresh else entry(b, Place(spinor), lower, i, column)
            put_entry(b, spinor, lower, i, column, add_turned(b, old, z, flip - power))
        fresh.discard(column)
    return up


def ask(b, p, t):
    """Prefetch the matrix of type t at p."""
    for k in range(0, 2 * t.stored, max(1, 64 // (t.W * t.itemsize))):
        prefetch(b, b.gep(p, [I64(k)]))


def ask_ahead(b, links, link, count, part, parts):
    """Prefetch one of ``parts`` of the ``count`` links ``AHEAD`` blocks on, in the order of memory."""
    vectors, vector = 2 * links.stored * count, links.W * links.itemsize
    lines = range(0, vectors * vector, 64)
    for offset in lines[part * len(lines) // parts : (part + 1) * len(lines) // parts]:
        prefetch(b, b.gep(link, [I64(AHEAD * vectors + offset // vector)]))


@intrinsic
def wilson_hop(tyctx, out, base, factor, W, s, psi, lead, nbr, side):
    """out = base + factor K psi (``side`` 1.0) or base + factor K^dag psi (-1.0) on block s.

    out and base are places of spinors, which may be the same; base None is 0.  ``lead`` are the leading indices of psi
    as a tuple: () for psi[block], (s5,) for psi[s5, block].  K^dag is K with 1 - gamma_mu and 1 + gamma_mu exchanged:
    the same program, with the legs forward and back exchanged.
    """
    t, links = out.mat, mat_of(W)
    half, d, spinor = t.m // 2, t.m, t.like(t.n, t.m // 2)

    def gen(ctx, b, sig, args):
        result, start, (W_, s_, psi_, lead_, nbr_) = args[0], args[1], args[3:8]
        scale = splat(b, ctx.cast(b, args[2], factor, t.real), t.W)
        sign = ctx.cast(b, args[8], side, types.float64)
        swap = b.select(b.fcmp_ordered("<", sign, ir.Constant(sign.type, 0.0)), I64(d), I64(0))
        index = [b.extract_value(lead_, i) for i in range(len(lead))]
        block = ctx.cast(b, s_, s, types.intp)
        link, lower = block_pointer(ctx, b, W, W_, [block, I64(0)]), stack_memory(b, spinor)
        rows, sources, fresh = [], [], set(range(half))
        for k in range(2 * d):
            leg = swapped(b, k, d, swap)
            rows.append(b.gep(link, [b.mul(leg, I64(2 * links.stored))]))
            x, kind = neighbour(ctx, b, nbr, nbr_, leg, block)
            sources.append(locate(ctx, b, psi, psi_, [*index, x], [*lead, kind], short=t.n > 2))

        def put(i, a, z):
            if base == types.none:
                z = b.fmul(scale, z[0]), b.fmul(scale, z[1])
            else:
                x = entry(b, Place(t), start, i, a)
                z = fma(b, scale, z[0], x[0]), fma(b, scale, z[1], x[1])
            put_entry(b, t, result, i, a, z)

        for k in (d - 1, 2 * d - 1):
            ask(b, sources[k], t)

        for a in range(half):
            for i, z in enumerate(component_sums(b, t, links, link, rows, sources, lower, a, fresh)):
                put(i, a, z)
        for i, a in product(range(t.n), range(half)):
            put(i, half + a, entry(b, Place(spinor), lower, i, a))
        return ctx.get_dummy_value()

    return types.void(out, base, factor, W, s, psi, lead, nbr, side), gen
