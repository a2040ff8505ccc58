r"""Scales from the gradient flow: t_0 and w_0.

.. math:: t_0^2\langle E(t_0)\rangle = 0.3,\qquad \Big[t\,\frac{d}{dt}\,t^2\langle E(t)\rangle\Big]_{t=w_0^2} = 0.3

M. Luescher, JHEP 08 (2010) 071, arXiv:1006.4518; S. Borsanyi et al., JHEP 09 (2012) 010, arXiv:1203.4469. Between the
measured flow times t^2 <E> is the polynomial through the four nearest ones.
"""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

REFERENCE = 0.3
POINTS = 4
_ENDS = ((0, slice(0, POINTS)), (-1, slice(-POINTS, None)))
"""First and last flow time, and the points of the polynomial there."""


def t0(times: FloatArray, values: FloatArray) -> Dual:
    """t_0 and its derivatives with respect to the values.

    Parameters
    ----------
    times
        Increasing flow times, at least four.
    values
        t^2 <E(t)> there.

    Raises
    ------
    InputError
        The values do not cross the reference, or there are fewer than four.
    """
    _require_points(times)
    start = _bracket(times, values)
    t, basis, slopes, _ = _solve(times, values, start, derivative=0)
    return Dual(t, -basis / (slopes @ values))


def w0(times: FloatArray, values: FloatArray) -> Dual:
    """w_0 and its derivatives; parameters and errors as for `t0`."""
    _require_points(times)
    middles = (times[1:] + times[:-1]) / 2.0
    rates = middles * np.diff(values) / np.diff(times)
    ends = [float(times[i] * lagrange(times[part], times[i], 1) @ values[part]) for i, part in _ENDS]
    where = _bracket(np.concatenate([times[:1], middles, times[-1:]]), np.concatenate([ends[:1], rates, ends[1:]]))
    start = int(np.clip(where - 1, 0, len(times) - 2))
    t, _, slopes, curvatures = _solve(times, values, start, derivative=1)
    gradient = -t * slopes / (slopes @ values + t * (curvatures @ values))
    w = float(np.sqrt(t))
    return Dual(w, gradient / (2.0 * w))


def _require_points(times: FloatArray) -> None:
    """As many as the polynomial goes through."""
    if len(times) < POINTS:
        raise InputError(f"{len(times)} flow times, {POINTS} are the minimum")


def _bracket(times: FloatArray, values: FloatArray) -> int:
    """Index of the first interval in which the values rise through the reference."""
    crossing = np.flatnonzero((values[:-1] < REFERENCE) & (values[1:] >= REFERENCE))
    if not len(crossing) and values[0] >= REFERENCE:
        raise InputError(f"the flow is above {REFERENCE:g} at t = {times[0]:g} already", hint="begin at a smaller t")
    if not len(crossing):
        raise InputError(
            f"the flow does not reach {REFERENCE:g} between t = {times[0]:g} and {times[-1]:g}", hint="flow further"
        )
    return int(crossing[0])


def _solve(
    times: FloatArray, values: FloatArray, interval: int, derivative: int
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Root in an interval, and there the weights of the values in t^2 E, its first and its second derivative."""
    first = int(np.clip(interval - 1, 0, len(times) - POINTS))
    chosen = slice(first, first + POINTS)
    before, after = max(interval - derivative, 0), min(interval + 1 + derivative, len(times) - 1)
    low, high = float(times[before]), float(times[after])
    t = (low + high) / 2.0
    for _ in range(100):
        weights = [np.zeros(len(times)) for _ in range(3)]
        for order in range(3):
            weights[order][chosen] = lagrange(times[chosen], t, order)
        e, slope, curvature = (float(part @ values) for part in weights)
        excess, rate = (t * slope, slope + t * curvature) if derivative else (e, slope)
        step = (REFERENCE - excess) / rate if rate != 0.0 else np.nan
        t = float(np.clip(t + step, low, high))
        if abs(step) <= 1e-13 * t:
            return t, weights[0], weights[1], weights[2]
    raise InputError(f"no crossing of {REFERENCE:g} near t = {t:g}", hint="measure at denser flow times")


def lagrange(points: FloatArray, t: float, order: int) -> FloatArray:
    """Weights of the values at some points in the polynomial through them, or its derivative of the given order."""
    scale = points[-1] - points[0]
    matrix = np.vander((points - t) / scale, increasing=True)
    factor = (1.0, 1.0, 2.0)[order] / scale**order
    weights: FloatArray = factor * np.linalg.inv(matrix)[order]
    return weights
