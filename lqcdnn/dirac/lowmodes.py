"""Lowest eigenvalues of a hermitian matrix A >= 0 by Chebyshev-filtered subspace iteration.

A block of vectors is multiplied by a polynomial of A that is at most 1 between a cut and the upper bound of the
spectrum and grows steeply below; Rayleigh and Ritz's procedure in the block then gives eigenvalues, the largest of them
the next cut (Zhou, Saad, Tiago, Chelikowsky, J. Comput. Phys. 219 (2006) 172).  Unlike one Krylov space, a block finds
degenerate eigenvalues with their multiplicity; where it holds nothing but one of them, cut and eigenvalue approach each
other and the polynomial no longer grows, so every other cut is kept away from it.  Sums have a fixed order and the
small matrix is diagonalised by own rotations, so that the numbers do not depend on threads or libraries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.startvectors import dot, orthonormal
from lqcdnn.errors import NumericalError
from lqcdnn.kernels import linalg as kernels
from lqcdnn.kernels.jacobi import diagonalize
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks

DEGREE, HIGHEST = 200, 6400
"""Largest degree of the first polynomial, and of any: it doubles with each that would have had to be larger."""

LANCZOS = 10
"""Steps that bound the spectrum from above."""

FLOOR = 1e-3
"""Every other polynomial has a cut at least this fraction of the spectrum above the lowest eigenvalue."""

GROWTH = 1e6
"""Largest growth of one vector against another in one polynomial: a block must stay independent in double precision."""


SPARE = 8
"""Vectors of a block beyond the eigenvalues wanted, at least; half as many as these if that is more."""


@dataclass(frozen=True)
class Hermitian:
    """A hermitian matrix A >= 0 on the blocks ``first`` to ``last`` of fields.

    Attributes
    ----------
    apply
        ``apply(out, x)`` sets out = A x.
    bound
        A number no eigenvalue exceeds.
    """

    apply: Callable[[Blocks, Blocks], None]
    bound: float
    first: int
    last: int

    def norm2(self, b: Blocks) -> float:
        """|b|^2 on these blocks."""
        part = np.empty(self.last - self.first)
        kernels.products(part, rows(b), rows(b), self.first, self.last)
        return float(ordered_sum(part))


class LowModes(NamedTuple):
    """Eigenvalues in rising order and |A v - a v| of each; all of the block's Ritz values and vectors.

    The first of the latter are the eigenvalues; those beyond have not converged.
    """

    values: NDArray[np.float64]
    residuals: NDArray[np.float64]
    ritz: NDArray[np.float64]
    vectors: list[Blocks]


def block_size(number: int, dimension: int) -> int:
    """How many start vectors :func:`low_modes` takes for so many eigenvalues of a matrix of so many rows."""
    return min(dimension, number + max(SPARE, number // 2))


def low_modes(A: Hermitian, start: Sequence[Blocks], number: int, tolerance: float, max_iterations: int) -> LowModes:
    """The lowest eigenvalues of A.

    Parameters
    ----------
    A
        The matrix.
    start
        Independent vectors, more than ``number`` unless they span the whole space; they are overwritten.
    number
        How many eigenvalues.
    tolerance
        |A v - a v| <= tolerance times the bound of A for each.
    max_iterations
        Polynomials applied at most.

    Raises
    ------
    NumericalError
        If that is not enough, or the vectors hold NaN.
    """
    basis, worst, limit, top = list(start), math.nan, DEGREE, upper_bound(A, start[0])
    for done in range(max_iterations + 1):
        basis = orthonormal(A, orthonormal(A, basis))
        if len(basis) < number:
            raise NumericalError(f"eigenvalues: {len(basis)} independent vectors are left of {len(start)}")
        values, basis, images = rayleigh_ritz(A, basis)
        residuals = np.array([deviation(A, images[j], values[j], basis[j]) for j in range(number)])
        worst = float(residuals.max())
        if worst <= tolerance * A.bound:
            return LowModes(values[:number], residuals, values, basis)
        low, top = float(values[0]), max(top, float(values[-1]))  # a vector beyond the top would have grown
        cut = max(float(values[-1]), low + (FLOOR if done % 2 else 0.0) * (top - low))
        degree = degree_between(low, cut, top)
        for v in basis:
            chebyshev(A, v, low, cut, top, min(degree, limit))
        limit = min(2 * limit, HIGHEST) if degree > limit else limit
    raise NumericalError(
        f"eigenvalues: residual {worst / A.bound:.2e} after {max_iterations} polynomials, demanded {tolerance:.1e}",
        hint="raise max_iterations or tolerance of [observables.eigenvalues]",
    )


def rayleigh_ritz(
    A: Hermitian, basis: Sequence[Blocks]
) -> tuple[NDArray[np.float64], list[Blocks], list[Blocks]]:
    """Eigenvalues of A in the span of orthonormal vectors, in rising order, their vectors, and A times these."""
    images = [zeros_of_kind(v) for v in basis]
    values, V = restricted(A, A.apply, basis, images)
    order = np.argsort(values, kind="stable")
    return values[order], turned(A, basis, V[:, order]), turned(A, images, V[:, order])


def restricted(
    A: Hermitian, apply: Callable[[Blocks, Blocks], None], basis: Sequence[Blocks], images: Sequence[Blocks]
) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Eigenvalues and vectors of a hermitian matrix B between orthonormal vectors on the blocks of A, in no order.

    Parameters
    ----------
    A, basis
        Where the vectors are, and they themselves.
    apply
        ``apply(out, x)`` sets out = B x.
    images
        Where B times each is left; may be the same field for all.
    """
    n = len(basis)
    H, V = np.zeros((n, n), dtype=np.complex128), np.eye(n, dtype=np.complex128)
    for j, (v, image) in enumerate(zip(basis, images, strict=True)):
        apply(image, v)
        for i in range(j + 1):
            H[i, j] = dot(A, basis[i], image)
            H[j, i] = np.conj(H[i, j])
        H[j, j] = H[j, j].real
    if n:
        diagonalize(H, V)
    return H.diagonal().real.copy(), V


def turned(A: Hermitian, vectors: Sequence[Blocks], V: NDArray[np.complex128]) -> list[Blocks]:
    """sum_i v_i V_ij for each j."""
    found = [zeros_of_kind(v) for v in vectors]
    for j, out in enumerate(found):
        for i, v in enumerate(vectors):
            kernels.add_multiple(rows(out), complex(V[i, j]), rows(v), A.first, A.last)
    return found


def deviation(A: Hermitian, image: Blocks, value: float, v: Blocks) -> float:
    """|A v - a v|; destroys A v."""
    kernels.add_multiple(rows(image), complex(-value), rows(v), A.first, A.last)
    return math.sqrt(A.norm2(image))


def upper_bound(A: Hermitian, start: Blocks) -> float:
    """A number that no eigenvalue exceeds, as a rule: largest Ritz value of some steps of Lanczos plus what they leave.

    As Zhou et al. take it.  The bound of A, which holds for every matrix of its kind, is two to three times as large,
    and degrees go with the root of it.
    """
    v, before, length = zeros_of_kind(start), zeros_of_kind(start), 0.0
    H = np.zeros((LANCZOS, LANCZOS), dtype=np.complex128)
    kernels.add_multiple(rows(v), complex(A.norm2(start) ** -0.5), rows(start), A.first, A.last)
    for k in range(LANCZOS):
        out = zeros_of_kind(v)
        A.apply(out, v)
        H[k, k] = dot(A, v, out).real
        for c, u in ((H[k, k], v), (length, before)):
            kernels.add_multiple(rows(out), -complex(c), rows(u), A.first, A.last)
        length = math.sqrt(A.norm2(out))
        if k + 1 == LANCZOS or not length > 1e-12 * A.bound:  # all that the start holds is found
            break
        H[k, k + 1] = H[k + 1, k] = length
        before, v = v, zeros_of_kind(v)
        kernels.add_multiple(rows(v), complex(1.0 / length), rows(out), A.first, A.last)
    H = H[: k + 1, : k + 1].copy()
    if not np.isfinite(H).all():
        return A.bound
    diagonalize(H, np.eye(k + 1, dtype=np.complex128))
    return min(A.bound, float(H.diagonal().real.max()) + length)


def interval(cut: float, top: float) -> tuple[float, float]:
    """Half the length and the centre of the interval in which polynomials stay below 1."""
    return 0.5 * (1.0001 * top - cut), 0.5 * (1.0001 * top + cut)


def degree_between(low: float, cut: float, top: float) -> int:
    """The degree with which a vector of the eigenvalue ``low`` grows by ``GROWTH`` against one at the cut."""
    half, centre = interval(cut, top)
    growth = math.acosh(max(1.0, (centre - low) / half))
    return max(2, int(math.acosh(GROWTH) / max(growth, 1e-12)))


def chebyshev(A: Hermitian, v: Blocks, low: float, cut: float, top: float, degree: int) -> None:
    """v <- T_k(l(A)) v / T_k(l(low)), k the degree, l the linear map of [cut, top] to [-1, 1]."""
    half, centre = interval(cut, top)
    sigma = first = half / (low - centre)
    fields = (v, zeros_of_kind(v), zeros_of_kind(v))
    (old, x), (now, y), (out, z) = ((field, rows(field)) for field in fields)
    A.apply(now, old)
    kernels.recur(y, sigma / half, -centre * sigma / half, x, 0.0, x, A.first, A.last)
    for _ in range(degree - 1):
        following = 1.0 / (2.0 / first - sigma)
        A.apply(out, now)
        factor = 2.0 * following / half
        kernels.recur(z, factor, -centre * factor, y, -sigma * following, x, A.first, A.last)
        (old, x), (now, y), (out, z) = (now, y), (out, z), (old, x)
        sigma = following
    where = slice(A.first, A.last)
    rows(v)["c"][:, where] = y["c"][:, where]
