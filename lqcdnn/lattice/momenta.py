"""Momenta of a periodic lattice, those of the same length together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Momenta:
    """Lengths |p|, p_mu = 2 sin(pi k_mu / L_mu), and which momenta have them.

    Attributes
    ----------
    lengths
        Increasing, from 0 on.
    places, which
        Places k of the momenta that are meant in a transform [k_1, k_2, ...], flattened, and the number of the length
        of each.
    """

    lengths: tuple[float, ...]
    places: NDArray[np.int64]
    which: NDArray[np.int64]

    def means(self, power: FloatArray) -> FloatArray:
        """Mean of numbers [k_1, k_2, ...] over the momenta of each length."""
        found: FloatArray = np.bincount(self.which, power.ravel()[self.places]) / np.bincount(self.which)
        return found


@lru_cache(maxsize=16)
def momenta(shape: tuple[int, ...], choice: str = "all", width: float = 1.0, longest: float = 0.0) -> Momenta:
    """Momenta of a lattice by their length.

    Those of the same length are mostly images of each other by reflections and exchanges of directions; on some
    extents others have it too (2, 2, 0, 0 and 3, 0, 0, 0 on 12^4).

    Parameters
    ----------
    shape
        Extents L_mu.
    choice
        "all"; "axes": those of one direction; "cylinder": up to ``width`` times 2 pi / min L away from the diagonal
        (1, 1, ...) or one of its images (D. B. Leinweber et al., hep-lat/9811027).
    width
        See there.
    longest
        Largest length; 0: no limit.
    """
    steps = np.meshgrid(*(np.minimum(np.arange(n), n - np.arange(n)) for n in shape), indexing="ij")
    sines = [np.array([4.0 * math.sin(math.pi * k / n) ** 2 for k in range(n)]) for n in shape]
    squares = sum((s[k] for s, k in zip(sines, steps, strict=True)), start=np.zeros(shape))
    wanted = squares <= (longest * longest * (1.0 + 1e-12) if longest else math.inf)
    if choice == "axes":
        wanted &= np.count_nonzero(steps, axis=0) <= 1
    if choice == "cylinder":
        p = [k * (min(shape) / n) for k, n in zip(steps, shape, strict=True)]
        away = sum(one * one for one in p) - sum(p) ** 2 / len(shape)
        wanted &= away <= width * width + 1e-9
    places = np.flatnonzero(wanted)
    _, first, which = np.unique(np.round(squares.ravel()[places], 10), return_index=True, return_inverse=True)
    lengths = np.sqrt(squares.ravel()[places[first]])
    return Momenta(tuple(lengths.tolist()), places, which.ravel())
