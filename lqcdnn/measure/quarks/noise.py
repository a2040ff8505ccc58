"""Random sources with <eta> = 0 and <eta_i eta_j^*> = delta_ij: estimates of traces and of their squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.quarkobservables import CondensateConfig
from lqcdnn.fields.random import NOISE, Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.registry import Values

ROOTS = {"z2": np.array([1.0, -1.0], dtype=np.complex128), "z4": np.array([1.0, 1j, -1.0, -1j])}
"""Values of each component, equally likely; the mean of each set is zero."""

Samples = Callable[[CondensateConfig], list[float]]
"""The number of each source that the options ask for."""


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


def trace_described(options: CondensateConfig, flavors: float, quark: Values) -> Values:
    """What a trace of solutions depends on: mass, flavours, boundary, what ``quark`` says besides, method, noise (None
    if exact), tolerance; with noise :func:`described`.
    """
    found: Values = {"mass": options.mass, "flavors": flavors, "boundary": list(options.boundary), **quark}
    found |= {"method": options.method, "noise": options.noise, "tolerance": options.tolerance}
    return found if options.noise is None else found | described(options)


def described(options: CondensateConfig) -> Values:
    """What a trace from noise depends on: ``vectors``, ``dilution`` (None without), loose solves if there are any."""
    found: Values = {"vectors": options.vectors, "dilution": list(options.dilution or ()) or None}
    if options.loose_tolerance is None:
        return found
    return found | {"exact_vectors": options.exact_vectors, "loose_tolerance": options.loose_tolerance}


def of_trace(options: CondensateConfig, samples: Samples, name: str) -> Values:
    """``NAME`` and ``NAME_square`` of a trace: exact samples add up to it, of noise see :func:`from_vectors`."""
    if options.method != "exact":
        return from_vectors(options, samples, name)
    value = float(ordered_sum(np.array(samples(options))))
    return {name: value, f"{name}_square": value**2}


def from_vectors(options: CondensateConfig, samples: Samples, name: str) -> Values:
    """:func:`recorded` of the noise vectors of some options, loose ones with their correction.

    Parameters
    ----------
    options
        Number of vectors, tolerance, of loose solves how many vectors are solved for exactly too: the first ones.
    samples
        Gives the number of each vector, for these options with other vectors or another tolerance.
    name
        What is measured.
    """
    if options.loose_tolerance is None:
        return recorded(samples(options), name)
    loose = samples(replace(options, tolerance=options.loose_tolerance))
    exact = samples(replace(options, vectors=options.exact_vectors))
    return corrected(loose, [a - b for a, b in zip(exact, loose, strict=False)], name)


def corrected(loose: Sequence[float], changes: Sequence[float], name: str = "condensate") -> Values:
    """As :func:`recorded`, and ``NAME_correction``: samples s_i, of which the first would change by d_i if exact.

    The value is mean(s) + mean(d) (arXiv:0910.3970, equation 10), its square the mean of s_i s_j + 2 s_i d_j + d_i d_j
    over pairs of different sources, without bias from two d on; the error has the covariance of s and d in it.
    """
    N, M = len(loose), len(changes)
    total, change = math.fsum(loose), math.fsum(changes)
    found: Values = {name: total / N + change / M, f"{name}_square": None, f"{name}_error": None}
    if M > 1:
        both = math.fsum(s * d for s, d in zip(loose, changes, strict=False))
        pairs = [square(loose), square(changes)]
        found[f"{name}_square"] = math.fsum(p for p in pairs if p is not None) + 2.0 * (
            (total * change - both) / (M * (N - 1))
        )
        common = covariance(loose[:M], changes)
        variance = covariance(loose, loose) / N + covariance(changes, changes) / M + 2.0 * common / N
        found[f"{name}_error"] = math.sqrt(max(variance, 0.0))
    return found | {f"{name}_correction": change / M}


def covariance(x: Sequence[float], y: Sequence[float]) -> float:
    """Estimate of the covariance from at least two pairs."""
    a, b = math.fsum(x) / len(x), math.fsum(y) / len(y)
    return math.fsum((s - a) * (t - b) for s, t in zip(x, y, strict=True)) / (len(x) - 1)


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


def product_of_means(factors: Sequence[NDArray[np.float64]]) -> float:
    """Unbiased estimate of a product of mean values, each with a number for every source; as many sources at least.

    The mean of a_i b_j c_k ... over different sources i, j, k, ...
    """
    return distinct_sum(factors) / math.perm(len(factors[0]), len(factors))


def distinct_sum(factors: Sequence[NDArray[np.float64]]) -> float:
    """Sum of a_i b_j c_k ... over i, j, k, ... that all differ: that over any i, less those with i = j, i = k, ..."""
    first, *others = factors
    total = math.fsum(first.tolist())
    if not others:
        return total
    total *= distinct_sum(others)
    for j, other in enumerate(others):
        total -= distinct_sum([*others[:j], first * other, *others[j + 1 :]])
    return total


def diluted(lattice: Lattice, eta: Blocks, dilution: Sequence[str]) -> Iterator[Blocks]:
    """Parts of a source that add up to it, each zero but on one time, parity, colour, spin (those in ``dilution``).

    The sum of eta_k^dag A eta_k over the parts has the trace as its mean too, without the noise from elements of A
    between different parts (Foley et al., hep-lat/0505023).
    """
    _, n, components, _, _ = eta["c"].shape
    parities = [slice(0, lattice.half), slice(lattice.half, None)] if "even_odd" in dilution else [slice(None)]
    colours, spins = (
        [slice(i, i + 1) for i in range(size)] if name in dilution else [slice(None)]
        for name, size in (("colour", n), ("spin", components))
    )
    for time in range(lattice.shape[-1]) if "time" in dilution else [None]:
        source = eta["c"] if time is None else eta["c"] * on_slice(lattice, time)
        for where in product(parities, colours, spins):
            part = lattice.zeros(n, components)
            part["c"][where] = source[where]
            yield part


def on_slice(lattice: Lattice, time: int) -> NDArray[np.bool_]:
    """Whether a site belongs to a time slice, [block, 1, 1, 1, lane]."""
    return np.asarray(lattice.coordinates[:, -1] == time).reshape(lattice.blocks, 1, 1, 1, lattice.width)


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


def noise_wall(lattice: Lattice, n: int, stream: Stream, kind: str, index: int, time: int = 0) -> Blocks:
    """Source number ``index`` on the sites of one time, zero elsewhere (see :func:`noise_vector`).

    A product of two vectors S eta, times Lt/V, has the mean of point sources over the sites of the wall as its mean.
    """
    eta = noise_vector(lattice, n, stream, kind, index)
    eta["c"] *= on_slice(lattice, time)
    return eta
