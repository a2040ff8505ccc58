"""Fields in the Lie algebra: momenta P = i p^a T^a and forces, record arrays [d, block]."""

from __future__ import annotations

import numpy as np

from lqcdnn.fields.group import Group
from lqcdnn.fields.random import MOMENTUM, Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.kernels.gaussian import sum_generators
from lqcdnn.kernels.simd import link_dtype
from lqcdnn.lattice.blocks import single_numbers
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch


def gaussian_momenta(lattice: Lattice, group: Group, stream: Stream) -> Blocks:
    """P = i p^a T^a with p^a ~ N(0, 1) (physics.md 1)."""
    dim = len(group.generators)
    p = lattice.packed(1, (lattice.d * dim + 1) // 2)
    stream.fill(lattice, p, 1.0, MOMENTUM)
    links = np.empty(0, link_dtype(group.n, lattice.width, lattice.real))
    P, T = scratch(links, lattice.d, blocks=lattice.blocks), 1j * group.generators
    stored = T[:, 0] if group.n == 2 else T.reshape(dim, -1)
    a, entry = np.nonzero(stored)
    sum_generators(single_numbers(P), p, entry, a, stored[a, entry], dim)
    return P


def squared_norm(lattice: Lattice, field: Blocks) -> float:
    """Sum over sites and directions of |X|^2 = tr X^dag X."""
    part = np.empty(lattice.blocks)
    kernels.block_norms(part, field)
    return float(kernels.ordered_sum(part))


def kinetic_energy(lattice: Lattice, group: Group, P: Blocks) -> float:
    """K = (1/2) sum (p^a)^2 = -sum tr P^2 (SU(N))."""
    return group.kinetic_factor * squared_norm(lattice, P)
