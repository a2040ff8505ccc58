"""Probabilities that tests are judged by: chi^2, F and Kolmogorov-Smirnov."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def chi2_probability(chi2: float, dof: int) -> float:
    """Probability that chi^2 of `dof` degrees of freedom is larger than `chi2`.

    Q(dof/2, chi^2/2) by the recursion Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1), which starts from
    Q(1/2, x) = erfc(sqrt x) or Q(1, x) = e^-x and has positive terms only (NIST DLMF 8.8.6).

    Parameters
    ----------
    chi2
        Not negative.
    dof
        At least 1.

    Raises
    ------
    ValueError
        For other numbers.
    """
    if dof < 1 or not chi2 >= 0.0:
        raise ValueError(f"chi^2 = {chi2} with {dof} degrees of freedom")
    x = chi2 / 2.0
    if x == 0.0:
        return 1.0
    a, total = (0.5, math.erfc(math.sqrt(x))) if dof % 2 else (1.0, math.exp(-x))
    while a < dof / 2.0:
        total += math.exp(a * math.log(x) - x - math.lgamma(a + 1.0))
        a += 1.0
    return min(total, 1.0)


def f_probability(f: float, p: float, r: float) -> float:
    """Probability that a number of the F distribution with p and r degrees of freedom is larger than `f`.

    It is the incomplete beta function I_x(r/2, p/2) at x = r/(r + p f) (NIST DLMF 8.17).

    Parameters
    ----------
    f
        Not negative.
    p, r
        Positive, also broken numbers.
    """
    if not (f >= 0.0 and p > 0.0 and r > 0.0):
        raise ValueError(f"F = {f} with {p} and {r} degrees of freedom")
    x = r / (r + p * f)
    if (r / 2.0 + 1.0) / ((r + p) / 2.0 + 2.0) > x:
        return _incomplete_beta(x, r / 2.0, p / 2.0)
    return 1.0 - _incomplete_beta(p * f / (r + p * f), p / 2.0, r / 2.0)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) by its continued fraction (DLMF 8.17.22), which converges fast for x < (a + 1)/(a + b + 2).

    It begins at a term beyond sqrt(max(a, b)), from where on they fall.
    """
    if x <= 0.0:
        return 0.0
    fraction = 1.0
    for m in range(50 + 5 * int(math.sqrt(max(a, b))), -1, -1):
        fraction = 1.0 - (a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)) / fraction
        if m:
            fraction = 1.0 + m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)) / fraction
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / (a * fraction)


def kolmogorov_smirnov(one: npt.ArrayLike, other: npt.ArrayLike) -> tuple[float, float]:
    """Largest distance D of two empirical distributions, and its probability if they are samples of the same one.

    The probability is Kolmogorov's limit 2 sum_k (-1)^(k-1) exp(-2 k^2 x^2) at x = (s + 0.12 + 0.11/s) D,
    s^2 = n m/(n + m) (M. A. Stephens, J. R. Stat. Soc. B 32 (1970) 115). The values must be independent; ties (discrete
    values) make the probability too large, never too small.

    Parameters
    ----------
    one, other
        Independent values, shapes (n,) and (m,), not empty.
    """
    first, second = np.sort(np.asarray(one, dtype=np.float64)), np.sort(np.asarray(other, dtype=np.float64))
    everything = np.concatenate([first, second])
    below_first = np.searchsorted(first, everything, side="right") / len(first)
    below_second = np.searchsorted(second, everything, side="right") / len(second)
    distance = float(np.abs(below_first - below_second).max())
    root = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    x = (root + 0.12 + 0.11 / root) * distance
    if x < 0.2:  # the alternating series converges slowly there; the probability is 1 to 12 digits
        return distance, 1.0
    terms = [(-1.0) ** (k - 1) * math.exp(-2.0 * k * k * x * x) for k in range(1, 101)]
    return distance, min(max(2.0 * math.fsum(terms), 0.0), 1.0)
