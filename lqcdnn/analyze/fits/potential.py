r"""Static quarks: potential, Creutz ratios, Cornell fit, Sommer scale of Wilson loops W(R, T); free energy F(r, T).

.. math::
    V(R) = \ln\frac{W(R,T)}{W(R,T+1)},\quad
    \chi(R,T) = -\ln\frac{W(R,T)\,W(R-1,T-1)}{W(R,T-1)\,W(R-1,T)},\quad
    V(R) = V_0 + \sigma R - \frac{\alpha}{R},\quad r_0 = \sqrt{\frac{1.65-\alpha}{\sigma}},\quad
    \frac{F(r)}{T} = -\ln C(r)

M. Creutz, Phys. Rev. Lett. 45 (1980) 313; E. Eichten et al., Phys. Rev. D 17 (1978) 3090; R. Sommer, Nucl. Phys. B 411
(1994) 839, hep-lat/9310022 (r_0^2 V'(r_0) = 1.65, d = 4); L. D. McLerran, B. Svetitsky, Phys. Rev. D 24 (1981) 450,
C(r) the correlator of Polyakov loops.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

SOMMER = 1.65


def log_ratio(means: FloatArray, powers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """sum_i powers[j, i] ln(means_i) for each j, and its Jacobian; zero powers need no positive mean.

    Parameters
    ----------
    means
        Shape (k,).
    powers
        Shape (results, k).

    Raises
    ------
    InputError
        A loop that enters is not positive: too few measurements for its size.
    """
    used = np.any(powers != 0.0, axis=0)
    if not np.all(means[used] > 0.0):
        raise InputError("a loop or correlator is not positive within this statistics: it has no logarithm")
    logs, inverse = np.zeros_like(means), np.zeros_like(means)
    logs[used], inverse[used] = np.log(means[used]), 1.0 / means[used]
    return powers @ logs, powers * inverse


def creutz_powers(sizes: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], FloatArray]:
    """The (R, T) whose Creutz ratio exists, with W(0, T) = W(R, 0) = 1, and the powers of the loops in it.

    Parameters
    ----------
    sizes
        (R, T) of the loops, in the order of their means.
    """
    place = {size: i for i, size in enumerate(sizes)}
    rows, found = [], []
    for r, t in sizes:
        corners = {(r, t): -1.0, (r - 1, t - 1): -1.0, (r, t - 1): 1.0, (r - 1, t): 1.0}
        loops = {size: power for size, power in corners.items() if min(size) > 0}
        if all(size in place for size in loops):
            row = np.zeros(len(sizes))
            for size, power in loops.items():
                row[place[size]] += power
            rows.append(row)
            found.append((r, t))
    return found, np.array(rows).reshape(len(rows), len(sizes))


def potential_powers(sizes: Sequence[tuple[int, int]], time: int, first: int, last: int) -> FloatArray:
    """Powers of the loops in V(R), R = first ... last.
    """
    place = {size: i for i, size in enumerate(sizes)}
    powers = np.zeros((last - first + 1, len(sizes)))
    for row, r in enumerate(range(first, last + 1)):
        for size, power in (((r, time), 1.0), ((r, time + 1), -1.0)):
            powers[row, place[size]] = power
    return powers


def polyakov_powers(places: Sequence[float], time: int, distances: Sequence[int]) -> FloatArray:
    """Powers of C(r) at ``places`` in V(r) = -ln C(r) / T, heavier states left out, at some of them.

    Parameters
    ----------
    places
        Every r that was measured.
    time
        Links of a Polyakov loop, T.
    distances
        The r of the rows.
    """
    powers = np.zeros((len(distances), len(places)))
    for row, r in enumerate(distances):
        powers[row, list(places).index(r)] = -1.0 / time
    return powers


def free_energy(correlator: float) -> Dual:
    """F/T = -ln C, and its derivative.

    Raises
    ------
    InputError
        C is not positive within this statistics.
    """
    if not correlator > 0.0:
        raise InputError("a correlator of Polyakov loops is not positive within this statistics: it has no logarithm")
    return Dual(-float(np.log(correlator)), np.array([-1.0 / correlator]))


def cornell_model(distances: FloatArray) -> FloatArray:
    """Jacobian of V_0 + sigma R - alpha/R, shape (R, 3): the model is linear in (V_0, sigma, alpha)."""
    return np.column_stack([np.ones_like(distances), distances, -1.0 / distances])


def sommer_scale(parameters: FloatArray) -> Dual:
    """r_0 and its derivatives with respect to (V_0, sigma, alpha).

    Raises
    ------
    InputError
        There is none: sigma or 1.65 - alpha is not positive.
    """
    _, sigma, alpha = parameters
    if not (sigma > 0.0 and alpha < SOMMER):
        raise InputError(f"no Sommer scale with sigma = {sigma:.4g} and alpha = {alpha:.4g}")
    r0 = float(np.sqrt((SOMMER - alpha) / sigma))
    return Dual(r0, np.array([0.0, -r0 / (2.0 * sigma), -1.0 / (2.0 * sigma * r0)]))
