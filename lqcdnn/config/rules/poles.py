"""How many poles a rational approximation takes, as far as it is known before one is computed."""

from __future__ import annotations

import math

MOST_POLES = 60

NARROWEST = 1e-14
"""Least width of a range in units of its lower end: double precision does not tell the ends of a narrower one apart."""


def least_poles(power: float, lower: float, upper: float, error: float) -> int:
    """A number of poles below which no approximation of x^power on [lower, upper] has such a relative error.

    One less than the error of large n asks for, 4 sin(pi |p|) exp(-(2n + 1) pi K(1 - m) / K(m)) with the parameter
    m = 1 - lower / upper; more than :data:`MOST_POLES` where the ratio of the bounds is no double.

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
    quarters = _mean(math.sqrt((upper - lower) / upper)) / _mean(ratio**-0.5)
    needed = math.log(4.0 * math.sin(math.pi * abs(power)) / error) * quarters / math.pi
    return max(1, math.ceil(0.5 * (needed - 1.0)) - 1)


def _mean(b: float) -> float:
    """Arithmetic-geometric mean of 1 and b; pi / 2 over it is K of the parameter 1 - b^2."""
    a = 1.0
    while abs(a - b) > 1e-15 * a:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a
