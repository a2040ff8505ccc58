"""From the spread of dH to the acceptance (physics.md 5).

dH of an area-preserving, reversible map has <exp(-dH)> = 1.  Where it is normal its mean is therefore half its variance
s, and the acceptance is erfc(sqrt(s / 8)) (S. Gupta, A. Irback, F. Karsch, B. Petersson, Phys. Lett. B 242 (1990) 437).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


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

    def __add__(self, other: Spread) -> Spread:
        """Of a sum of independent parts."""
        return Spread(self.variance + other.variance, math.hypot(self.error, other.error))


def acceptance_of(variance: float) -> float:
    """Acceptance of a normal dH with this variance and <exp(-dH)> = 1."""
    return math.erfc(math.sqrt(variance / 8.0))


def spread_of(changes: Sequence[float]) -> Spread:
    """The likeliest variance s of normal dH with mean s / 2: <dH^2> = s + s^2 / 4; its error by the information.

    One number is enough; of none nothing is known.
    """
    count = len(changes)
    if not count:
        return Spread(0.0, 0.0)
    square = math.fsum(x * x for x in changes) / count
    variance = square / (0.5 * (math.sqrt(1.0 + square) + 1.0))
    return Spread(variance, 2.0 * variance / math.sqrt(count * (2.0 + variance)))


def leading_spread(changes: Sequence[float]) -> Spread:
    """Variance of dH by the leading order in the step, which has mean 0."""
    variance = math.fsum(x * x for x in changes) / len(changes)
    return Spread(variance, variance * math.sqrt(2.0 / len(changes)))
