"""Colour vectors: record arrays [block] of Nc x 1 matrices."""

from __future__ import annotations

from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice


def gaussian_vector(lattice: Lattice, n: int, stream: Stream, purpose: int) -> Blocks:
    """Complex Gaussian vector with <|r|^2> = 1 per component (physics.md 3.1)."""
    r = stream.normal(lattice, 2 * n, purpose) * 0.5**0.5
    r = r.reshape(lattice.blocks, lattice.width, n, 2).transpose(0, 2, 3, 1)  # [block, n, (re, im), lane]
    out = lattice.zeros(n, 1)
    out["c"][:, :, 0] = r
    return out
