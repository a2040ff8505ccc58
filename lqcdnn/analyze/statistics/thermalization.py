r"""Where a history starts to be in equilibrium.

Two steps, both on one series:

1. *Proposal*: the marginal standard error rule (MSER; K. P. White, Simulation 69 (1997) 323) on means of batches.
   Of all cuts d up to half the series, take the one with the smallest
   :math:`\sum_{i\ge d}(x_i-\bar x_d)^2/(n-d)^2`, the squared error of the mean of what is left. The rule supposes
   independent data: batches of at least 2 tau_int measurements (tau_int of the second half) see to that.
   The cut is kept only if the part cut off differs from the rest by more than 3 Gamma-method errors, so that a
   stationary series loses nothing to a chance fluctuation.
2. *Test* (J. Geweke, in Bayesian Statistics 4 (1992) 169): the mean of the first 10 % of what is left must agree with
   the mean of its last 50 % within 3 errors, and with the mean of its last 25 % where that part holds 20 tau_int (a
   jump in the second half would otherwise hide in the errors of that half). As long as it does not, the cut moves on
   by a batch, at most to the middle. A series for which no cut passes is called not settled.

Errors of a deviation. The error itself is estimated, from the N/(2 tau_int) independent values of the late part, so the
deviation t follows Student's distribution with nu degrees of freedom. It is told as the normal deviate that is as
improbable (D. L. Wallace, Ann. Math. Stat. 30 (1959) 1121), which 3 errors of a known size are meant to be:

.. math:: z = \frac{8\nu+1}{8\nu+3}\sqrt{\nu\ln(1+t^2/\nu)}, \qquad \nu = \max\Big(\frac{N}{2\tau_{int}}-1, 12\Big)

Not less than 12: a late part that still drifts looks like one with few independent values, and would excuse itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray, gamma_method

#: Shorter series are not examined.
MINIMUM_N = 20
#: Deviation, in errors, that counts as a difference.
SIGNIFICANT = 3.0
#: Least number of degrees of freedom that an error is taken to have.
LEAST_FREEDOM = 12.0


@dataclass(frozen=True)
class Cut:
    """Result of the search in one series.

    Attributes
    ----------
    index
        Number of measurements to leave out at the beginning.
    deviation
        Mean of the first 10 % after the cut minus mean of the last 50 % (or 25 %, whichever differs more), in errors
        of the difference, as a normal deviate; None if the series is too short to say.
    settled
        True if the deviation does not count as a difference; None if the series is too short to say.
    """

    index: int
    deviation: float | None
    settled: bool | None


def significance(tests: int) -> float:
    """Errors that one of several deviations must exceed to count as much as a single one of 3 errors (Bonferroni).

    The probability that any of the tests exceeds it by chance is at most that of one test exceeding 3.
    """
    normal = NormalDist()
    return SIGNIFICANT if tests < 2 else -normal.inv_cdf(normal.cdf(-SIGNIFICANT) / tests)


def detect_cut(values: FloatArray, significant: float = SIGNIFICANT) -> Cut:
    """Find the thermalisation cut of one series by the two steps above.

    Parameters
    ----------
    values
        Shape (n,), evenly spaced in trajectories.
    significant
        Deviation, in errors, that counts as a difference.
    """
    n = len(values)
    if n < MINIMUM_N:
        return Cut(0, None, None)
    batch = _batch_size(values)
    index = _mser(values, batch)
    if index > 0 and abs(_deviation(values[:index], values[index:])) < significant:
        index = 0
    while index <= n // 2:
        deviation = early_deviation(values[index:])
        if deviation is None or abs(deviation) < significant:
            return Cut(index, deviation, None if deviation is None else True)
        index += batch
    index = n // 2
    return Cut(index, early_deviation(values[index:]), False)


def early_deviation(values: FloatArray) -> float | None:
    """Mean of the first 10 % minus mean of the last 50 % or 25 %, in errors of the difference (Geweke 1992).

    None for fewer than 20 values. Variance and tau_int are those of the last part; see `normal_deviate`.
    """
    n = len(values)
    if n < MINIMUM_N:
        return None
    early = values[: max(n // 10, 1)]
    deviation = _deviation(early, values[n - n // 2 :])
    quarter = values[n - n // 4 :]
    if len(quarter) >= 20.0 * gamma_method(quarter).tau_int:
        deviation = max(deviation, _deviation(early, quarter), key=abs)
    return deviation


def _deviation(early: FloatArray, late: FloatArray) -> float:
    """(mean early - mean late) / error as a normal deviate, with the variance and the tau_int of the late part."""
    reference = gamma_method(late)
    # a part shorter than 2 tau is one independent value, not less than one
    effective = max(len(early) / (2.0 * reference.tau_int), 1.0)
    variance = reference.error**2 + reference.variance / effective
    difference = float(early.mean()) - reference.mean
    if variance == 0.0:
        rounding = 1e-12 * max(abs(reference.mean), float(np.abs(early).max()))
        return 0.0 if abs(difference) <= rounding else math.copysign(math.inf, difference)
    return normal_deviate(difference / math.sqrt(variance), max(reference.effective - 1.0, LEAST_FREEDOM))


def normal_deviate(t: float, freedom: float) -> float:
    """The normal deviate as improbable as t of Student's distribution (Wallace 1959).

    Parameters
    ----------
    t
        A difference over its estimated error.
    freedom
        Degrees of freedom nu of that error, above 0.
    """
    slope = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)
    return math.copysign(slope * math.sqrt(freedom * math.log1p(t * t / freedom)), t)


def _batch_size(values: FloatArray) -> int:
    """At least 2 tau_int of the second half, but no fewer than 20 batches and no more than 200."""
    n = len(values)
    tau = gamma_method(values[n // 2 :]).tau_int
    return max(min(math.ceil(2.0 * tau), n // 20), n // 200, 1)


def _mser(values: FloatArray, batch: int) -> int:
    """Index proposed by the marginal standard error rule on batch means."""
    count = len(values) // batch
    means = values[: count * batch].reshape(count, batch).mean(axis=1)
    means = means - means[count // 2 :].mean()  # sums of squares lose fewer digits about zero
    left = np.arange(count, 0, -1, dtype=np.float64)
    sums = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum(means[::-1] ** 2)[::-1]
    rule = (squares - sums**2 / left) / left**2
    return int(np.argmin(rule[: count // 2 + 1])) * batch
