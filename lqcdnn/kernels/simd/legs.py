"""The Wilson hop of a block as a program on memory: more numbers than the registers hold.

The products of the links with the S/2 components that (1 -+ gamma_mu) leaves of every neighbour are summed colour by
colour: the sums of one colour and one product fit into the registers.  The first colour projects the neighbours, so
that reading them and arithmetic overlap; the others, a loop, recall what it put down.
"""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import fence, fma, prefetch, repeat, splat
from lqcdnn.kernels.simd.memory import block_pointer, locate, neighbour, stack_memory
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.spin import BLOCKS, turn
from lqcdnn.kernels.simd.types import I64, Place, mat_of

AHEAD = 2
"""How many blocks before their use links are asked for: where they come from memory, it takes that long."""


def shift(b, p, t, k):
    """The place k matrices of type t after p."""
    return b.gep(p, [I64(2 * t.stored * k)])


def projected(b, t, source, chi, mu, minus, i, a):
    """Entry (i, a) of chi = u + minus G_mu l of the spinor (u, l) at ``source``, which is also put at ``chi``."""
    half, psi, (column, power) = t.m // 2, Place(t), BLOCKS[t.m][mu][a]
    u, low = entry(b, psi, source, i, a), turn(b, entry(b, psi, source, i, half + column), power)
    z = fma(b, minus, low[0], u[0]), fma(b, minus, low[1], u[1])
    put_entry(b, t.like(t.n, half), chi, i, a, z)
    return z


def add_turned(b, z, w, power):
    """z + i^power w without a product; z None is 0."""
    if z is None:
        return turn(b, w, power)
    re, im = (w, (w[1], w[0]))[power % 2]
    return (
        (b.fadd, b.fsub, b.fsub, b.fadd)[power % 4](z[0], re),
        (b.fadd, b.fadd, b.fsub, b.fsub)[power % 4](z[1], im),
    )


def color_sums(b, links, half, link, read_chi, i, stored, ask):
    """Colour i of sum_k (chi_k, -+ G_mu^dag chi_k) with chi_k <- link_k chi_k: (upper, lower) sums, S/2 each.

    link: pointer to the first of 2 d matrices in a row; read_chi(k, j, a): entry (j, a) of chi_k; i is an integer
    where links are quaternions, else a value, and ``stored`` the row to read.  The signs are those of the hop forward
    (k < d) and back.  ask(k) prefetches.
    """
    d, up, low = 2 * half, [None] * half, [None] * half
    for k in range(2 * d):
        mu, flip = k % d, 2 if k < d else 0
        row_k = b.gep(shift(b, link, links, k), [b.mul(stored, I64(2 * links.m))])
        fence(b, [row_k], [v for z in up + low if z is not None for v in z])
        ask(k)
        row = [None] * half
        for j in range(links.m):
            if j:
                fence(b, [row_k], [v for z in row for v in z])
            u = entry(b, Place(links), row_k, i if isinstance(i, int) else 0, j)
            row = [cmul_add(b, row[a], u, read_chi(k, j, a)) for a in range(half)]
        for a, (column, power) in enumerate(BLOCKS[d][mu]):
            up[a] = add_turned(b, up[a], row[a], 0)
            low[column] = add_turned(b, low[column], row[a], flip - power)
    return up, low


def ask_ahead(b, t, first, row):
    """Prefetch one row of matrices of type t that lie behind one another, counted from the first matrix."""
    size, line = 2 * t.m * t.W * t.itemsize, 64
    start = b.gep(first, [b.mul(row, I64(2 * t.m))])
    for offset in range(0, size, line):
        prefetch(b, b.gep(start, [I64(offset // (t.W * t.itemsize))]))


@intrinsic
def wilson_hop(tyctx, out, base, factor, W, s, psi, lead, nbr, side, C):
    """out = base + factor K psi (``side`` 1.0) or base + factor K^dag psi (-1.0) on block s.

    out and base are places of spinors, which may be the same; base None is 0.  ``lead`` are the leading indices of psi
    as a tuple: () for psi[block], (s5,) for psi[s5, block].  The links of ``AHEAD`` blocks on and, unless C is None,
    the chiral blocks C of the next block are asked for row by row: they arrive while the processor computes.
    """
    t, links = out.mat, mat_of(W)
    half, d, spinor, first_rows = t.m // 2, t.m, t.like(t.n, t.m // 2), links.quaternion

    def gen(ctx, b, sig, args):
        result, start, (W_, s_, psi_, lead_, nbr_) = args[0], args[1], args[3:8]
        chi = stack_memory(b, t.like(t.n, 2 * d * half))
        scale, sign = (splat(b, ctx.cast(b, args[i], sig.args[i], t.real), t.W) for i in (2, 8))
        index = [b.extract_value(lead_, i) for i in range(len(lead))]
        block, sources = ctx.cast(b, s_, s, types.intp), []
        for k in range(2 * d):
            x, kind = neighbour(ctx, b, nbr, nbr_, k, block)
            sources.append(locate(ctx, b, psi, psi_, [*index, x], [*lead, kind], short=t.n > 2))
        link, lower_scale = block_pointer(ctx, b, W, W_, [block, I64(0)]), b.fmul(scale, sign)

        blocks = None if C == types.none else block_pointer(ctx, b, C, args[9], [block] + [I64(0)] * 3)

        def project(k, j, a):
            minus = b.fneg(sign) if k < d else sign
            return projected(b, t, sources[k], shift(b, chi, spinor, k), k % d, minus, j, a)

        def recall(k, j, a):
            return entry(b, Place(spinor), shift(b, chi, spinor, k), j, a)

        def color(i, read_chi):
            number = I64(i) if isinstance(i, int) else i

            def ask(k):
                if not (first_rows and i):
                    ask_ahead(b, links, link, b.add(b.mul(number, I64(2 * d)), I64(AHEAD * 2 * d * links.rows + k)))
                if blocks is not None and k < 2 * half**2 and k % half**2 // half <= k % half:
                    ask_ahead(b, mat_of(C), blocks, b.add(number, I64((2 * half**2 + k) * t.n)))

            row_of_links = (i, I64(0)) if first_rows else (number, number)
            up, low = color_sums(b, links, half, link, read_chi, *row_of_links, ask)
            row = b.mul(number, I64(2 * t.m))
            to, old = b.gep(result, [row]), None if base == types.none else b.gep(start, [row])
            for a in range(t.m):
                z, f = (up[a], scale) if a < half else (low[a - half], lower_scale)
                if old is not None:
                    x = entry(b, Place(t), old, 0, a)
                    z = fma(b, f, z[0], x[0]), fma(b, f, z[1], x[1])
                else:
                    z = b.fmul(f, z[0]), b.fmul(f, z[1])
                put_entry(b, t, to, 0, a, z)

        color(0, project)
        if first_rows:
            color(1, recall)
        elif t.n > 1:
            repeat(b, t.n - 1, lambda i: color(b.add(i, I64(1)), recall))
        return ctx.get_dummy_value()

    return types.void(out, base, factor, W, s, psi, lead, nbr, side, C), gen


@intrinsic
def chiral_blocks(tyctx, out, C, s, x):
    """out = C(n) x for a hermitian matrix that commutes with gamma_5; out and x are two places of spinors.

    C[s, chirality, a, b] are its Nc x Nc blocks (a, b: spin); only what is on and above the diagonal is read.
    """
    t, block = out.mat, mat_of(C)
    half, rows = t.m // 2, t.n * t.m // 2

    def gen(ctx, b, sig, args):
        index = ctx.cast(b, args[2], s, types.intp)

        def coefficient(first, r, c):
            (a, i), (e, j) = divmod(min(r, c), t.n), divmod(max(r, c), t.n)
            p = shift(b, first, block, a * half + e)
            return entry(b, Place(block, r > c), p, *((j, i) if r > c else (i, j)))

        def chirality(side):
            first = block_pointer(ctx, b, C, args[1], [index, side, I64(0), I64(0)])
            source, to = (b.gep(p, [b.mul(side, I64(2 * half))]) for p in (args[3], args[0]))
            for r in range(0, rows, 2):
                fence(b, [first, source])
                pair = range(r, min(r + 2, rows))
                sums = [None] * len(pair)
                for c in range(rows):
                    z = entry(b, Place(t), source, c % t.n, c // t.n)
                    sums = [cmul_add(b, y, coefficient(first, q, c), z) for q, y in zip(pair, sums)]
                for q, y in zip(pair, sums):
                    put_entry(b, t, to, q % t.n, q // t.n, y)

        repeat(b, 2, chirality)
        return ctx.get_dummy_value()

    return types.void(out, C, s, x), gen
