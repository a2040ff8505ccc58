r"""Luescher's zeta function of three dimensions at rest (Nucl. Phys. B 354 (1991) 531, sections 4 and 5).

.. math:: Z_{00}(s; q^2) = \frac{1}{\sqrt{4\pi}} \sum_{n \in \mathbb{Z}^3} (n^2 - q^2)^{-s}

continued from Re s > 3/2 to s = 1. With the integral of exp(-t (n^2 - q^2)) over t cut at 1, and the theta function
below it in its other form (Poisson's sum),

.. math::

    \sqrt{4\pi} Z_{00}(1; q^2) = \sum_n \frac{e^{q^2 - n^2}}{n^2 - q^2}
    + \pi^{3/2} \Big[-2 + \int_0^1 dt\, t^{-3/2} (e^{t q^2} - 1)
    + \sum_{n \ne 0} \int_0^1 dt\, t^{-3/2} e^{t q^2 - \pi^2 n^2/t}\Big].
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

LOWEST, LARGEST = -100.0, 12.0
"""q^2 for which the sums hold: those of opposite signs grow as exp(q^2), and 1e-11 of the value is lost at 12."""

SQUARES = 80
"""n^2 up to which terms count: exp(q^2 - n^2) is below rounding from there on."""

NODES = 64
"""Of Gauss and Legendre's rule, exact to rounding for integrands without singularities."""


def zeta00(q2: float) -> tuple[float, float]:
    """Z_00(1; q^2) and its derivative with respect to q^2.

    Raises
    ------
    InputError
        At q^2 = n^2, where it is infinite, and outside of ``LOWEST`` to ``LARGEST``.
    """
    if not LOWEST <= q2 <= LARGEST:
        raise InputError(f"the zeta function at q^2 = {q2:g}; allowed: {LOWEST:g} to {LARGEST:g}")
    squares, numbers = _points()
    away = squares - q2
    if not np.all(np.abs(away) > 1e-12):
        raise InputError(f"the zeta function is infinite at q^2 = {q2:g}: a level without interaction")
    near = numbers * np.exp(-away) / away
    value, slope = float(near.sum()), float((near * (1.0 + 1.0 / away)).sum())
    times, weights, sums = _integrand()
    volume = math.pi**1.5
    value += volume * (float((weights * (np.expm1(times * q2) + sums * np.exp(times * q2)) / times).sum()) - 2.0)
    slope += volume * float((weights * (1.0 + sums) * np.exp(times * q2)).sum())
    norm = 1.0 / math.sqrt(4.0 * math.pi)
    return norm * value, norm * slope


@cache
def _points() -> tuple[FloatArray, FloatArray]:
    """n^2 that occur, and how many n have each."""
    reach = math.isqrt(SQUARES)
    every = np.arange(-reach, reach + 1) ** 2
    squares = (every[:, None, None] + every[:, None] + every).ravel()
    counts = np.bincount(squares)[: SQUARES + 1]
    found = np.flatnonzero(counts)
    return found.astype(np.float64), counts[found].astype(np.float64)


@cache
def _integrand() -> tuple[FloatArray, FloatArray, FloatArray]:
    """t, weights for t^(-1/2) dt, and sum_(n != 0) exp(-pi^2 n^2 / t): a rule for u = sqrt(t) in [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    times = ((nodes + 1.0) / 2.0) ** 2
    squares, numbers = _points()
    sums = (numbers[1:, None] * np.exp(-(math.pi**2) * squares[1:, None] / times)).sum(axis=0)
    return times, weights, sums  # 2 du = t^(-1/2) dt, and the rule has half of its weights on [0, 1]
