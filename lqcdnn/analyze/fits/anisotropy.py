r"""The renormalised anisotropy xi = a_s / a_t, from Wilson loops and from the gradient flow.

.. math::
    R_s(x,y) = \frac{W_{ss}(x,y)}{W_{ss}(x+1,y)},\quad R_t(x,t) = \frac{W_{st}(x,t)}{W_{st}(x+1,t)},\quad
    R_s(x,y) = R_t(x, \xi y)

(T. R. Klassen, Nucl. Phys. B 533 (1998) 557, hep-lat/9803010; ratios at neighbouring x, and t between integers by the
polynomial of ln R_t through the four nearest, R_t(x, 0) = 1 among them).  Of the flow with an anisotropy xi_f

.. math::
    r = \frac{t\,\frac{d}{dt}t^2\langle E_{ss}\rangle}{t\,\frac{d}{dt}t^2\langle E_{st}\rangle}\Big|_{t = w_0^2}

is (d - 2)/2, the number of planes of space for each with time, where xi_f = xi (S. Borsanyi et al., arXiv:1205.0781);
E_st has the factor xi_f^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, axis_of, loop_names, vector_names
from lqcdnn.analyze.fits.flowscale import POINTS, lagrange, w0
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.fits.potential import log_ratio
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

Sizes = Sequence[tuple[int, int]]


def loop_anisotropies(request: FitRequest, chains: Chains) -> Fit:
    """xi(x, y) of all x, y for which there are loops, as NAME.x.y.

    Raises
    ------
    InputError
        No such loops, too few measurements, or no crossing of the ratios.
    """
    space, time = (loop_names(chains.series[0], name) for name in (request.series, request.second))
    names = [*space.values(), *time.values()]
    functions = {
        f"{x}.{y}": partial(crossing, space=list(space), time=list(time), x=x, y=y)
        for x, y in space
        if (x + 1, y) in space and (x, 1) in time and (x + 1, 1) in time
    }
    none = "ratios of loops of space and with time do not cross anywhere"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))


def crossing(means: FloatArray, space: Sizes, time: Sizes, x: int, y: int) -> Dual:
    """t/y at which ln R_t(x, t) = ln R_s(x, y), and its derivatives.

    Parameters
    ----------
    means
        Loops of space, then those with time.
    space, time
        (R, S) and (R, T) of these loops.

    Raises
    ------
    InputError
        A loop is not positive, there are too few T, or they end before the crossing.
    """
    wanted = np.zeros(len(means))
    wanted[space.index((x, y))], wanted[space.index((x + 1, y))] = 1.0, -1.0
    count = next(n for n in range(1, len(time) + 2) if (x, n) not in time or (x + 1, n) not in time)
    powers = np.zeros((count, len(means)))  # of t = 0, 1, ...
    for n in range(1, count):
        powers[n, len(space) + time.index((x, n))] = 1.0
        powers[n, len(space) + time.index((x + 1, n))] = -1.0
    values, jacobian = log_ratio(means, np.vstack([powers, wanted]))
    curve, slopes, level = values[:-1], jacobian[:-1], float(values[-1])
    above = np.flatnonzero((curve[:-1] < level) & (curve[1:] >= level))
    if count < POINTS or not len(above):
        raise InputError(f"the ratios of loops of x = {x}, y = {y} do not cross: measure loops of more links in time")
    first = int(np.clip(above[0] - 1, 0, count - POINTS))
    points, chosen = np.arange(first, first + POINTS, dtype=np.float64), slice(first, first + POINTS)
    t = _root(points, curve[chosen], level, int(above[0]))
    rate = float(lagrange(points, t, 1) @ curve[chosen])
    return Dual(t / y, (jacobian[-1] - lagrange(points, t, 0) @ slopes[chosen]) / (rate * y))


def _root(points: FloatArray, values: FloatArray, level: float, start: int) -> float:
    """Where the polynomial through points has a value, between start and start + 1: by bisection."""
    low, high = float(start), start + 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if lagrange(points, middle, 0) @ values < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def flow_ratio(request: FitRequest, chains: Chains) -> Fit:
    """r of both parts of t^2 E at the w_0 of their sum, and w_0 in units of the spacing of space.

    Raises
    ------
    InputError
        No such lists, too few flow times, or a flow that ends before w_0.
    """
    space, time = (vector_names(chains.series[0], name) for name in (request.series, request.second))
    if len(space) != len(time):
        raise InputError(f"{request.series} and {request.second} have {len(space)} and {len(time)} flow times")
    measured = axis_of(chains, request, space)[1]
    if not measured:
        raise InputError(f"the flow times of {request.series} are not known")
    times, names = np.array(measured), [*space, *time]
    functions: dict[str, Function] = {"ratio": partial(_ratio, times=times), "w0": partial(_scale, times=times)}
    none = "the flow does not reach w_0: flow further"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))


def _scale(means: FloatArray, times: FloatArray) -> Dual:
    """w_0 of the sum of both parts."""
    found = w0(times, means[: len(times)] + means[len(times) :])
    return Dual(found.value, np.tile(found.gradient, 2))


def _ratio(means: FloatArray, times: FloatArray) -> Dual:
    """r of the derivatives of both parts, which move with w_0."""
    scale, count = _scale(means, times), len(times)
    t = scale.value**2
    first = int(np.clip(np.searchsorted(times, t) - 2, 0, count - POINTS))
    near, moved = times[first : first + POINTS], 2.0 * scale.value * scale.gradient
    slope, curvature = (lagrange(near, t, order) for order in (1, 2))
    rates = []
    for start in (first, count + first):
        chosen, weights = slice(start, start + POINTS), np.zeros(2 * count)
        weights[chosen] = t * slope
        further = float((slope + t * curvature) @ means[chosen])
        rates.append(Dual(float(weights @ means), weights + further * moved))
    return rates[0] / rates[1]
