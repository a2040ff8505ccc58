"""Shape of the upper tail of weights: whether a sample of them knows their mean at all.

A generalised Pareto distribution is fitted to the largest weights; with the shape k the weights have moments up to the
order 1/k.  Above 0.7 the mean of a sample of usual size, and more so its error, is not to be believed, though the
effective sample size, made of the same weights, may look well (Vehtari, Simpson, Gelman, Yao, Gabry, J. Mach. Learn.
Res. 25 (2024) 72, arXiv:1507.02646).
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray

#: Fewer weights in the tail say nothing.
LEAST_TAIL = 5
#: The fit counts as so many more values with k = 1/2, which steadies it for short tails.
_PRIOR = 10


def tail_shape(weights: FloatArray) -> float | None:
    """k of the largest min(N/5, 3 sqrt(N)) of N weights; None where they are too few or do not differ.

    Parameters
    ----------
    weights
        Positive numbers, known up to a factor.
    """
    ordered = np.sort(weights)
    count = min(len(ordered) // 5, math.ceil(3.0 * math.sqrt(len(ordered))))
    if count < LEAST_TAIL:
        return None
    above = ordered[-count:] - ordered[-count - 1]
    above = above[above > 1e-12 * ordered[-1]]
    return _fit(above) if len(above) >= LEAST_TAIL else None


def _fit(above: FloatArray) -> float:
    """Shape of a generalised Pareto distribution of increasing numbers above 0.

    After Zhang, Stephens, Technometrics 51 (2009) 316: the mean of b = -k/sigma over its profile likelihood, on a grid
    of quantiles of their prior.
    """
    n = len(above)
    points = 30 + int(math.sqrt(n))
    b = 1.0 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))
    b = b / (3.0 * above[int(n / 4 + 0.5) - 1]) + 1.0 / above[-1]
    k = np.log1p(-b[:, None] * above).mean(axis=1)
    log_likelihood = n * (np.log(-b / k) - k - 1.0)
    weight = np.exp(log_likelihood - log_likelihood.max())
    mean = float(np.sum(weight * b) / np.sum(weight))
    shape = float(np.log1p(-mean * above).mean())
    return (n * shape + 0.5 * _PRIOR) / (n + _PRIOR)
