"""Symmetries of space: exchanges of directions that are alike, and mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

Momentum = tuple[int, ...]
"""k_i of p_i = 2 pi k_i / L_i."""


def exchanges(extents: Sequence[int], boundary: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Orders of the directions that differ by those with equal extents and boundary signs."""
    kinds = list(zip(extents, boundary, strict=True))
    for order in permutations(range(len(kinds))):
        if all(kinds[i] == kinds[k] for i, k in enumerate(order)):
            yield order


def images(
    extents: Sequence[int], boundary: Sequence[int], momenta: Sequence[Momentum]
) -> Iterator[tuple[Momentum, ...]]:
    """What each symmetry of space makes of several momenta, k_i from 0 to L_i - 1."""
    for order in exchanges(extents, boundary):
        for signs in product((1, -1), repeat=len(order)):
            yield tuple(
                tuple(s * one[i] % n for s, i, n in zip(signs, order, extents, strict=True)) for one in momenta
            )
