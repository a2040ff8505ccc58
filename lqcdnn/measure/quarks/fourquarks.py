"""Wick contractions of four-quark operators between two walls (physics.md 36.2).

With the quark S_d and the antiquark S_s from a wall j, columns k and colours a, b,

M_j^ab(x) = sum_k S_d^a(x; k) S_s^b(x; k)^dag gamma_5,

a matrix in spin, is the meson that comes from there.  Of (sbar Gamma d) (sbar Gamma' d) all that its contractions need
are two sums over space, T_1 of products of tr_c M and T_2 = sum_ab M_1^ab M_2^ba, with four indices of spin each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.contractions import add_products, outer_products
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.slices import by_time, slices
from lqcdnn.measure.quarks.spinsums import FloatArray, Matrix
from lqcdnn.measure.quarks.timesums import in_pairs

Pairs = Sequence[tuple[float, Matrix, Matrix]]
"""Coefficient, Gamma and Gamma' of each term of an operator."""

ROOM = 2**27
"""Bytes of M_1 and M_2 that are held at once, or those of the sites of one group of blocks."""

D = 4
"""Dimensions, and components of spin."""


def operators() -> dict[str, tuple[Pairs, bool]]:
    """Terms of each operator, and whether its colours are mixed: (sbar^a Gamma d^b) (sbar^b Gamma' d^a)."""
    gamma, g5, one = gamma_matrices(D), gamma_5(D), np.eye(D, dtype=np.complex128)
    left = [(1.0, g, g) for matrix in gamma for g in (matrix, matrix @ g5)]
    scalars = {sign: [(1.0, one, one), (sign, g5, g5)] for sign in (1.0, -1.0)}
    return {
        "o1": (left, False),
        "o2": (scalars[1.0], False),
        "o3": (scalars[1.0], True),
        "o4": (scalars[-1.0], False),
        "o5": (scalars[-1.0], True),
    }


class Meson:
    """The columns of S_d and S_s from one wall, as kernels read them: [block, column, colour, pair of spins]."""

    def __init__(self, quark: Sequence[Blocks], antiquark: Sequence[Blocks]) -> None:
        self.quark = side_by_side(quark)
        self.antiquark = self.quark if antiquark is quark else side_by_side(antiquark)


def side_by_side(columns: Sequence[Blocks]) -> Blocks:
    """Spinor fields in one field [block, column, colour, pair]."""
    return in_pairs(np.stack([column["c"] for column in columns], axis=1))


def meson_sums(lattice: Lattice, one: Meson, other: Meson) -> tuple[Matrix, Matrix]:
    """T_1 and T_2 of M_1 gamma_5 and M_2 gamma_5, [t, a, b, d, c] with spins a, b of M_1 and c, d of M_2.

    Added in a fixed order, so that the bits do not depend on threads; of T_2 the colours are contracted.
    """
    where, n = slices(lattice), one.quark.shape[2]
    of_group = [field_dtype(2, 2, lattice.width)] * 2
    totals = [aligned_zeros((len(where.times), D * D // 2, D * D // 2), dtype) for dtype in of_group]
    for low, high in _groups(where.first, 2 * n * n * D * D * 16 * lattice.width):
        blocks = where.order[where.first[low] : where.first[high]]
        first = where.first[low : high + 1] - where.first[low]
        # conjugate of M_1 with its colours in their order, M_2 with them exchanged: k is the same pair in both
        X, Y = _products(one.quark, one.antiquark, blocks), _products(other.antiquark, other.quark, blocks)
        order = np.arange(len(blocks))
        for total, (x, y) in zip(totals, ((_traced(X), _traced(Y)), (X, Y)), strict=True):
            add_products(total[low:high], _in_rows(x), _in_rows(y), order, first)
    return _of_spins(lattice, totals[0]), _of_spins(lattice, totals[1])


def contracted(sums: tuple[Matrix, Matrix], pairs: Pairs, mixed: bool) -> FloatArray:
    """Re sum over both contractions of <(sbar Gamma d) (sbar Gamma' d)> between the walls, [t], from `meson_sums`.

    tr Gamma M_1 tr Gamma' M_2 - tr Gamma M_1 Gamma' M_2 and the same with M_1 and M_2 exchanged, traces over spin and
    colour; with mixed colours each trace of the first is one of spin, and of the second each M_j is summed over
    colours first.
    """
    shape = (D,) * 4
    products, single = np.zeros(shape, dtype=np.complex128), np.zeros(shape, dtype=np.complex128)
    g5 = gamma_5(D)
    for coefficient, Gamma, other in pairs:
        for G, H in ((Gamma, other), (other, Gamma)):  # of M_1, of M_2
            products += coefficient * np.einsum("ba,dc->abdc", g5 @ G, g5 @ H)
            single -= coefficient * np.einsum("da,bc->abdc", g5 @ G, g5 @ H)
    weights = (single, products) if mixed else (products, single)
    both = (np.einsum("tabdc,abdc->t", one, weight, optimize=False) for one, weight in zip(sums, weights, strict=True))
    return np.asarray(sum(both)).real


def _groups(first: NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    """Ranges of groups of blocks of which the products have room, a block taking ``size`` bytes."""
    found, low = [], 0
    for g in range(1, len(first)):
        if g + 1 == len(first) or (first[g + 1] - first[low]) * size > ROOM:
            found.append((low, g))
            low = g
    return found


def _products(X: Blocks, Y: Blocks, blocks: NDArray[np.int64]) -> Blocks:
    """sum_k X_kc^* Y_kC on some blocks, [block, c, C, pair, pair]."""
    n, width = X.shape[2], X["c"].shape[-1]
    Z = aligned_zeros((len(blocks), n, n, D // 2, D // 2), field_dtype(2, 2, width))
    outer_products(Z, X, Y, blocks)
    return Z


def _traced(Z: Blocks) -> Blocks:
    """Sum over equal colours, [block, 1, 1, pair, pair]."""
    found = aligned_zeros((len(Z), 1, 1, *Z.shape[3:]), Z.dtype)
    for c in range(Z.shape[1]):
        found["c"][:, 0, 0] += Z["c"][:, c, c]
    return found


def _in_rows(Z: Blocks) -> Blocks:
    """2 x 2 matrices as two of 1 x 2 for each pair of colours, [block, c and C, pair]; a view."""
    numbers: Blocks = Z.reshape(-1).view(field_dtype(1, 2, Z["c"].shape[-1]))
    return numbers.reshape(len(Z), Z.shape[1] * Z.shape[2], -1)


def _of_spins(lattice: Lattice, total: Blocks) -> Matrix:
    """Sums by time with an index for each spin."""
    parts = np.moveaxis(by_time(lattice, total["c"]), 3, 2)  # [t, of M_1, row, of M_2, column, (re, im)]
    numbers = parts.copy().view(np.complex128).reshape(-1, *(2,) * 8)
    # of each M: pair, pair, number in the first, number in the second
    return numbers.transpose(0, 1, 3, 2, 4, 5, 7, 6, 8).reshape(-1, *(D,) * 4)
