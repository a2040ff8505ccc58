"""Correlators as sums over displacements, one after the other."""

import numpy as np
from reference.loops import moved


def polyakov_loops(U):
    """tr of the loops around time / N, [x, ...] of space."""
    X = U[-1].take(0, axis=-3)
    for t in range(1, U.shape[-3]):
        X = X @ U[-1].take(t, axis=-3)
    return np.einsum("...ii->...", X) / U.shape[-1]


def by_distance(field, longest, axes):
    """{r^2: mean over sites and displacements r of Re f(x) f(x + r)^*}, r up to the longest."""
    found = {}
    for r in np.ndindex(field.shape):
        short = [min(k, n - k) for k, n in zip(r, field.shape, strict=True)]
        square = sum(k * k for k in short)
        if square <= longest**2 + 1e-9 and (not axes or sum(k > 0 for k in short) <= 1):
            found.setdefault(square, []).append(np.mean((field * np.conj(moved(field, r))).real))
    return {square: np.mean(found[square]) for square in sorted(found)}


def in_time(slices):
    """(1/T) sum_t' O(t') O(t' + t)."""
    T = len(slices)
    return [sum(slices[i] * slices[(i + t) % T] for i in range(T)) / T for t in range(T)]
