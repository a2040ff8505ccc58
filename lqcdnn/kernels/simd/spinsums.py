"""Sums over the legs of a Wilson hop: the arithmetic of ``spinhop``, as much of it in registers as they hold.

Up to two colours with 32 registers: leg by leg, both spin components, all sums in registers.  Else direction by
direction, both legs side by side, the sums in memory; for one spin component of SU(3) the products and what is being
multiplied just fit into 16 registers, for both into 32.
"""

from __future__ import annotations

from functools import partial
from itertools import product

from lqcdnn.kernels.compile import REGISTERS
from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import fence, third_row
from lqcdnn.kernels.simd.memory import stack_memory
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.spin import BLOCKS, add_turned
from lqcdnn.kernels.simd.types import I64, Place


def many(t):
    """Whether there are so many colours that the code of a hop is long, and what it reads many lines."""
    return t.n > 2


def projected(b, t, source, j, a, mu, back):
    """Component a, colour j of u -+ G_mu l at a pointer, of the leg forward (-) or back (+)."""
    column, power = BLOCKS[t.m][mu][a]
    u, low = (entry(b, Place(t), source, j, c) for c in (a, t.m // 2 + column))
    return add_turned(b, u, low, power if back else power + 2)


def put_third_row(b, links, row, room):
    """Put the third row of the link at ``row``, of which two are stored, to a place of one row."""
    rows = [entry(b, Place(links), row, i, j) for i in range(2) for j in range(3)]
    inverse = b.load(b.gep(row, [I64(2 * links.stored)]))
    inverse.align = links.itemsize
    for j, (re, im) in enumerate(third_row(b, rows)):
        put_entry(b, links, room, 0, j, (b.fmul(inverse, re), b.fmul(inverse, im)))


def link_entry(b, links, row, room, i, j):
    """(re, im) of an entry of the link at ``row``, its third row, where it is not stored, in a room of its own."""
    return entry(b, Place(links), room, 0, j) if links.two_rows and i == 2 else entry(b, Place(links), row, i, j)


def many_sums_fit(t):
    """Whether there are registers for the sums of a whole block, the products of one leg and what is multiplied."""
    half = t.m // 2
    return not many(t) and 2 * (t.n * t.m + t.n * half + half + 1) <= REGISTERS


def components_together(t):
    """How many upper spin components of both legs find registers for their products: they read each link once."""
    half = t.m // 2
    return half if 2 * (2 * t.n * half + half + 1) <= REGISTERS else 1


def leg_products(b, t, legs, components, mu, before):
    """Components of U chi of each leg (link entry (i, j), source, back) in direction mu, chi = u -+ G_mu l.

    A list [leg][component][colour]; ``before(j)`` is called before what is multiplied by column j.
    """
    out = [[[None] * t.n for _ in components] for _ in legs]
    for j in range(t.n):
        before(j)
        for sums, (link, source, back) in zip(out, legs):
            chi = [projected(b, t, source, j, a, mu, back) for a in components]
            for i in range(t.n):
                u = link(i, j)
                for of_component, x in zip(sums, chi):
                    of_component[i] = cmul_add(b, of_component[i], u, x)
    return out


def sums_in_registers(b, t, links, rows, sources, finish, ask):
    """:func:`hop_sums` leg by leg, each number put once."""
    d, half, sums = t.m, t.m // 2, {}
    for part, (mu, back) in enumerate(product(range(d), (False, True))):
        row, source = (p[mu + d * back] for p in (rows, sources))
        fence(b, [row, source])
        ask(part, 2 * d)
        leg = partial(entry, b, Place(links), row), source, back
        (found,) = leg_products(b, t, [leg], range(half), mu, lambda j: None)
        for a, of_component in enumerate(found):
            column, power = BLOCKS[d][mu][a]
            for i, z in enumerate(of_component):
                for c, turns in ((a, 0), (half + column, -power + (0 if back else 2))):
                    sums[i, c] = add_turned(b, sums.get((i, c)), z, turns)
    for (i, c), z in sums.items():
        finish(i, c, z)


def sums_in_memory(b, t, links, rows, sources, finish, ask, together):
    """:func:`hop_sums` direction by direction, both legs side by side, ``together`` upper spin components at once."""
    d, half, sums = t.m, t.m // 2, stack_memory(b, t)
    rooms = [stack_memory(b, links.like(1, 3)) if links.two_rows else None for _ in range(2)]
    parts = list(product(range(d), range(0, half, together)))
    # asking for more than a few lines at once holds up reading, and so does asking out of the order of memory
    columns, share = (t.n, together) if many(t) else (1, 1)
    for part, (mu, first) in enumerate(parts):
        pair = (mu, rooms[0], False), (d + mu, rooms[1], True)
        fence(b, [p for k, _, _ in pair for p in (rows[k], sources[k])] + [sums])
        if links.two_rows and first == 0:
            for k, room, _ in pair:
                put_third_row(b, links, rows[k], room)
            fence(b, rooms)

        def before(j, part=part):
            if j < columns:
                fence(b, [])
                for k in range(share):
                    ask((part * columns + j) * share + k, len(parts) * columns * share)

        legs = [(partial(link_entry, b, links, rows[k], room), sources[k], back) for k, room, back in pair]
        components = range(first, first + together)
        for a, forward, back in zip(components, *leg_products(b, t, legs, components, mu, before)):
            column, power = BLOCKS[d][mu][a]
            for i, (f, g) in enumerate(zip(forward, back)):
                for c, z, turns in ((a, add_turned(b, f, g, 0), 0), (half + column, add_turned(b, g, f, 2), -power)):
                    z = add_turned(b, entry(b, Place(t), sums, i, c) if mu > 0 else None, z, turns)
                    (finish if mu == d - 1 else partial(put_entry, b, t, sums))(i, c, z)


def hop_sums(b, t, links, rows, sources, finish, ask, cached):
    """Sum over all legs k of (chi_k, -+ G_mu^dag chi_k), chi_k <- U_k chi_k; ``finish(i, a, z)`` takes each number.

    rows, sources: pointers to the link and the spinor of each leg; ``ask(part, parts)`` is called before each part.
    ``cached``: all links are in the nearest cache, where reading them is what many colours wait for.
    """
    if many_sums_fit(t):
        sums_in_registers(b, t, links, rows, sources, finish, ask)
    else:
        together = components_together(t) if cached or not many(t) else 1
        sums_in_memory(b, t, links, rows, sources, finish, ask, together)
