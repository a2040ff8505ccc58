"""``cd tests && python -m bench.floors``: what of a kernel's time is for what it reads and writes, CPU time, in turns.

A field with one block in place of all of them (a stride of 0) comes from the nearest cache, and so do neighbours that
are all the same block.  What remains is the arithmetic, the time below which no order of memory brings the kernel.
"""

import sys

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lqcdnn.jobs.bench.cases import hot_links, random_blocks, title
from lqcdnn.jobs.bench.hops import COLORS, L5, some_function
from lqcdnn.jobs.bench.sampling import interleaved
from lqcdnn.kernels import domainwall, loops, rectangles, wilson
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.geometry import Lattice


def one_block(field, axis):
    """The field with its first block in place of all along an axis."""
    steps = [0 if k == axis % field.ndim else step for k, step in enumerate(field.strides)]
    return as_strided(field, field.shape, steps)


def nowhere(table):
    """A table of neighbours, or of those two steps away, that are all block 0."""
    return np.zeros_like(table)


def hop(name, shape, kind):
    """Calls of a hop, by what comes from the nearest cache, and sites of one."""
    n, d, grid = COLORS[name], len(shape), Lattice(shape)
    S, half, nbr, walls = spins(d), grid.half, grid.neighbours, kind == "domain wall"
    make = (lambda: grid.stack(n, S, L5)) if walls else (lambda: grid.zeros(n, S))
    psi, out, R = random_blocks(make()), make(), some_function()
    W = random_blocks(grid.packed_links(n, not walls and grid.two_rows_pay(n, S)))
    C = random_blocks(grid.clover_matrices(n)) if kind == "clover" else None

    def call(out=out, C=C, W=W, nbr=nbr):
        if walls:
            return lambda: domainwall.hopping(out, R, W, psi, nbr, 1.0, 0, half)
        return lambda: wilson.hopping(out, C, W, psi, nbr, 1.0, 0, half)

    near = {"nbr": nowhere(nbr), "W": one_block(W, 0), "out": one_block(out, -1)}
    calls = {
        "as it is": call(),
        "neighbours": call(nbr=near["nbr"]),
        "links": call(W=near["W"]),
        "output": call(out=near["out"]),
    }
    if C is not None:
        near["C"] = one_block(C, 0)
        calls["clover"] = call(C=near["C"])
    return calls | {"all": call(**near)}, grid.volume // 2 * (L5 if walls else 1)


def force(name, shape, kind):
    """The same of a force."""
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    nbr, twice, order, weight = grid.neighbours, grid.second_neighbours, grid.rows(U), np.full(d, 0.1)
    D, far, Sigma = (grid.links(n) for _ in range(3))
    rectangles.double_links(D, U, nbr)

    def call(U=U, D=D, Sigma=Sigma, far=far):
        if kind == "rectangle":
            return lambda: rectangles.near_staples(Sigma, far, U, D, nbr, twice, order, weight, None, True, False)
        return lambda: loops.add_plaquette_gradient(Sigma, U, nbr, order, 0.1, None)

    fields = {"U": U, "D": D, "Sigma": Sigma, "far": far}
    near = {field: one_block(links, 1) for field, links in fields.items()}
    calls = {
        "as it is": call(),
        "links": call(U=near["U"], D=near["D"]),
        "output": call(Sigma=near["Sigma"], far=near["far"]),
    }
    return calls | {"all": call(**near)}, grid.volume


def main(sizes, rounds=7):
    """Print a table."""
    columns = ("as it is", "neighbours", "links", "clover", "output", "all")
    print("ns a site, with these from the nearest cache")
    print(f"{'kernel':<12} {'group':<6} {'lattice':<8}" + "".join(f"{column:>12}" for column in columns))
    for size in sizes:
        for kind, make in (
            ("Wilson", hop), ("clover", hop), ("domain wall", hop), ("plaquette", force), ("rectangle", force)
        ):  # fmt: skip
            for name in ("SU(3)", "SU(2)"):
                shape = (size,) * 4
                calls, sites = make(name, shape, kind)
                times = np.median(interleaved(list(calls.values()), rounds), axis=0) / sites * 1e9
                found = dict(zip(calls, times, strict=True))
                cells = "".join(f"{found[key]:12.1f}" if key in found else f"{'-':>12}" for key in columns)
                print(f"{kind:<12} {name:<6} {title(shape):<8}{cells}", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [8, 16])
