"""How many poles a rational approximation takes, as far as it is known before one is computed."""

from __future__ import annotations

import math

MOST_POLES = 60


def least_poles(power: float, lower: float, upper: float, error: float) -> int:
    """A number of poles below which no approximation of x^power on [lower, upper] has such a relative error.

    One less than the asymptotic error 4 sin(pi |p|) exp(-(2n + 1) pi^2 / log(16 upper / lower)) asks for; more than
    :data:`MOST_POLES` where the ratio of the bounds is no double.

    Parameters
    ----------
    power
        -1 < power < 1, not 0.
    lower, upper
        Range, 0 <= lower < upper.
    error
        Relative error.
    """
    ratio = upper / lower if lower > 0.0 else math.inf
    if math.isinf(ratio):
        return MOST_POLES + 1
    needed = math.log(4.0 * math.sin(math.pi * abs(power)) / error) * (math.log(16.0) + math.log(ratio)) / math.pi**2
    return max(1, math.ceil(0.5 * (needed - 1.0)) - 1)
