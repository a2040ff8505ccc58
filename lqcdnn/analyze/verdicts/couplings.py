r"""Couplings of the replicas of parallel tempering from how often their swaps were accepted.

A swap has :math:`\langle e^{-\Delta}\rangle = 1`; where Delta is normal it is accepted with probability erfc(l/2),
:math:`l^2 = \langle\Delta\rangle` (S. Gupta, A. Irback, F. Karsch, B. Petersson, Phys. Lett. B 242 (1990) 437).  For
close couplings l = sigma |c - c'|, sigma the standard deviation of dS/dc: a distance that adds up along the coupling,
in standard deviations of the action.  Its sum L over all pairs is sqrt(pi) times the communication barrier of S. Syed,
A. Bouchard-Cote, G. Deligiannidis, A. Doucet, J. R. Stat. Soc. B 84 (2022) 321 (arXiv:1905.02939), which is the sum of
rejection rates in the limit of many replicas, and changes little with their number.

Best are equal distances (ibid.).  Swaps of the first, third, ... and then of the second, fourth, ... pair take a
configuration on in one direction as long as they are accepted.  If it moves enough in between, replicas with rejection
rates r_k make

.. math:: \tau = \Big(1 + \sum_k \frac{r_k}{1 - r_k}\Big)^{-1}

round trips in a trajectory (ibid.: half of that with one of the two kinds of swaps in each).  The work is that of n + 1
replicas: the number of distances n is the one with the largest tau / (n + 1).  Where there are many, some 0.39 of the
swaps are then accepted (0.5 ibid., where the rejection rate itself is the distance).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.tempering import MOST_REPLICAS


@dataclass(frozen=True)
class Proposal:
    """Other couplings for a tempered run.

    Attributes
    ----------
    couplings
        Falling from the first to the last of the run.
    acceptance
        Of each swap, as expected.
    gain
        Round trips for the same work, as a multiple of those with the couplings of the run, as expected.
    """

    couplings: tuple[float, ...]
    acceptance: float
    gain: float


def distance(acceptance: float) -> float:
    """l with erfc(l/2) = acceptance, which is between 0 and 1."""
    return -math.sqrt(2.0) * NormalDist().inv_cdf(0.5 * acceptance)


def efficiency(acceptances: Sequence[float]) -> float:
    """tau / (n + 1): round trips in a trajectory of one replica."""
    if min(acceptances) == 0.0:
        return 0.0
    return 1.0 / ((1.0 + sum((1.0 - a) / a for a in acceptances)) * (len(acceptances) + 1))


def propose(couplings: Sequence[float], accepted: Sequence[float], offers: int) -> Proposal:
    """Couplings at equal distances, as many as give most round trips for the work.

    Parameters
    ----------
    couplings
        Falling, those of the run.
    accepted
        Which part of the swaps of each pair of neighbours was accepted: one entry less.
    offers
        How often each was offered; rates nearer to 0 or 1 than half an offer are taken as such.
    """
    least = 0.5 / offers
    rates = [min(max(rate, least), 1.0 - least) for rate in accepted]
    lengths = [distance(rate) for rate in rates]
    total = sum(lengths)
    intervals = max(range(1, MOST_REPLICAS), key=lambda n: efficiency([math.erfc(0.5 * total / n)] * n))
    acceptance = math.erfc(0.5 * total / intervals)
    places = np.concatenate([[0.0], np.cumsum(lengths)])
    inner = [inverse(k * total / intervals, couplings, places) for k in range(1, intervals)]
    return Proposal(
        rounded((couplings[0], *inner, couplings[-1])),
        acceptance,
        efficiency([acceptance] * intervals) / efficiency(rates),
    )


def inverse(place: float, couplings: Sequence[float], places: NDArray[np.float64]) -> float:
    """The coupling at a distance from the first: monotone cubic between the known ones, by bisection.

    Slopes are those of F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300: weighted harmonic means
    of those on both sides, at the ends those of the parabola through three points, not below 0.
    """
    k = min(int(np.searchsorted(places, place, side="right")) - 1, len(couplings) - 2)
    steps = [a - b for a, b in pairwise(couplings)]
    slopes = [float(rise) / step for rise, step in zip(np.diff(places), steps, strict=True)]
    left, right = (slope_at(j, steps, slopes) for j in (k, k + 1))
    low, high, step = 0.0, 1.0, steps[k]
    for _ in range(60):
        t = 0.5 * (low + high)
        rise = (3.0 - 2.0 * t) * t * t * slopes[k] + t * (1.0 - t) * ((1.0 - t) * left - t * right)
        low, high = (t, high) if places[k] + step * rise < place else (low, t)
    return couplings[k] - step * 0.5 * (low + high)


def slope_at(j: int, steps: Sequence[float], slopes: Sequence[float]) -> float:
    """Slope at the j-th coupling."""
    if len(slopes) == 1:
        return slopes[0]
    if j in (0, len(slopes)):
        near, far = (0, 1) if j == 0 else (-1, -2)
        change = (slopes[near] - slopes[far]) * steps[near] / (steps[near] + steps[far])
        return max(0.0, slopes[near] + change)
    before, after = steps[j - 1], steps[j]
    weights = (2.0 * after + before, after + 2.0 * before)
    return sum(weights) / (weights[0] / slopes[j - 1] + weights[1] / slopes[j])


def rounded(couplings: Sequence[float]) -> tuple[float, ...]:
    """With as few decimals, at least three, as keep them apart."""
    for digits in range(3, 16):
        found = [couplings[0], *(round(c, digits) for c in couplings[1:-1]), couplings[-1]]
        if all(a > b for a, b in pairwise(found)):
            return tuple(found)
    return tuple(couplings)
