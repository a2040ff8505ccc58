"""Cases: iterations of conjugate gradients, against their hops and one pass over their vectors."""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.several import TOGETHER
from lqcdnn.jobs.bench.cases import Case, Cases, Shape, hot_links, number_bytes, random_blocks
from lqcdnn.jobs.bench.hops import (
    COLORS,
    L5,
    domain_wall_bytes,
    domain_wall_flops,
    hop_bytes,
    some_function,
    staggered_flops,
    wilson_flops,
)
from lqcdnn.kernels import domainwall, linalg, staggered, staggered_several, wilson
from lqcdnn.kernels.packing import pack_links
from lqcdnn.kernels.simd.spin import spins

STEPS = 10
NEVER = -1.0


def staggered_iteration(name: str, shape: Shape) -> Cases:
    """m^2 - D^2 on the even sites; ``STEPS`` iterations from the same start, per even site and iteration.

    Beside two hops: 28 real operations and 6 numbers per colour (p in the second hop, which changes r; then x, p, r for
    the new iterate and direction; x, r, p are written where they were read).
    """
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    W, half, nbr = grid.packed_links(n, grid.two_rows_pay(n, 1)), grid.half, grid.neighbours
    pack_links(W, U, grid.site_field(grid.staggered_signs((1,) * (d - 1) + (-1,))), nbr, 0.5, -0.5)
    b = random_blocks(grid.zeros(n, 1))
    x, r, p, t = (grid.zeros(n, 1) for _ in range(4))
    part = np.empty(half)

    def iterate() -> None:
        """Iterations of the solver."""
        r["c"][:half] = p["c"][:half] = b["c"][:half]
        staggered.conjugate_gradients(x, r, p, t, part, W, nbr, 0.01, half, 0, 1.0, NEVER, STEPS)

    def pieces() -> None:
        """The work of as many iterations, kernel by kernel."""
        for _ in range(STEPS):
            staggered.hopping(t, W, p, nbr, half, 2 * half)
            staggered.hopping(r, W, t, nbr, 0, half)
            staggered.new_direction(part, x, p, r, 1e-9, 1e-9, 0, half)

    yield Case(
        "staggered CG iteration", name, shape, "f8", grid.volume // 2 * STEPS, 2 * staggered_flops(n, 2 * d) + 28 * n,
        2 * hop_bytes(W, n, 1, grid) + 6 * n * number_bytes("f8"), iterate,
        against=pieces, against_name="2 hops + 1 pass",
    )  # fmt: skip


def iteration_together(name: str, shape: Shape) -> Cases:
    """As many right-hand sides at once as measurements take, per even site, vector and iteration; against one alone."""
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    (one,) = staggered_iteration(name, shape)
    W, half, nbr, many = grid.packed_links(n, grid.two_rows_pay(n, 1)), grid.half, grid.neighbours, TOGETHER
    pack_links(W, U, grid.site_field(grid.staggered_signs((1,) * (d - 1) + (-1,))), nbr, 0.5, -0.5)
    b = random_blocks(grid.stack(n, 1, many))
    x, r, p, t = (grid.stack(n, 1, many) for _ in range(4))
    part, never, done, limit = np.empty((many, half)), np.full(many, NEVER), np.zeros(many, int), np.full(many, 2**62)

    def iterate() -> None:
        """Iterations of the solver."""
        r["c"][:, :half] = p["c"][:, :half] = b["c"][:, :half]
        staggered_several.conjugate_gradients(
            x, r, p, t, part, W, nbr, 0.01, half, 0, np.ones(many), never, done, limit, STEPS
        )

    def apart() -> None:
        """As many solves, one after the other."""
        for _ in range(many):
            one.call()

    yield Case(
        f"staggered CG, {many} at once", name, shape, "f8", grid.volume // 2 * STEPS * many, one.flops,
        one.bytes - 2 * W.nbytes / grid.volume * (many - 1) / many, iterate, against=apart, against_name="alone",
    )  # fmt: skip


def wilson_iteration(name: str, shape: Shape) -> Cases:
    """Mhat^dag Mhat on the even sites, per even site and iteration: four hops."""
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    S, half, nbr = spins(d), grid.half, grid.neighbours
    W = grid.packed_links(n, grid.two_rows_pay(n, S))
    pack_links(W, U, grid.site_field(grid.boundary_signs((1,) * (d - 1) + (-1,))), nbr, 0.12, 0.12)
    b = random_blocks(grid.zeros(n, S))
    x, r, p, t, q = (grid.zeros(n, S) for _ in range(5))
    part = np.empty(half)

    def iterate() -> None:
        """Iterations of the solver."""
        r["c"][:half] = p["c"][:half] = b["c"][:half]
        wilson.conjugate_gradients(x, r, p, t, q, part, None, None, W, W, nbr, half, 1.0, NEVER, STEPS)

    def pieces() -> None:
        """The work of as many iterations, kernel by kernel."""
        for _ in range(STEPS):
            for one, other in ((p, q), (q, r)):
                wilson.hopping(t, None, W, one, nbr, 1.0, half, 2 * half)
                wilson.hopping(other, None, W, t, nbr, 1.0, 0, half)
            linalg.advance_direction(x, p, r, 1e-9, 1e-9, 0, half)
            linalg.products(part, q[None], q[None], 0, half)  # r is updated with q in the last hop

    yield Case(
        "Wilson CG iteration", name, shape, "f8", grid.volume // 2 * STEPS, 4 * wilson_flops(n, d) + 28 * n * S,
        4 * hop_bytes(W, n, S, grid) + 10 * n * S * number_bytes("f8"), iterate,
        against=pieces, against_name="4 hops + 1 pass",
    )  # fmt: skip


def domain_wall_iteration(name: str, shape: Shape) -> Cases:
    """Mhat^dag Mhat on the even sites, per even 5-d site and iteration: four hops, each with a function of the shift.

    Beside them: 30 real operations and 9 numbers per component (p and u in the second hop, q in the fourth, x, p, r for
    the new iterate and direction).
    """
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    W, half, nbr, S, R = grid.packed_links(n), grid.half, grid.neighbours, spins(d), some_function()
    pack_links(W, U, grid.site_field(grid.boundary_signs((1,) * (d - 1) + (-1,))), nbr, 0.5, 0.5)
    b = random_blocks(grid.stack(n, S, L5))
    x, r, p, t, q = (grid.stack(n, S, L5) for _ in range(5))
    part = np.empty(half)

    def iterate() -> None:
        """Iterations of the solver."""
        r["c"][:, :half] = p["c"][:, :half] = b["c"][:, :half]
        domainwall.conjugate_gradients(x, r, p, t, q, t, part, R, W, nbr, half, 1.0, NEVER, STEPS)

    def pieces() -> None:
        """The work of as many iterations, kernel by kernel."""
        for _ in range(STEPS):
            for side in (1.0, -1.0):
                domainwall.hopping(t, R, W, p, nbr, side, half, 2 * half)
                domainwall.hopping(q, R, W, t, nbr, side, 0, half)
            domainwall.advance_direction(x, p, r, 1e-9, 1e-9, 0, half)
            linalg.products(part, q, q, 0, half)  # x, r, p and q are passed, as in the other solvers

    yield Case(
        "domain wall CG iteration", name, shape, "f8", grid.volume // 2 * L5 * STEPS,
        4 * domain_wall_flops(n, d) + 30 * n * S,
        4 * domain_wall_bytes(n, d, "f8", grid) + 9 * n * S * number_bytes("f8"),
        iterate, against=pieces, against_name="4 hops + 1 pass",
    )  # fmt: skip
