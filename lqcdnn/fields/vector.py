"""Colour vectors and spinors: record arrays [block] of Nc x S matrices, S = 1 or the number of spin components."""

from __future__ import annotations

import numpy as np

from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import ordered_sum, real_products
from lqcdnn.lattice.geometry import Blocks, Lattice


def gaussian_vector(lattice: Lattice, n: int, stream: Stream, purpose: int, spins: int = 1) -> Blocks:
    """Complex Gaussian field of n x spins matrices with <|r|^2> = 1 per component (physics.md 3.1)."""
    out = lattice.zeros(n, spins)
    stream.fill(lattice, out, 0.5**0.5, purpose)
    return out


def real_product(x: Blocks, y: Blocks) -> float:
    """Sum over all sites of Re <x, y>, the same bits for any number of threads."""
    part = np.empty(len(x))
    real_products(part, x, y)
    return float(ordered_sum(part))


def imaginary_product(x: Blocks, y: Blocks) -> float:
    """Sum over all sites of Im <x, y>, the same bits for any number of threads."""
    turned = np.empty_like(x)
    turned["c"][..., 0, :], turned["c"][..., 1, :] = -x["c"][..., 1, :], x["c"][..., 0, :]
    return real_product(turned, y)
