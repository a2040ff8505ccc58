"""Sums over space of products of two quark fields, for each time slice; added in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.contractions import add_products
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros, zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.slices import by_time, of_space, slices

Matrix = NDArray[np.complex128]
Wave = NDArray[np.float64] | Matrix | None
"""Weights of the sites of space in a sum, [x, ...]; None: all 1."""


def in_pairs(numbers: NDArray[np.float64]) -> Blocks:
    """Numbers as matrices of 1 x 2, the last index in pairs: [..., pair], for ``kernels.contractions``.

    Parameters
    ----------
    numbers
        [..., i, (re, im), lane]: i even, contiguous.
    """
    *lead, count, _, width = numbers.shape
    pairs: Blocks = numbers.reshape(*lead, -1).view(field_dtype(1, 2, width))
    return pairs.reshape(*lead, count // 2)


def of_spinors(lattice: Lattice, field: Blocks) -> Blocks:
    """A spinor field as pairs of its spin components, [block, colour and s5, if any, pair]; a view."""
    numbers = (field if field.ndim == 1 else field.T)["c"]  # s5 of a block lie side by side
    return in_pairs(numbers.reshape(lattice.blocks, -1, *numbers.shape[-3:]))


def weighted(lattice: Lattice, field: Blocks, wave: Wave) -> Blocks:
    """A field [block, ...], or pairs of one, times a number for each site of space [x, ...]."""
    if wave is None:
        return field
    found, numbers = zeros_of_kind(field), field["c"]

    def at_sites(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return of_space(lattice, part).reshape(lattice.blocks, *[1] * (numbers.ndim - 2), lattice.width)

    np.multiply(numbers, at_sites(wave.real), out=found["c"])
    if np.iscomplexobj(wave):
        imaginary = at_sites(wave.imag)
        found["c"][..., :1, :] -= imaginary * numbers[..., 1:, :]
        found["c"][..., 1:, :] += imaginary * numbers[..., :1, :]
    return found


def time_sums(lattice: Lattice, products: Iterable[tuple[Blocks, Blocks]]) -> Matrix:
    """sum over space, k and products (X, Y) of X_i^* Y_j, [t, i, j]; X and Y are pairs [block, k, pair].

    Each block is added to its time slice in a fixed order, so that the bits do not depend on threads.
    """
    where, total = slices(lattice), None
    for X, Y in products:
        if total is None:
            shape = len(where.times), X.shape[-1], Y.shape[-1]
            total = aligned_zeros(shape, field_dtype(2, 2, lattice.width))
        add_products(total, X, Y, where.order, where.first)
    assert total is not None  # there is a product
    parts = np.moveaxis(by_time(lattice, total["c"]), 3, 2)  # [t, pair, i of it, pair, j of it, (re, im)]
    t, rows, _, columns, _, _ = parts.shape
    return parts.copy().view(np.complex128).reshape(t, 2 * rows, 2 * columns)


def timeslices(
    lattice: Lattice, psi: Blocks, other: Blocks | None = None, signs: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """|psi|^2 summed over space, colour and spin, [Lt]; added in a fixed order.

    With ``other`` Re psi^dag other in its place, with ``signs`` [site in block order] times the sign of each site.
    """
    at_sites = density(psi, other)
    return of_slices(lattice, at_sites if signs is None else at_sites * signs)


def density(psi: Blocks, other: Blocks | None = None) -> NDArray[np.float64]:
    """|psi|^2 or Re psi^dag other summed over colour and spin, [site in block order]."""
    product = psi["c"] * (psi if other is None else other)["c"]
    return np.asarray(product.reshape(len(psi), -1, product.shape[-1]).cumsum(axis=1)[:, -1].ravel())


def of_slices(lattice: Lattice, at_sites: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over space, [Lt], of numbers of the sites in block order; in this order."""
    sums = np.bincount(lattice.coordinates[:, -1], weights=at_sites, minlength=lattice.shape[-1])
    return np.asarray(sums, dtype=np.float64)
