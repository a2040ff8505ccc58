"""Random sources with <eta> = 0 and <eta_i eta_j^*> = delta_ij, from which traces are estimated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lqcdnn.fields.random import Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Blocks, Lattice

ROOTS = {"z2": np.array([1.0, -1.0], dtype=np.complex128), "z4": np.array([1.0, 1j, -1.0, -1j])}
"""Values of each component, equally likely; the mean of each set is zero."""


class Estimate(NamedTuple):
    """Mean over noise sources and its standard error (None with one source)."""

    value: float
    error: float | None


def estimate(samples: Sequence[float]) -> Estimate:
    """Mean and error of the numbers of independent sources."""
    count = len(samples)
    mean = math.fsum(samples) / count
    if count == 1:
        return Estimate(mean, None)
    variance = math.fsum((sample - mean) ** 2 for sample in samples) / (count - 1)
    return Estimate(mean, math.sqrt(variance / count))


def noise_vector(lattice: Lattice, n: int, stream: Stream, kind: str, index: int) -> Blocks:
    """Source number ``index`` of a configuration: colour vector [block] on all sites.

    Parameters
    ----------
    lattice, n
        Lattice and number of colours.
    stream
        Seed and trajectory; the numbers depend on these, ``kind`` and ``index`` alone.
    kind
        ``"z2"`` (+1, -1), ``"z4"`` (1, i, -1, -i) or ``"gaussian"`` (complex, <|eta|^2> = 1).
    index
        From 0.
    """
    purpose = noise_purpose(index)
    if kind == "gaussian":
        return gaussian_vector(lattice, n, stream, purpose)
    roots = ROOTS[kind]
    u = stream.uniform(lattice, n, purpose)
    z = roots[(u * len(roots)).astype(np.int64)]
    z = z.reshape(lattice.blocks, lattice.width, n).transpose(0, 2, 1)  # [block, colour, lane]
    eta = lattice.zeros(n, 1)
    eta["c"][:, :, 0, 0], eta["c"][:, :, 0, 1] = z.real, z.imag
    return eta
