"""Cases: the hop of each Dirac operator from odd to even sites, per target site."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.jobs.bench.cases import Case, Cases, Shape, link_numbers, matmul_flops, number_bytes, random_blocks
from lqcdnn.kernels import domainwall, staggered, wilson
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.blocks import short_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice

L5 = 8
COLORS = {"U(1)": 1, "SU(2)": 2, "SU(3)": 3}


def table_bytes(grid: Lattice) -> float:
    """Of the table of neighbours, for a site."""
    return grid.neighbours.nbytes / grid.volume


def hop_bytes(W: Blocks, n: int, components: int, grid: Lattice) -> float:
    """2d packed links, a vector read, one written (which reads its lines first), and where the neighbours are."""
    return W.nbytes / grid.volume + number_bytes(grid.real) * 3 * n * components + table_bytes(grid)


def staggered_flops(n: int, legs: int) -> int:
    """Products matrix times vector, and their sum: 570 for SU(3) in d = 4; what completes links is not counted."""
    return legs * matmul_flops(n, 1) + (legs - 1) * 2 * n


def wilson_flops(n: int, d: int) -> int:
    """2d legs of a projection, a product with S/2 columns, and adding to all spins: 1320 for SU(3) in d = 4."""
    S: int = spins(d)
    return 2 * d * (n * S + matmul_flops(n, S // 2)) + (2 * d - 1) * 2 * n * S


def hermitian_flops(n: int) -> int:
    """A hermitian n x n matrix times a vector: a real multiple and n - 1 complex products to be summed for each row."""
    return n * (2 + 8 * (n - 1))


def symmetric_flops(n: int) -> int:
    """A real matrix times a complex vector, whose numbers are added in pairs before and after."""
    return n * 2 * (2 * n - 1) + 2 * n * 2


def staggered_hop(name: str, shape: Shape, real: str = "f8") -> Cases:
    """D on half the lattice."""
    n, d, grid = COLORS[name], len(shape), Lattice(shape, real=real)
    W, psi = random_blocks(grid.packed_links(n, grid.two_rows_pay(n, 1))), random_blocks(grid.zeros(n, 1))
    out, nbr, half = grid.zeros(n, 1), grid.neighbours, grid.half
    yield Case(
        "staggered hop", name, shape, real, grid.volume // 2, staggered_flops(n, 2 * d), hop_bytes(W, n, 1, grid),
        lambda: staggered.hopping(out, W, psi, nbr, 0, half),
    )  # fmt: skip


def short_hop(name: str, shape: Shape) -> Cases:
    """D in single precision with links of 16 bits."""
    n, d, grid = COLORS[name], len(shape), Lattice(shape, real="f4")
    W, psi = random_blocks(short_zeros(grid.packed_links(n, n == 3))), random_blocks(grid.zeros(n, 1))
    out, nbr, half = grid.zeros(n, 1), grid.neighbours, grid.half
    yield Case(
        "staggered hop, 16 bits", name, shape, "f4", grid.volume // 2, staggered_flops(n, 2 * d),
        hop_bytes(W, n, 1, grid), lambda: staggered.hopping(out, W, psi, nbr, 0, half),
    )  # fmt: skip


def improved_hop(name: str, shape: Shape) -> Cases:
    """D of fat and long links (HISQ, asqtad, Naik) on half the lattice."""
    n, d, grid = COLORS[name], len(shape), Lattice(shape)
    operator = StaggeredOperator(grid, n, 0.1, (1,) * d, improvement_of("hisq", d))
    W, psi = random_blocks(operator.links), random_blocks(grid.zeros(n, 1))
    out, nbr, half = grid.zeros(n, 1), operator.neighbours, grid.half
    size = hop_bytes(W, n, 1, grid) - table_bytes(grid) + nbr.nbytes / grid.volume
    yield Case(
        "HISQ hop", name, shape, "f8", grid.volume // 2, staggered_flops(n, 4 * d), size,
        lambda: staggered.hopping(out, W, psi, nbr, 0, half),
    )  # fmt: skip


def wilson_hop(name: str, shape: Shape, real: str = "f8", clover: bool = False) -> Cases:
    """K on half the lattice; with clover A^-1 K, A^-1 two hermitian matrices of N S/2 rows."""
    n, d, grid = COLORS[name], len(shape), Lattice(shape, real=real)
    S = spins(d)
    W, psi = random_blocks(grid.packed_links(n, grid.two_rows_pay(n, S))), random_blocks(grid.zeros(n, S))
    C = random_blocks(grid.clover_matrices(n)) if clover else None
    out, nbr, half = grid.zeros(n, S), grid.neighbours, grid.half
    flops, size = wilson_flops(n, d), hop_bytes(W, n, S, grid)
    if C is not None:
        rows, numbers = n * S // 2, C.dtype["c"].shape[0]
        flops += 2 * (hermitian_flops if numbers == rows**2 else symmetric_flops)(rows)
        size += C.nbytes / grid.volume
    yield Case(
        "clover hop" if clover else "Wilson hop", name, shape, real, grid.volume // 2, flops, size,
        lambda: wilson.hopping(out, C, W, psi, nbr, 1.0, 0, half),
    )  # fmt: skip


def domain_wall_flops(n: int, d: int) -> int:
    """A hop, and 14 real operations for each complex component in a function of the shift."""
    S: int = spins(d)
    return wilson_flops(n, d) + 14 * n * S


def domain_wall_bytes(n: int, d: int, real: str, grid: Lattice) -> float:
    """Of a hop per 5-d site: the links are read once for all s5."""
    S: int = spins(d)
    return (number_bytes(real) * 2 * d * link_numbers(n) + table_bytes(grid)) / L5 + 3 * n * S * number_bytes(real)


def some_function() -> NDArray[np.float64]:
    """A function of the shift as the kernels take it."""
    return np.array([0.5, 0.1, 0.3, *(0.1 * 0.3**k for k in range(L5))])


def domain_wall_hop(name: str, shape: Shape) -> Cases:
    """R K at all s5, per 5-d site."""
    n, d, real = COLORS[name], len(shape), "f8"
    grid = Lattice(shape, real=real)
    S, R = spins(d), some_function()
    W, psi = random_blocks(grid.packed_links(n)), random_blocks(grid.stack(n, S, L5))
    out, nbr, half = grid.stack(n, S, L5), grid.neighbours, grid.half
    yield Case(
        f"domain wall hop, L5 {L5}", name, shape, real, grid.volume // 2 * L5, domain_wall_flops(n, d),
        domain_wall_bytes(n, d, real, grid), lambda: domainwall.hopping(out, R, W, psi, nbr, 1.0, 0, half),
    )  # fmt: skip
