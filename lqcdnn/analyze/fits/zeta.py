r"""Luescher's zeta function of three dimensions (Nucl. Phys. B 354 (1991) 531, sections 4 and 5).

Of total momentum P = 2 pi d/L along an axis, in a frame in which the box is gamma times as long (K. Rummukainen, S.
Gottlieb, hep-lat/9503028, section 5, equal masses; at rest d = 0, gamma = 1)

.. math::

    Z^d_{00}(s; q^2) = \frac{1}{\sqrt{4\pi}} \sum_r (r^2 - q^2)^{-s},\qquad
    r = \Big(n_1, n_2, \frac{n_3 - d/2}{\gamma}\Big),\ n \in \mathbb{Z}^3

continued from Re s > 3/2 to s = 1. With the integral of exp(-t (r^2 - q^2)) over t cut at 1, and the theta function
below it in its other form (Poisson's sum),

.. math::

    \sqrt{4\pi} Z^d_{00}(1; q^2) = \sum_r \frac{e^{q^2 - r^2}}{r^2 - q^2}
    + \gamma \pi^{3/2} \Big[-2 + \int_0^1 dt\, t^{-3/2} (e^{t q^2} - 1)
    + \sum_{n \ne 0} (-1)^{d n_3} \int_0^1 dt\, t^{-3/2} e^{t q^2 - \pi^2 (n_1^2 + n_2^2 + \gamma^2 n_3^2)/t}\Big].
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

LOWEST, LARGEST = -100.0, 12.0
"""q^2 for which the sums hold: those of opposite signs grow as exp(q^2), and 1e-11 of the value is lost at 12."""

LARGEST_GAMMA = 50.0
"""Up to which all points are listed: their number rises with gamma."""

SQUARES = 80
"""r^2 up to which terms count: exp(q^2 - r^2) is below rounding from there on."""

NODES = 64
"""Of Gauss and Legendre's rule, exact to rounding for integrands without singularities."""


def zeta00(q2: float, gamma: float = 1.0, total: int = 0) -> tuple[float, float, float]:
    """Z^d_00(1; q^2), d = total, and its derivatives with respect to q^2 and gamma.

    Raises
    ------
    InputError
        At q^2 = r^2, where it is infinite, and outside of ``LOWEST`` to ``LARGEST``; beyond ``LARGEST_GAMMA``.
    """
    if not gamma <= LARGEST_GAMMA:
        raise InputError(f"the zeta function at gamma = {gamma:g}; allowed: up to {LARGEST_GAMMA:g}")
    if not LOWEST <= q2 <= LARGEST:
        raise InputError(f"the zeta function at q^2 = {q2:g}; allowed: {LOWEST:g} to {LARGEST:g}")
    squares, numbers, along = _points(gamma, total)
    away = squares - q2
    if not np.all(np.abs(away) > 1e-12):
        raise InputError(f"the zeta function is infinite at q^2 = {q2:g}: a level without interaction")
    near = numbers * np.exp(-away) / away
    falls = near * (1.0 + 1.0 / away)
    times, weights, sums, slopes = _integrand(gamma, total)
    waves = weights * np.exp(times * q2)
    integral = float((weights * np.expm1(times * q2) / times + waves * sums / times).sum()) - 2.0
    volume = math.pi**1.5
    value = float(near.sum()) + gamma * volume * integral
    by_q2 = float(falls.sum()) + gamma * volume * float((waves * (1.0 + sums)).sum())
    by_gamma = 2.0 / gamma * float((falls * along).sum())
    by_gamma += volume * (integral + gamma * float((waves * slopes / times).sum()))
    norm = 1.0 / math.sqrt(4.0 * math.pi)
    return norm * value, norm * by_q2, norm * by_gamma


@lru_cache(maxsize=8)
def _points(gamma: float, total: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """r^2 that occur, how many r have each with one r_3, and r_3^2."""
    across, counts = _across()
    reach = int(gamma * math.sqrt(SQUARES) + total)
    parts = (np.arange(-reach, reach + 1) - 0.5 * total) / gamma
    squares = across + parts[:, None] ** 2
    inside = squares <= SQUARES
    counts, along = (np.broadcast_to(one, squares.shape)[inside] for one in (counts, parts[:, None] ** 2))
    return squares[inside], counts, along


@lru_cache(maxsize=8)
def _integrand(gamma: float, total: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """t, weights for t^(-1/2) dt, the sum over n != 0 without exp(t q^2), and its derivative with respect to gamma.

    The rule is one for u = sqrt(t) in [0, 1].
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    times = ((nodes + 1.0) / 2.0) ** 2
    across, counts = _across()
    along = np.arange(-math.isqrt(SQUARES), math.isqrt(SQUARES) + 1)[:, None]
    squares = (across + (gamma * along) ** 2).ravel()
    signed = (counts * np.where(along * total % 2, -1.0, 1.0)).ravel()
    signed[squares == 0.0] = 0.0
    terms = signed * np.exp(-(math.pi**2) * squares / times[:, None])
    slopes = -2.0 * math.pi**2 * gamma / times * (terms @ np.broadcast_to(along**2, (len(along), len(across))).ravel())
    return times, weights, terms.sum(axis=1), slopes  # 2 du = t^(-1/2) dt, and half of the weights are on [0, 1]


@cache
def _across() -> tuple[FloatArray, FloatArray]:
    """n_1^2 + n_2^2 that occur, and how many have each."""
    reach = math.isqrt(SQUARES)
    every = np.arange(-reach, reach + 1) ** 2
    counts = np.bincount((every[:, None] + every).ravel())[: SQUARES + 1]
    found = np.flatnonzero(counts)
    return found.astype(np.float64), counts[found].astype(np.float64)
