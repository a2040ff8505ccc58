"""Products of quark loops on time slices: correlators without bias from noise, and how they are recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.loop_currents import Current
from lqcdnn.measure.registry import Values

FloatArray = NDArray[np.float64]


def time_products(a: FloatArray, b: FloatArray) -> FloatArray:
    """sum_t0 a(t0 + t) b(t0), t = 0 ... T - 1, of numbers [..., T] on periodic time slices; sums in order."""
    shifted = [(np.roll(a, -t, axis=-1) * b).cumsum(axis=-1)[..., -1] for t in range(a.shape[-1])]
    return np.stack(shifted, axis=-1)


def pair_products(a: FloatArray, b: FloatArray) -> FloatArray:
    """Mean of :func:`time_products` of a_i and b_j over different vectors i and j, [current, T].

    Vectors of the same number in a [vector, current, T] and b have the same noise, so that products of these would
    contain its variance. Where there are fewer b than a, they belong to the first of these.
    """
    common = min(len(a), len(b))
    every = time_products(a.cumsum(axis=0)[-1], b.cumsum(axis=0)[-1])
    same = time_products(a[:common], b[:common]).cumsum(axis=0)[-1]
    found: FloatArray = (every - same) / (len(a) * len(b) - common)
    return found


def named(currents: Sequence[Current], stem: str, numbers: FloatArray, end: str = "") -> Values:
    """``STEM_CHANNEL``: numbers [current, ...] of each channel, [...], of those with directions of space [i, ...]."""
    found: Values = {}
    for name in dict.fromkeys(current.channel for current in currents):
        rows = [row.tolist() for row, current in zip(numbers, currents, strict=True) if current.channel == name]
        found[f"{stem}_{name}{end}"] = rows if name in DIRECTED else rows[0]
    return found


DIRECTED = ("vector", "axial", "tensor")
"""Channels whose currents have a direction of space."""


def disconnected(currents: Sequence[Current], loops: FloatArray, products: FloatArray, lattice: Lattice) -> Values:
    """``disconnected_CHANNEL`` = (s/V) sum_t0 l(t0 + t) l(t0), mean over directions; of the scalar the vacuum, too.

    Parameters
    ----------
    currents
        Signs s.
    loops, products
        Estimates of l(t) and of sum_t0 l(t0 + t) l(t0), [current, T].
    lattice
        Its volume V. ``disconnected_scalar_vacuum`` is sum_t l / sqrt(V T), so that the square of its mean is D(t)
        without correlation.
    """
    found: Values = {}
    for name in dict.fromkeys(current.channel for current in currents):
        rows = [k for k, current in enumerate(currents) if current.channel == name]
        total = products[rows].cumsum(axis=0)[-1]
        found[f"disconnected_{name}"] = (currents[rows[0]].sign * total / (len(rows) * lattice.volume)).tolist()
        if name == "scalar":
            vacuum = loops[rows[0]].cumsum()[-1] / math.sqrt(lattice.volume * lattice.shape[-1])
            found[f"disconnected_{name}_vacuum"] = float(vacuum)
    return found
