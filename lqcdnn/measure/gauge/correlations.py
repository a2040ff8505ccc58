"""Correlations of numbers on a periodic lattice: of its time slices, and of pairs of sites by their distance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class ByDistance(NamedTuple):
    """Distances between sites, rising from 0, and a mean value for each."""

    distances: list[float]
    means: list[float]


def time_correlation(slices: FloatArray) -> list[float]:
    """C(t) = (1/T) sum_t' O(t') O(t' + t), t = 0 ... T - 1, of numbers O [T] on periodic time slices."""
    return [float((slices * np.roll(slices, -t)).cumsum()[-1]) / len(slices) for t in range(len(slices))]


def pair_products(field: NDArray[np.complex128] | FloatArray) -> FloatArray:
    """c(r) = mean over sites x of Re f(x) f(x + r)^*, [r] like the field [x]: the transform of |f(k)|^2."""
    transformed = np.fft.fftn(field)
    return np.asarray(np.fft.ifftn(transformed.real**2 + transformed.imag**2).real / field.size)


def by_distance(products: FloatArray, longest: float, axes: bool) -> ByDistance:
    """Means over all displacements of the same length, up to the longest.

    Parameters
    ----------
    products
        A number for each displacement r = (0 ... L - 1) in each direction, as of :func:`pair_products`.
    longest
        Largest distance, in lattice units; r and r - L are the same displacement, the shorter one counts.
    axes
        Only displacements along an axis.
    """
    steps = np.meshgrid(*(np.minimum(np.arange(n), n - np.arange(n)) for n in products.shape), indexing="ij")
    squares = sum((step * step for step in steps), start=np.zeros(products.shape, dtype=np.int64))
    wanted = squares <= longest * longest * (1.0 + 1e-12)
    if axes:
        wanted &= np.count_nonzero(steps, axis=0) <= 1
    lengths, which = np.unique(squares[wanted], return_inverse=True)
    means = np.bincount(which.ravel(), products[wanted]) / np.bincount(which.ravel())
    return ByDistance(np.sqrt(lengths).tolist(), means.tolist())
