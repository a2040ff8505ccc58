"""Lowest eigenvectors of the covariant Laplacian of space, time slice by time slice (physics.md 28.1).

A = -D, (D psi)(x) = sum_i [U_i(x) psi(x+i) + U_i(x-i)^dag psi(x-i) - 2 psi(x)], knows no hops in time. Chebyshev
polynomials of A + 1 act on fields, that is on all slices at once (``dirac.lowmodes``, from where the method is);
Rayleigh and Ritz's procedure is that of each slice. Start vectors are always the same, so the result is a function of
the links alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.lowmodes import DEGREE, FLOOR, HIGHEST, Hermitian, block_size, chebyshev, degree_between
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels.smearing import spread
from lqcdnn.kernels.timeslices import deviations, diagonalize_slices, multiply, orthonormalize
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice, colors

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

DEPENDENT = 1e-12
"""A vector of which less than this part is left outside the span of the others is rounding."""

LARGEST_CALL = 2**29
"""Multiplications of complex numbers in one call, about half a second."""

MOST_POLYNOMIALS = 1000
"""Far more than ever needed."""


class SliceModes(NamedTuple):
    """Eigenvalues [t, k], rising, and orthonormal eigenvectors [t, k, n], n sites of space in order, times colours."""

    values: FloatArray
    vectors: ComplexArray


def products(A: ComplexArray, B: ComplexArray) -> ComplexArray:
    """A[b] B[b] for each b, added in order."""
    out = np.empty((len(A), A.shape[1], B.shape[2]), dtype=np.complex128)
    step = max(1, LARGEST_CALL // max(1, A[0].size * B.shape[2]))
    for first in range(0, len(A), step):
        part = slice(first, first + step)
        multiply(out[part], A[part], B[part])
    return out


def adjoint(A: ComplexArray) -> ComplexArray:
    """A[b]^dag for each b."""
    return np.ascontiguousarray(A.swapaxes(-1, -2).conj())


def slice_modes(lattice: Lattice, links: Blocks, count: int, tolerance: float) -> SliceModes:
    """The lowest eigenvectors of -D in each time slice.

    Parameters
    ----------
    lattice, links
        Links of space, with the boundary signs of what D acts on.
    count
        How many; at most as many as sites of space times colours.
    tolerance
        |A v - a v| <= tolerance times 4 (d - 1), the bound of A, for each.

    Raises
    ------
    NumericalError
        If they do not converge.
    """
    n = colors(links)
    bound = 1.0 + 4.0 * (lattice.d - 1)

    def apply(out: Blocks, x: Blocks) -> None:
        spread(out, links, x, lattice.neighbours, -1.0)  # 1 - D

    A = Hermitian(apply, bound, 0, lattice.blocks)
    size = block_size(count, lattice.volume // lattice.shape[-1] * n)
    fields = [gaussian_vector(lattice, n, Stream(0, 0), noise_purpose(k)) for k in range(size)]
    limit, worst = DEGREE, np.inf
    for done in range(MOST_POLYNOMIALS + 1):
        values, vectors, images = _rayleigh_ritz(lattice, A, fields)
        distances = np.empty((len(values), count))
        deviations(distances, images, values, vectors)
        worst = float(distances.max())
        if worst <= tolerance * (bound - 1.0):
            return SliceModes(values[:, :count] - 1.0, np.ascontiguousarray(vectors[:, :count]))
        low = float(values.min())
        cut = max(float(values.max()), low + (FLOOR if done % 2 else 0.0) * (bound - low))
        degree = degree_between(low, cut, bound)
        fields = [as_field(lattice, vectors[:, k]) for k in range(size)]
        for psi in fields:
            chebyshev(A, psi, low, cut, bound, min(degree, limit))
        limit = min(2 * limit, HIGHEST) if degree > limit else limit
    raise NumericalError(
        f"Laplacian of space: residual {worst / bound:.2e} after {MOST_POLYNOMIALS} polynomials, "
        f"demanded {tolerance:.1e}",
        hint="raise eigenvector_tolerance",
    )


def _rayleigh_ritz(
    lattice: Lattice, A: Hermitian, fields: Sequence[Blocks]
) -> tuple[FloatArray, ComplexArray, ComplexArray]:
    """Eigenvalues of A between the fields in each slice, [t, k] in rising order, their vectors, and A times these."""
    basis = by_slice(lattice, fields)
    left = np.empty(len(basis))
    for j in range(basis.shape[1]):
        orthonormalize(left, basis, j)
        if not left.min() > DEPENDENT:
            raise NumericalError(f"Laplacian of space: {j} independent vectors are left of {basis.shape[1]}")
    images = []
    for k in range(len(fields)):
        images.append(zeros_of_kind(fields[k]))
        A.apply(images[k], as_field(lattice, basis[:, k]))
    image = by_slice(lattice, images)
    H = products(basis.conj(), np.ascontiguousarray(image.swapaxes(1, 2)))
    H = (H + adjoint(H)) / 2.0
    V = np.zeros_like(H)
    V[:, np.arange(len(fields)), np.arange(len(fields))] = 1.0
    diagonalize_slices(H, V)
    values = np.diagonal(H.real, axis1=1, axis2=2)
    order = np.argsort(values, axis=1, kind="stable")
    turned = np.take_along_axis(V, order[:, None, :], axis=2).swapaxes(1, 2)
    turned = np.ascontiguousarray(turned)
    return np.take_along_axis(values, order, axis=1), products(turned, basis), products(turned, image)


def by_slice(lattice: Lattice, fields: Sequence[Blocks]) -> ComplexArray:
    """Colour vectors as [t, k, n], n sites of space in order, times colours."""
    extent, n = lattice.shape[-1], fields[0]["c"].shape[1]
    out = np.empty((extent, len(fields), lattice.volume // extent * n), dtype=np.complex128)
    for k, psi in enumerate(fields):
        out[:, k] = np.moveaxis(lattice.to_user(psi)[..., 0], lattice.d - 1, 0).reshape(extent, -1)
    return out


def as_field(lattice: Lattice, vector: ComplexArray) -> Blocks:
    """A colour vector [t, n] as a field."""
    space, n = lattice.shape[:-1], vector.shape[1] * lattice.shape[-1] // lattice.volume
    whole = np.moveaxis(vector.reshape(lattice.shape[-1], *space, n, 1), 0, lattice.d - 1)
    return lattice.from_user(whole)
