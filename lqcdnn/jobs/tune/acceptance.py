"""From changes of H to the acceptance, and to the variance of dH that stands for it (physics.md 5).

The map of molecular dynamics preserves areas and is reversible: in equilibrium dH = -x comes exp(-x) times as often as
dH = x.  Of trajectories with a given |dH| therefore 2 / (1 + exp |dH|) are accepted, whatever the distribution of |dH|
is; the mean of this is the acceptance, with less noise than that of min(1, exp(-dH)).  Where dH is normal its mean is
half its variance s, and the acceptance erfc(sqrt(s / 8)) (S. Gupta, A. Irback, F. Karsch, B. Petersson, Phys. Lett. B
242 (1990) 437).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEAST = 1e-12
"""Acceptance that is as good as none."""


@dataclass(frozen=True)
class Spread:
    """Variance s of dH, and its error."""

    variance: float
    error: float

    @property
    def acceptance(self) -> float:
        """erfc(sqrt(s / 8))."""
        return acceptance_of(self.variance)

    @property
    def acceptance_error(self) -> float:
        """That of :attr:`acceptance`: half the way from s minus its error to s plus its error."""
        low, high = max(self.variance - self.error, 0.0), self.variance + self.error
        return 0.5 * (acceptance_of(low) - acceptance_of(high))

    @property
    def accepts(self) -> bool:
        """Whether anything is accepted."""
        return self.acceptance > 2.0 * LEAST

    def __add__(self, other: Spread) -> Spread:
        """Of a sum of independent parts."""
        return Spread(self.variance + other.variance, math.hypot(self.error, other.error))


def acceptance_of(variance: float) -> float:
    """Acceptance of a normal dH with this variance and <exp(-dH)> = 1."""
    return math.erfc(math.sqrt(variance / 8.0))


def variance_of(acceptance: float) -> float:
    """The inverse of :func:`acceptance_of`; at most that of an acceptance of :data:`LEAST`."""
    return 4.0 * NormalDist().inv_cdf(0.5 * min(max(acceptance, LEAST), 1.0)) ** 2


def spread_of(changes: Sequence[float]) -> Spread:
    """Variance with the acceptance of these dH, of which only the sizes matter; of none it is 0, and known.

    A few that are far off count as rejected trajectories and no more.
    """
    count = len(changes)
    if not count:
        return Spread(0.0, 0.0)
    parts = [1.0 - math.tanh(0.5 * abs(x)) for x in changes]  # 2 / (1 + exp |x|)
    mean = math.fsum(parts) / count
    square = math.fsum((part - mean) ** 2 for part in parts) / max(count - 1, 1)
    error = math.sqrt(square / count) if count > 1 else mean
    high, low = variance_of(mean - error), variance_of(mean + error)
    return Spread(variance_of(mean), 0.5 * (high - low))
