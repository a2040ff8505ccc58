"""One kernel to be timed: what it does at a site in operations and bytes, and how it is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.jobs.bench.sampling import Call
from lqcdnn.lattice.geometry import Blocks, Lattice

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A kernel on one lattice.

    Attributes
    ----------
    name, group, shape, real
        What is timed; real is "f8" or "f4".
    sites
        Sites (or links, or 5-d sites) that one call works on.
    flops, bytes
        Per site: real operations (a fused multiply-add is two), and bytes that have to pass between the processor and
        the level of memory that holds the whole working set; written data count twice (the line is read first) when
        they are not read anyway.
    call
        Runs the kernel once.
    bound
        Whether the fraction is of the roofline ("roofline") or of the arithmetic alone ("arithmetic").
    working
        Bytes of the working set; 0: ``bytes`` times the sites of one pass.
    against
        Another call of which this one's time is given as a multiple, and its name.
    """

    name: str
    group: str
    shape: Shape
    real: str
    sites: int
    flops: float
    bytes: float
    call: Call
    bound: str = "roofline"
    working: float = 0.0
    against: Call | None = field(default=None, repr=False)
    against_name: str = ""


Cases = Iterator[Case]


def matmul_flops(n: int, m: int | None = None) -> int:
    """An n x n times n x m product of complex matrices: 8 n - 2 for each entry."""
    return n * (n if m is None else m) * (8 * n - 2)


def link_numbers(n: int) -> int:
    """Complex numbers of a link: the first row of SU(2), else all."""
    return 2 if n == 2 else n * n


def momentum_bytes(n: int) -> int:
    """Bytes of a momentum: as many real numbers as SU(2) or U(n) has generators."""
    return 8 * (3 if n == 2 else n * n)


def link_product_flops(n: int) -> int:
    """Of a product of two links: of SU(2) the first row alone is made."""
    return matmul_flops(n) // 2 if n == 2 else matmul_flops(n)


def number_bytes(real: str) -> int:
    """Bytes of a complex number."""
    return 2 * np.dtype(real).itemsize


@lru_cache(maxsize=4)
def hot_links(name: str, shape: Shape) -> tuple[Lattice, Blocks]:
    """Random links, the same for all cases; not to be changed."""
    grid = Lattice(shape)
    return grid, gauge.hot(grid, group(name), 1)


def random_blocks(out: Blocks) -> Blocks:
    """Fill a field with normal numbers."""
    out["c"] = np.random.default_rng(7).standard_normal(out["c"].shape)
    return out


def title(shape: Shape) -> str:
    """8^4, or 8x8x8x16."""
    return f"{shape[0]}^{len(shape)}" if len(set(shape)) == 1 else "x".join(map(str, shape))
