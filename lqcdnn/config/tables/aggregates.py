"""How a multigrid cuts lattices into aggregates, and which lattices it can cut (``lattice.aggregates``)."""

from __future__ import annotations

from math import prod

EXTENT = {2: 8, 4: 4}
"""Extent of aggregates that is best, by the number of dimensions."""

VECTORS = {2: 8, 4: 16}
"""Test vectors, by the number of dimensions: powers of two, as they are the lanes of registers."""

LARGE, COARSER = {2: 64, 4: 256}, {2: 4, 4: 2}
"""How many aggregates are cut into aggregates again, and the extent of those, by the number of dimensions."""

SMALLEST = 4
"""Smallest extent of a lattice: two aggregates of two sites."""


def aggregate_extents(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Extents of the aggregates of a lattice."""
    return tuple(_divisor(length, EXTENT[len(shape)]) for length in shape)


def coarser_extents(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Extents of the aggregates that a grid of so many aggregates is cut into again; None: that would not pay."""
    d = len(shape)
    return None if prod(shape) < LARGE[d] else tuple(_divisor(length, COARSER[d]) for length in shape)


def _divisor(length: int, wanted: int) -> int:
    """The divisor next to ``wanted`` that leaves at least two aggregates; the smaller one of two."""
    return min((b for b in range(1, length // 2 + 1) if length % b == 0), key=lambda b: (abs(b - wanted), b))


def what_multigrid_allows(shape: tuple[int, ...], colors: int) -> str | None:
    """What is allowed in place of a lattice of even extents that no multigrid can be made for; None: it is allowed.

    Aggregates have to hold twice as many numbers of each chirality as there are test vectors.
    """
    d = len(shape)
    if min(shape) < SMALLEST:
        return f"extents of {SMALLEST} and more"
    extents, needed = aggregate_extents(shape), 2 * VECTORS[d]
    if prod(extents) * colors * (d // 2) >= needed:
        return None
    found = f"aggregates of {'x'.join(map(str, extents))} sites hold too few numbers for {VECTORS[d]} test vectors"
    return f"extents with larger divisors near {EXTENT[d]}: {found}"
