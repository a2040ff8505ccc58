"""Fields in the Lie algebra: momenta P = i p^a T^a and forces, record arrays [d, block]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import freeze
from lqcdnn.fields.random import MOMENTUM, Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.kernels.gaussian import sum_generators
from lqcdnn.kernels.simd import momentum_dtype
from lqcdnn.lattice.blocks import aligned_zeros, momentum_numbers, stored_of_momenta
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch


def gaussian_momenta(lattice: Lattice, group: Group, stream: Stream) -> Blocks:
    """P = i p^a T^a with p^a ~ N(0, 1) (physics.md 1); 0 on links that are missing or fixed."""
    dim = len(group.generators)
    p = lattice.packed(1, (lattice.d * dim + 1) // 2)
    stream.fill(lattice, p, 1.0, MOMENTUM)
    P, T = momenta(lattice, group.n), stored_of_momenta(1j * group.generators)
    a, number = np.nonzero(T)
    sum_generators(momentum_numbers(P), p, number, a, T[a, number], dim)
    return freeze(lattice, P)


def momenta(lattice: Lattice, n: int) -> Blocks:
    """A field of momenta, [d, block], of any content: only the numbers that others do not follow from are stored."""
    none = aligned_zeros((0,), momentum_dtype(n, lattice.width, lattice.real))
    return scratch(none, lattice.d, blocks=lattice.blocks)


def momenta_from_user(lattice: Lattice, z: NDArray[np.complex128]) -> Blocks:
    """The field [d, block] of momenta as matrices [d, x, y, ..., n, n], as `Lattice.to_user` makes them of it.

    Raises
    ------
    ValueError
        If they are of another lattice.
    """
    P = momenta(lattice, z.shape[-1])
    P["c"] = lattice.from_user(stored_of_momenta(z)[..., None].astype(np.complex128))["c"][..., 0, 0, :]
    return P


def product(lattice: Lattice, X: Blocks, Y: Blocks) -> float:
    """Sum over sites and directions of Re tr X^dag Y."""
    part = np.empty(lattice.blocks)
    kernels.block_products(part, X, Y)
    return float(kernels.ordered_sum(part))


def squared_norm(lattice: Lattice, field: Blocks) -> float:
    """Sum over sites and directions of |X|^2 = tr X^dag X."""
    return product(lattice, field, field)


def kinetic_energy(lattice: Lattice, group: Group, P: Blocks) -> float:
    """K = (1/2) sum (p^a)^2 = -sum tr P^2 (SU(N))."""
    return group.kinetic_factor * squared_norm(lattice, P)


def inner_product(lattice: Lattice, group: Group, X: Blocks, Y: Blocks) -> float:
    """X . Y = sum over sites, directions and a of x^a y^a, X = i x^a T^a: twice the kinetic energy of X is X . X."""
    return 2.0 * group.kinetic_factor * product(lattice, X, Y)
