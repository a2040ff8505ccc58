r"""A density of states from the slopes of its logarithm in Gaussian windows (physics.md 37).

d ln rho/dx is a cubic spline, goes on as a straight line beyond the windows, and is such that in each of them,
of which the slope is s_k,

.. math::
    \int dx\,(x - c_k)\,\rho(x)\,e^{-s_k (x - c_k) - (x - c_k)^2/2\sigma^2} = 0,

or the sum of the squares least where there are fewer knots than windows.  To leading order d ln rho/dx = s_k at c_k;
what windows of finite width change, in the order of sigma^2, is taken out by this equation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

#: Widths between two knots, at least; points of a mesh for each width; widths beyond the outermost centres.
APART, FINE, BEYOND = 1.5, 6, 5.0
#: Fewest knots.
KNOTS = 4
#: Largest step of d ln rho/dx, times the width, at which the equations count as solved; steps that are tried.
SOLVED, STEPS = 1e-9, 50


@dataclass(frozen=True)
class Mesh:
    """Where a density has its numbers.

    Attributes
    ----------
    centres, width
        Of the windows; centres at equal distances.
    points, inside
        Equally spaced, some of them beyond the outermost centres; those from the first to the last centre.
    slope, log
        d ln rho/dx and ln rho (0 at the first centre) on the points are linear in the values of d ln rho/dx on the
        knots: shape (points, knots).
    log_at
        The same of ln rho and of d ln rho/dx at the centres, shape (windows, knots).
    slope_at
        Likewise.
    """

    centres: FloatArray
    width: float
    points: FloatArray
    inside: slice
    slope: FloatArray
    log: FloatArray
    log_at: FloatArray
    slope_at: FloatArray


def mesh_of(centres: FloatArray, width: float) -> Mesh:
    """The mesh of some windows.

    Knots are ``APART`` widths apart, or as far as the centres where these are farther: what changes faster is not in
    the means of windows, and would be noise.
    """
    length, spacing = float(centres[-1] - centres[0]), float(centres[1] - centres[0])
    count = max(KNOTS, 1 + math.floor(length / max(spacing, APART * width) + 1e-9))
    h = length / (count - 1)
    parts = math.ceil(length / (width / FINE))
    step = length / parts
    first = math.ceil(BEYOND * width / step)
    points = centres[0] + step * (np.arange(2 * first + parts + 1) - first)
    slope, log = _splines(points - centres[0], h, count)
    slope_at, log_at = _splines(centres - centres[0], h, count)
    return Mesh(centres, width, points, slice(first, first + parts + 1), slope, log, log_at, slope_at)


def _splines(x: FloatArray, h: float, count: int) -> tuple[FloatArray, FloatArray]:
    """Cubic splines with knots 0, h, 2 h, ..., and their integrals from 0, as matrices times the values there.

    Beyond the outermost knots they go on as straight lines.
    """
    curvature: FloatArray = _curvatures(count, h)
    unit: FloatArray = np.eye(count)
    cell = np.clip(np.floor(x / h).astype(np.int64), 0, count - 2)
    t = x / h - cell
    u, bend = 1.0 - t, h * h / 6.0
    slope: FloatArray = u[:, None] * unit[cell] + t[:, None] * unit[cell + 1]
    slope += bend * ((u**3 - u)[:, None] * curvature[cell] + (t**3 - t)[:, None] * curvature[cell + 1])
    integral = h * ((t - t * t / 2)[:, None] * unit[cell] + (t * t / 2)[:, None] * unit[cell + 1])
    left, right = (1.0 - u**4) / 4 - (1.0 - u * u) / 2, t**4 / 4 - t * t / 2
    integral += h * bend * (left[:, None] * curvature[cell] + right[:, None] * curvature[cell + 1])
    whole = h / 2 * (unit[:-1] + unit[1:]) - h * bend / 4 * (curvature[:-1] + curvature[1:])
    before: FloatArray = np.concatenate([np.zeros((1, count)), np.cumsum(whole, axis=0)])
    log: FloatArray = before[cell] + integral
    rates = (
        (unit[1] - unit[0]) / h - h / 6 * (2.0 * curvature[0] + curvature[1]),
        (unit[-1] - unit[-2]) / h + h / 6 * (2.0 * curvature[-1] + curvature[-2]),
    )
    for end, outside, rate in ((0, x < 0.0, rates[0]), (count - 1, x > h * (count - 1), rates[1])):
        beyond = (x[outside] - end * h)[:, None]
        slope[outside] = unit[end] + beyond * rate
        log[outside] = before[end] + beyond * unit[end] + beyond * beyond / 2 * rate
    return slope, log


def _curvatures(count: int, h: float) -> FloatArray:
    """Second derivatives of a cubic spline on equidistant points, as a matrix times its values.

    The third derivative does not jump at the second and the last but one of them ("not a knot").
    """
    matrix, second = np.zeros((count, count)), np.zeros((count, count))
    matrix[0, :3] = matrix[-1, -3:] = 1.0, -2.0, 1.0
    for k in range(1, count - 1):
        matrix[k, k - 1 : k + 2] = 1 / 6, 2 / 3, 1 / 6
        second[k, k - 1 : k + 2] = 1 / h**2, -2 / h**2, 1 / h**2
    return np.asarray(np.linalg.solve(matrix, second), dtype=np.float64)


@dataclass(frozen=True)
class Density:
    """ln rho on a mesh, and its derivatives with respect to the slopes of the windows.

    Attributes
    ----------
    mesh
        Its mesh.
    slopes
        Those of the windows.
    values
        d ln rho/dx at the knots.
    response
        Derivatives of the values by the slopes of the windows, shape (knots, windows).
    residual
        What is left of the equations: means of windows beside their centres over their variances, as slopes.
    """

    mesh: Mesh
    slopes: FloatArray
    values: FloatArray
    response: FloatArray
    residual: FloatArray

    def log(self, tilt: float = 0.0) -> FloatArray:
        """ln rho + tilt x on all points of the mesh."""
        found: FloatArray = self.mesh.log @ self.values + tilt * (self.mesh.points - self.mesh.points[0])
        return found

    def average(self, function: FloatArray, tilt: float = 0.0) -> tuple[float, FloatArray]:
        """Mean of a function on the points between the outermost centres with rho exp(tilt x), and its gradient."""
        inside = self.mesh.inside
        w, log = _weights(self.log(tilt)[inside]), self.mesh.log[inside]
        mean = float(w @ function)
        return mean, ((w * (function - mean)) @ log) @ self.response

    def moments(self, tilt: float) -> list[tuple[float, FloatArray]]:
        """Means of x, x^2 and x^4 with rho exp(tilt x)."""
        x = self.mesh.points[self.mesh.inside]
        return [self.average(x**power, tilt) for power in (1, 2, 4)]

    def log_integral(self, tilt: float) -> Dual:
        """ln of the integral of rho exp(tilt x) over that of rho."""
        inside = self.mesh.inside
        log, shift = self.log()[inside], tilt * self.mesh.points[inside]
        w, tilted = _weights(log), _weights(log + shift)
        top = float(shift.max())
        value = top + math.log(float(w @ np.exp(shift - top)))
        return Dual(value, ((tilted - w) @ self.mesh.log[inside]) @ self.response)

    def missing(self, tilt: float) -> float:
        """Part of rho exp(tilt x) beyond the outermost centres, continued as exponentials; inf where they grow."""
        inside = self.mesh.inside
        log, step = self.log(tilt)[inside], self.mesh.points[1] - self.mesh.points[0]
        slopes = self.values[0] + tilt, -(self.values[-1] + tilt)
        if min(slopes) <= 0.0:
            return math.inf
        total = float(np.exp(log - log.max()).sum()) * step
        outside = [math.exp(log[end] - log.max()) / slope for end, slope in zip((0, -1), slopes, strict=True)]
        return float(math.fsum(outside) / total)


def _weights(log: FloatArray) -> FloatArray:
    """exp(log), times the weights of the trapezoidal rule, with a sum of 1."""
    w: FloatArray = np.exp(log - log.max())
    w[[0, -1]] *= 0.5
    w /= w.sum()
    return w


def solve(mesh: Mesh, slopes: FloatArray, near: Density | None = None) -> Density:
    """The density whose windows with these slopes have their means at their centres, or next to them.

    Parameters
    ----------
    mesh, slopes
        Windows, and the slopes of all.
    near
        One of nearly the same slopes, with which to begin.

    Raises
    ------
    InputError
        No such density is found: windows are too wide, or slopes far from those of any.
    """
    x = mesh.points[None, :] - mesh.centres[:, None]
    window = -slopes[:, None] * x - 0.5 * (x / mesh.width) ** 2
    if near is None:
        values = np.asarray(np.linalg.lstsq(mesh.slope_at, slopes, rcond=None)[0], dtype=np.float64)
    else:
        values = near.values + near.response @ (slopes - near.slopes)
    for _ in range(STEPS):
        log = window + (mesh.log @ values)[None, :]
        w = np.exp(log - log.max(axis=1, keepdims=True))
        w /= w.sum(axis=1, keepdims=True)
        mean = (w * x).sum(axis=1)
        around = w * (x - mean[:, None])
        jacobian = around @ mesh.log
        inverse = np.linalg.pinv(jacobian)
        step = -inverse @ mean
        largest = float(np.abs(step).max()) * mesh.width
        if not math.isfinite(largest):
            break
        values = values + step * min(1.0, 1.0 / max(largest, 1e-300))
        if largest < SOLVED * max(1.0, float(np.abs(values).max()) * mesh.width):
            variance = (around * x).sum(axis=1)
            return Density(mesh, slopes, values, inverse * variance, mean / variance)
    raise InputError(
        "no density of states has the means that were found in the windows",
        hint="narrower windows, more changes of the slopes, or longer runs",
    )


@dataclass(frozen=True)
class Transition:
    """Two phases of the same weight.

    Attributes
    ----------
    tilt
        rho exp(tilt x) is the distribution.
    gap
        Difference of the means of x in both phases, on either side of the minimum.
    barrier
        Mean of ln of the heights of both peaks over that of the minimum.
    """

    tilt: float
    gap: float
    barrier: float


def transition(found: Density) -> Transition | None:
    """Where two peaks have the same weight; None where there are none, or one lies beyond the windows."""
    inside = found.mesh.inside
    x, log, a = found.mesh.points[inside], found.log()[inside], found.mesh.slope[inside] @ found.values
    rise = a - np.minimum.accumulate(a)
    last = int(np.argmax(rise))
    first = int(np.argmin(a[: last + 1]))
    if rise[last] <= 0.0 or first == 0 or last == len(a) - 1:
        return None
    low, high = -float(a[last]), -float(a[first])
    for _ in range(60):
        tilt = 0.5 * (low + high)
        left, right, _barrier, _gap = _phases(x, log + tilt * (x - x[0]), a + tilt, first, last)
        low, high = (tilt, high) if right < left else (low, tilt)
    _left, _right, barrier, gap = _phases(x, log + tilt * (x - x[0]), a + tilt, first, last)
    if a[0] + tilt <= 0.0 or a[-1] + tilt >= 0.0:
        return None
    return Transition(tilt, gap, barrier)


def _phases(x: FloatArray, log: FloatArray, a: FloatArray, first: int, last: int) -> tuple[float, float, float, float]:
    """Weights on both sides of the minimum, which is between two points, barrier, and difference of the means."""
    place = float(np.interp(0.0, a[first : last + 1], x[first : last + 1]))
    p = np.exp(log - log.max())
    sums = [np.concatenate([[0.0], np.cumsum(0.5 * (f[1:] + f[:-1]))]) for f in (p, p * x)]
    parts = [float(np.interp(place, x, one)) for one in sums]
    left, right = parts[0], float(sums[0][-1]) - parts[0]
    means = parts[1] / left, (float(sums[1][-1]) - parts[1]) / right
    bottom = float(np.interp(place, x, log))
    barrier = 0.5 * (float(log[x <= place].max()) + float(log[x >= place].max())) - bottom
    return left, right, barrier, means[1] - means[0]


def differentiated(found: Density) -> dict[str, Dual]:
    """Tilt, gap and barrier of the transition, with derivatives by differences; empty where there is none."""
    names = ("tilt", "gap", "barrier")
    middle = transition(found)
    if middle is None:
        return {}
    gradients = np.zeros((len(names), len(found.values)))
    step = 1e-4 / found.mesh.width
    for k in range(len(found.values)):
        ends = []
        for sign in (-1.0, 1.0):
            values = found.values.copy()
            values[k] += sign * step
            ends.append(transition(replace(found, values=values)))
        if ends[0] is None or ends[1] is None:
            return {}
        gradients[:, k] = [(getattr(ends[1], name) - getattr(ends[0], name)) / (2.0 * step) for name in names]
    gradients = gradients @ found.response
    return {name: Dual(getattr(middle, name), gradients[i]) for i, name in enumerate(names)}
