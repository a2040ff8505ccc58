"""Hermitian operators as dense matrices on small lattices, their determinants and traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.lowmodes import Hermitian
from lqcdnn.dirac.normal import rows
from lqcdnn.errors import NumericalError
from lqcdnn.kernels import dense, elimination, jacobi
from lqcdnn.kernels.simd.types import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks

Parts = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Real and imaginary part of a matrix."""

_WORK_PER_CALL = 3e8  # multiply-adds before Python, and with it a signal, gets its turn


EVERY = slice(None)


def matrix(A: Hermitian, vector: Callable[[], Blocks], spins: slice = EVERY) -> Parts:
    """A in the basis (row, block, colour, spin, lane) of its blocks, column by column.

    Parameters
    ----------
    A
        The operator.
    vector
        Makes a zero field of the kind A acts on.
    spins
        Spin components that A maps to themselves.
    """
    unit, image = vector(), vector()
    where = slice(A.first, A.last)
    x, y = (rows(f)["c"][:, where, :, spins] for f in (unit, image))  # [row, block, colour, spin, (re, im), lane]
    shape = (*x.shape[:4], x.shape[-1])
    size = math.prod(shape)
    real, imaginary = np.empty((size, size)), np.empty((size, size))  # row j from column j: A is hermitian
    for j, (row, block, colour, spin, lane) in enumerate(np.ndindex(shape)):
        x[row, block, colour, spin, 0, lane] = 1.0
        A.apply(image, unit)
        x[row, block, colour, spin, 0, lane] = 0.0
        real[j], imaginary[j] = y[..., 0, :].ravel(), y[..., 1, :].ravel()
    return real, np.negative(imaginary, out=imaginary)


def eliminate(a: NDArray[np.float64], b: NDArray[np.float64], inverse: bool = True) -> NDArray[np.float64]:
    """D of a + i b = L D L^dag; row i of a and b holds L^-1 before the diagonal afterwards, if ``inverse``."""
    n, W, block = len(a), elimination.LANES, elimination.BLOCK
    rows = -(-n // block) * block
    A, ends = (aligned_zeros((count // W, rows), field_dtype(1, 1, W)) for count in (rows, block))
    numbers, last = (blocks["c"][:, :, 0, 0] for blocks in (A, ends))  # [panel, row, (re, im), lane]
    every = np.arange(rows)
    numbers[every // W, every, 0, every % W] = 1.0  # rows beyond n stay so
    last[every % block // W, every, 0, every % W] = 1.0
    whole, rest = n // W, n % W
    for part, given in enumerate((a, b)):
        numbers[:whole, :n, part] = given[:, : whole * W].reshape(n, whole, W).swapaxes(0, 1)
        numbers[whole : whole + 1, :n, part, :rest] = given[:, whole * W :]
    pivots, (p, q) = np.empty(rows), np.empty((2, block, rows))
    chunk = max(block, int(_WORK_PER_CALL / rows**2) // block * block)
    for first in range(0, rows, chunk):
        stop = min(first + chunk, rows)
        elimination.eliminate_blocks(A, ends, numbers, pivots, p, q, first, stop, inverse)
    if inverse:
        for part, found in enumerate((a, b)):
            found[:] = numbers[:, :n, part].swapaxes(0, 1).reshape(n, rows)[:, :n]
            for first in range(0, n, block):
                stop = min(first + block, n)
                own = last[:, first:stop, part].swapaxes(0, 1).reshape(stop - first, block)
                found[first:stop, first:stop] = own[:, : stop - first]
    return pivots[:n]


def eigenvalues(A: Hermitian, vector: Callable[[], Blocks]) -> NDArray[np.float64]:
    """All eigenvalues of A in rising order, by Jacobi's rotations; seconds for 384 rows.

    Raises
    ------
    NumericalError
        If the links hold NaN.
    """
    real, imaginary = matrix(A, vector)
    H = real + 1j * imaginary
    n, none = len(H), np.empty((0, len(H)), dtype=np.complex128)
    size, chunk = jacobi.largest_entry(H), max(1, int(_WORK_PER_CALL / (8 * n**2)))
    for _ in range(jacobi.SWEEPS):
        if sum(jacobi.sweep(H, none, size, p, min(p + chunk, n)) for p in range(0, n, chunk)) == 0:
            break
    values = np.sort(H.diagonal().real)
    if not np.isfinite(values).all():
        raise NumericalError("eigenvalues: the links hold NaN")
    return values


@dataclass(frozen=True)
class Factors:
    """A = L D L^dag of a positive matrix, with what of it gives determinant and inverse.

    Attributes
    ----------
    real, imaginary
        Row j holds L^-1 before the diagonal (:func:`eliminate`).
    pivots
        D.
    order
        Row of the matrix of each number of a field, in the order of :func:`matrix`; None: that order itself.
    """

    real: NDArray[np.float64]
    imaginary: NDArray[np.float64]
    pivots: NDArray[np.float64]
    order: NDArray[np.intp] | None = None

    @property
    def log_determinant(self) -> float:
        """ln det A."""
        return logarithm_of(self.pivots)

    def inverse_columns(self, A: Hermitian, x: Blocks) -> Iterator[Blocks]:
        """Vectors v_j with A^-1 = sum_j v_j v_j^dag, one after the other in the field ``x``, on the sites of A.

        v_j = L^-dag e_j / sqrt(D_j): row j of L^-1, conjugate.
        """
        inside = rows(x)["c"][:, A.first : A.last]
        shape = (*inside.shape[:4], inside.shape[-1])
        column, size, order = np.zeros((2, len(self.pivots))), len(self.pivots), self.order
        for j in range(size):
            factor = 1.0 / math.sqrt(self.pivots[j])
            np.multiply(self.real[j, :j], factor, out=column[0, :j])
            np.multiply(self.imaginary[j, :j], -factor, out=column[1, :j])
            column[:, j] = factor, 0.0
            there = column if order is None else column[:, order]
            inside[..., 0, :], inside[..., 1, :] = there[0].reshape(shape), there[1].reshape(shape)
            yield x


def factorize(A: Hermitian, vector: Callable[[], Blocks], spins: slice = EVERY) -> Factors:
    """Factors of a positive matrix (see :func:`matrix`).

    Raises
    ------
    NumericalError
        If A is not positive definite: the links hold NaN, or it has a zero mode.
    """
    return factors_of(matrix(A, vector, spins))


def factors_of(found: Parts, order: NDArray[np.intp] | None = None) -> Factors:
    """The same of a matrix that is there, in its memory; ``order`` as of :class:`Factors`."""
    return Factors(*found, _pivots(*found), order)


def log_determinant(A: Hermitian, vector: Callable[[], Blocks], spins: slice = EVERY) -> float:
    """ln det A of a positive matrix (see :func:`matrix`; errors as :func:`factorize`)."""
    return log_determinant_of(matrix(A, vector, spins))


def log_determinant_of(found: Parts) -> float:
    """The same of a matrix that is there, which is no longer needed."""
    return logarithm_of(_pivots(*found, inverse=False))


def inverse_trace(A: Hermitian, vector: Callable[[], Blocks], spins: slice = EVERY) -> float:
    """Tr A^-1 of a positive matrix (see :func:`matrix`; errors as :func:`factorize`)."""
    found = factorize(A, vector, spins)
    return float(dense.inverse_trace(found.real, found.imaginary, found.pivots))


def logarithm_of(pivots: NDArray[np.float64]) -> float:
    """ln det A from D."""
    return math.fsum(math.log(pivot) for pivot in pivots)


def _pivots(a: NDArray[np.float64], b: NDArray[np.float64], inverse: bool = True) -> NDArray[np.float64]:
    """:func:`eliminate` of a positive matrix."""
    pivots = eliminate(a, b, inverse)
    if not (pivots > 0.0).all():
        raise NumericalError("dense matrix: it is not positive, so the links hold NaN or there is a zero mode")
    return pivots
