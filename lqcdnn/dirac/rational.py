"""Rational approximations x^p = a0 + sum_i a_i / (x + b_i) of a demanded relative error (physics.md 3.5).

Coefficients come from :mod:`lqcdnn.dirac.remez`, in tenths of a second, and are kept in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.poles import MOST_POLES, least_poles
from lqcdnn.dirac.remez import best_power
from lqcdnn.errors import InputError
from lqcdnn.kernels.compile import cache_root

ROUNDING = 64 * 2.0**-52
"""What double precision may add to the error of an approximation when it is sampled, times its cancellation."""


@dataclass(frozen=True)
class RationalPower:
    """r(x) = constant + sum_i residues_i / (x + shifts_i), the best approximation of x^power on [lower, upper].

    Attributes
    ----------
    power, lower, upper
        What is approximated, and where.
    constant, residues, shifts
        Coefficients; shifts are positive and ascending, residues have the sign of -power.
    error
        Proven bound of |r(x)/x^power - 1| on the range (before rounding of the coefficients); 0 for power -1.
    """

    power: float
    lower: float
    upper: float
    constant: float
    residues: tuple[float, ...]
    shifts: tuple[float, ...]
    error: float

    @property
    def degree(self) -> int:
        """Number of poles."""
        return len(self.shifts)

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """r(x)."""
        found = np.full_like(x, self.constant)
        for residue, shift in zip(self.residues, self.shifts, strict=True):
            found = found + residue / (x + shift)
        return found

    def sampled_error(self, points: int = 2001) -> float:
        """Largest |r(x)/x^power - 1| met at points even in log x."""
        x = np.geomspace(self.lower, self.upper, points)
        return float(np.abs(self(x) * x**-self.power - 1.0).max())

    def rounding(self) -> float:
        """Bound of what double precision adds to the error: an epsilon of the largest term anywhere on the range."""
        ends = np.array([self.lower, self.upper])
        terms = abs(self.constant) + sum(abs(a) / (ends + b) for a, b in zip(self.residues, self.shifts, strict=True))
        return ROUNDING * float((terms * ends**-self.power).max())


def rational_power(power: float, lower: float, upper: float, error: float) -> RationalPower:
    """The approximation of least degree whose relative error is at most ``error``.

    Parameters
    ----------
    power
        -1 <= power < 1, not 0; -1 is exact: one pole at 0.
    lower, upper
        Range, 0 < lower < upper.
    error
        Demanded relative error.

    Raises
    ------
    InputError
        If the range is not one, or the error needs more than 60 poles.
    """
    if not (0.0 < lower < upper and math.isfinite(upper)):
        raise InputError(
            f"a rational approximation needs a spectrum above zero, not [{lower:g}, {upper:g}]",
            hint="give the fermion a mass above 0, or spectrum = [lower, upper]",
        )
    if power == -1.0:
        return RationalPower(power, lower, upper, 0.0, (1.0,), (0.0,), 0.0)
    for degree in range(least_poles(power, lower, upper, error), MOST_POLES + 1):
        found = cached_power(power, lower, upper, degree)
        if found.error <= error:
            return found
    raise InputError(
        f"x^{power:g} on [{lower:g}, {upper:g}] to {error:.0e} takes more than {MOST_POLES} poles",
        hint="demand a larger error or give a narrower spectrum",
    )


@lru_cache(maxsize=128)
def cached_power(power: float, lower: float, upper: float, degree: int) -> RationalPower:
    """The best approximation with ``degree`` poles: from the cache folder when it is there and right, else computed."""
    ratio = upper / lower
    path = cache_path(power, ratio, degree)
    coefficients = load(path)
    if coefficients is not None:
        found = scaled(power, lower, upper, coefficients)
        if found.degree == degree and found.sampled_error() <= found.error + found.rounding():
            return found
    best = best_power(power, ratio, degree)
    words = [f"{x:.40e}" for x in (best.error, best.constant, *best.residues, *best.shifts)]
    store(path, words)
    return scaled(power, lower, upper, [Decimal(word) for word in words])  # the same bits as from the file


def scaled(power: float, lower: float, upper: float, coefficients: list[Decimal]) -> RationalPower:
    """From [ratio^(-1/2), ratio^(1/2)] to [lower, upper]: x^p = c^p (x/c)^p, c the geometric mean."""
    error, constant, *rest = coefficients
    degree = len(rest) // 2
    c = (Decimal(lower) * Decimal(upper)).sqrt()
    factor = c ** Decimal(power)
    residues = tuple(float(factor * c * a) for a in rest[:degree])
    shifts = tuple(float(c * b) for b in rest[degree:])
    bound = math.nextafter(float(error), math.inf)
    return RationalPower(power, lower, upper, float(factor * constant), residues, shifts, bound)


def cache_path(power: float, ratio: float, degree: int) -> Path:
    """File of an approximation: named by power, ratio of the range and degree."""
    name = hashlib.sha256(f"{power!r} {ratio!r} {degree}".encode()).hexdigest()[:20]
    folder: Path = cache_root() / "rational"
    return folder / f"{name}.json"


def load(path: Path) -> list[Decimal] | None:
    """Error, constant, residues and shifts from a file; None if there is none or it cannot be read."""
    try:
        words = json.loads(path.read_text(encoding="ascii"))
        found = [Decimal(word) for word in words]
    except (OSError, ValueError, TypeError, ArithmeticError):
        return None  # absent or damaged: computed anew
    whole = len(found) >= 4 and len(found) % 2 == 0 and all(x.is_finite() for x in found)
    return found if whole else None


def store(path: Path, words: list[str]) -> None:
    """Keep coefficients, as written, for the next run; where nothing can be written they are computed each time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="ascii") as file:
            json.dump(words, file)
        os.replace(file.name, path)
    except OSError:
        return
