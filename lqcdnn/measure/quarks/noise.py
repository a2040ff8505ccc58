"""Random sources with <eta> = 0 and <eta_i eta_j^*> = delta_ij: estimates of traces and of their squares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from lqcdnn.config.tables.observables import CondensateConfig
from lqcdnn.fields.random import NOISE, Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.registry import Values

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


def described(options: CondensateConfig) -> Values:
    """What a trace from noise depends on: ``vectors`` and ``dilution`` (None without)."""
    return {"vectors": options.vectors, "dilution": list(options.dilution or ()) or None}


def recorded(samples: Sequence[float], name: str = "condensate") -> Values:
    """``NAME``, its ``NAME_square`` and its error on this configuration (None with one source)."""
    value, error = estimate(samples)
    return {name: value, f"{name}_square": square(samples), f"{name}_error": error}


def square(samples: Sequence[float]) -> float | None:
    """Unbiased estimate of the square of the mean from independent samples of it; None from one of them.

    The mean of s_i s_j over pairs of different i and j; the square of the mean of s would contain the variance of the
    noise.
    """
    count = len(samples)
    if count < 2:
        return None
    products = (a * math.fsum(samples[i + 1 :]) for i, a in enumerate(samples))
    return 2.0 * math.fsum(products) / (count * (count - 1))


def diluted(lattice: Lattice, eta: Blocks, dilution: Sequence[str]) -> Iterator[Blocks]:
    """Parts of a source that add up to it, each zero but on one parity, colour and spin (those named in ``dilution``).

    The sum of eta_k^dag A eta_k over the parts has the trace as its mean too, without the noise from elements of A
    between different parts (Foley et al., hep-lat/0505023).
    """
    _, n, components, _, _ = eta["c"].shape
    parities = [slice(0, lattice.half), slice(lattice.half, None)] if "even_odd" in dilution else [slice(None)]
    colours, spins = (
        [slice(i, i + 1) for i in range(size)] if name in dilution else [slice(None)]
        for name, size in (("colour", n), ("spin", components))
    )
    for where in product(parities, colours, spins):
        part = lattice.zeros(n, components)
        part["c"][where] = eta["c"][where]
        yield part


def noise_spinor(
    lattice: Lattice, n: int, components: int, stream: Stream, kind: str, index: int, use: int = NOISE
) -> Blocks:
    """Source number ``index`` with spin components: a field of n x components matrices (see :func:`noise_vector`)."""
    vector = noise_vector(lattice, n * components, stream, kind, index, use)
    eta = lattice.zeros(n, components)
    eta["c"] = vector["c"].reshape(eta["c"].shape)
    return eta


def noise_vector(lattice: Lattice, n: int, stream: Stream, kind: str, index: int, use: int = NOISE) -> Blocks:
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
    use
        See :func:`lqcdnn.fields.random.noise_purpose`.
    """
    purpose = noise_purpose(index, use)
    if kind == "gaussian":
        return gaussian_vector(lattice, n, stream, purpose)
    roots = ROOTS[kind]
    u = stream.uniform(lattice, n, purpose)
    z = roots[(u * len(roots)).astype(np.int64)]
    z = z.reshape(lattice.blocks, lattice.width, n).transpose(0, 2, 1)  # [block, colour, lane]
    eta = lattice.zeros(n, 1)
    eta["c"][:, :, 0, 0], eta["c"][:, :, 0, 1] = z.real, z.imag
    return eta


def noise_wall(lattice: Lattice, n: int, stream: Stream, kind: str, index: int) -> Blocks:
    """Source number ``index`` on the sites with t = 0, zero elsewhere (see :func:`noise_vector`).

    A product of two vectors S eta, times Lt/V, has the mean of point sources over the sites of the wall as its mean.
    """
    eta = noise_vector(lattice, n, stream, kind, index)
    eta["c"] *= (lattice.coordinates[:, -1] == 0).reshape(lattice.blocks, 1, 1, 1, lattice.width)
    return eta
