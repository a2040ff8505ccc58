r"""Scaling laws from several runs: critical slowing down, finite-size corrections, zeros, peaks.

.. math::
    \tau_{int} = c\,\xi^z,\qquad \tau_{int} = c\,e^{bx},\qquad A(L) = A_\infty + b\,L^{-\omega},\qquad
    y(x) = b\,(x - x_0),\qquad y(x) = h + a\,(x - x_0)^2
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lqcdnn.analyze.statistics.distributions import chi2_probability
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError


@dataclass(frozen=True)
class LineFit:
    """Two parameters fitted to independent points.

    Attributes
    ----------
    constant, constant_error
        c, A_infinity, or x_0.
    slope, slope_error
        z, or b.
    chi2, dof, probability
        Quality; the probability is None without degrees of freedom.
    """

    constant: float
    constant_error: float
    slope: float
    slope_error: float
    chi2: float
    dof: int
    probability: float | None


def critical_slowing_down(
    xi: npt.ArrayLike, tau: npt.ArrayLike, tau_errors: npt.ArrayLike, xi_errors: npt.ArrayLike = 0.0
) -> LineFit:
    """Fit tau = c xi^z to runs of several correlation lengths (or lattice spacings, or extents).

    Parameters
    ----------
    xi, tau
        Positive, shape (runs,).
    tau_errors, xi_errors
        Their errors; those of xi enter as z dxi/xi (effective variance, J. Orear, Am. J. Phys. 50 (1982) 912).

    Raises
    ------
    InputError
        Fewer than two runs, or a number that is not positive.
    """
    x, y, dy = _arrays(xi, tau, tau_errors)
    if np.any(x <= 0.0) or np.any(y <= 0.0):
        raise InputError("a power law needs positive xi and tau_int")
    return _logarithmic(np.log(x), np.asarray(xi_errors, dtype=np.float64) / x, y, dy)


def exponential_slowing_down(
    x: npt.ArrayLike, tau: npt.ArrayLike, tau_errors: npt.ArrayLike, x_errors: npt.ArrayLike = 0.0
) -> LineFit:
    """Fit tau = c exp(b x), as for tunnelling through a barrier whose action is proportional to x.

    Parameters
    ----------
    x, tau
        Shape (runs,); tau positive.
    tau_errors, x_errors
        Their errors, as for `critical_slowing_down`.

    Raises
    ------
    InputError
        Fewer than two runs, or a tau that is not positive.
    """
    position, y, dy = _arrays(x, tau, tau_errors)
    if np.any(y <= 0.0):
        raise InputError("an exponential law needs positive tau_int")
    return _logarithmic(position, np.asarray(x_errors, dtype=np.float64), y, dy)


def _logarithmic(x: FloatArray, dx: FloatArray, y: FloatArray, dy: FloatArray) -> LineFit:
    """ln y = ln c + slope x."""
    found = _with_errors_of_x(x, dx, np.log(y), dy / y)
    constant = float(np.exp(found.constant))
    return replace(found, constant=constant, constant_error=constant * found.constant_error)


def _with_errors_of_x(x: FloatArray, dx: FloatArray, y: FloatArray, dy: FloatArray) -> LineFit:
    """y = constant + slope x; the effective error depends on the slope."""
    slope = 0.0
    found = None
    for _ in range(50):
        found = _line(x, y, np.hypot(dy, slope * dx))
        if abs(found.slope - slope) <= 1e-12 * max(abs(found.slope), 1.0):
            break
        slope = found.slope
    assert found is not None
    return found


def finite_size(
    extents: npt.ArrayLike,
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    exponent: float,
    extent_errors: npt.ArrayLike = 0.0,
) -> LineFit:
    """Fit A(L) = A_infinity + b L^-exponent with a known exponent.

    Parameters
    ----------
    extents, values, errors
        Shape (runs,).
    exponent
        omega > 0.
    extent_errors
        Of lengths that were measured, as for `critical_slowing_down`.

    Raises
    ------
    InputError
        Fewer than two runs, or an extent or exponent that is not positive.
    """
    length, y, dy = _arrays(extents, values, errors)
    wrong = [f"{number:g}" for number in (*length, exponent) if not number > 0.0]
    if wrong:
        raise InputError(f"extents and exponent must be positive, not {wrong[0]}")
    dx = exponent * length ** (-exponent - 1.0) * np.asarray(extent_errors, dtype=np.float64)
    return _with_errors_of_x(length**-exponent, dx, y, dy)


def zero(
    x: npt.ArrayLike, values: npt.ArrayLike, errors: npt.ArrayLike, x_errors: npt.ArrayLike = 0.0
) -> LineFit:
    """Fit a straight line y = b (x - x_0): the critical hopping parameter of quark masses, for one.

    Parameters
    ----------
    x, values, errors
        Shape (runs,).
    x_errors
        Of x where it was measured, as for `critical_slowing_down`.

    Raises
    ------
    InputError
        Fewer than two runs, or a line that is level.
    """
    position, y, dy = _arrays(x, values, errors)
    dx = np.asarray(x_errors, dtype=np.float64)
    line = _with_errors_of_x(position, dx, y, dy)
    if line.slope == 0.0:
        raise InputError("a level line has no zero")
    place = -line.constant / line.slope
    there = _with_errors_of_x(position - place, dx, y, dy)  # its constant is 0, with the error of y at the zero
    return replace(line, constant=place, constant_error=there.constant_error / abs(line.slope))


@dataclass(frozen=True)
class PeakFit:
    """A parabola through independent points.

    Attributes
    ----------
    position, position_error, height, height_error
        Of its maximum.
    curvature
        Half the second derivative, negative.
    chi2, dof, probability
        As of `LineFit`.
    """

    position: float
    position_error: float
    height: float
    height_error: float
    curvature: float
    chi2: float
    dof: int
    probability: float | None


def peak(
    x: npt.ArrayLike, values: npt.ArrayLike, errors: npt.ArrayLike, x_errors: npt.ArrayLike = 0.0
) -> PeakFit:
    """Fit a parabola y = h + a (x - x_0)^2 to the points around a maximum.

    Parameters
    ----------
    x, values, errors
        Shape (runs,).
    x_errors
        Of x where it was measured, as for `critical_slowing_down`.

    Raises
    ------
    InputError
        Fewer than three places, or no maximum between the first and the last of them.
    """
    place, y, dy = _arrays(x, values, errors)
    dx = np.asarray(x_errors, dtype=np.float64)
    if len(set(place)) < 3:
        raise InputError("a parabola needs runs at three places")
    middle, scale = float(place.mean()), float(np.ptp(place))
    t = (place - middle) / scale
    model: FloatArray = np.stack([np.ones_like(t), t, t * t], axis=1)
    coefficients: FloatArray = np.zeros(3)
    for _ in range(50):
        effective = np.hypot(dy, (coefficients[1] + 2.0 * coefficients[2] * t) * dx / scale)
        covariance = np.linalg.inv((model / effective[:, None] ** 2).T @ model)
        before, coefficients = coefficients, covariance @ ((model / effective[:, None] ** 2).T @ y)
        if np.allclose(before, coefficients, rtol=1e-12, atol=0.0):
            break
    h, b, a = (float(number) for number in coefficients)
    top = -b / (2.0 * a) if a < 0.0 else math.nan
    if not t.min() <= top <= t.max():
        raise InputError("the parabola has no maximum between the points", hint="choose a range around the maximum")
    of_place = np.array([0.0, -1.0 / (2.0 * a), b / (2.0 * a * a)])
    of_height = np.array([1.0, top, top * top])
    chi2, dof = float(np.sum(((y - model @ coefficients) / effective) ** 2)), len(y) - 3
    return PeakFit(
        position=middle + scale * top,
        position_error=scale * math.sqrt(float(of_place @ covariance @ of_place)),
        height=h + b * top / 2.0,
        height_error=math.sqrt(float(of_height @ covariance @ of_height)),
        curvature=a / scale**2,
        chi2=chi2,
        dof=dof,
        probability=chi2_probability(chi2, dof) if dof else None,
    )


def _arrays(*items: npt.ArrayLike) -> tuple[FloatArray, ...]:
    arrays = tuple(np.asarray(item, dtype=np.float64) for item in items)
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
        raise InputError("one number for each run is needed")
    if len(arrays[0]) < 2 or np.any(arrays[-1] <= 0.0):
        raise InputError("a fit needs two runs or more, each with an error above 0")
    return arrays


def _line(x: FloatArray, y: FloatArray, errors: FloatArray) -> LineFit:
    weight = errors**-2.0
    total = float(weight.sum())
    middle, height = float(weight @ x) / total, float(weight @ y) / total
    spread = float(weight @ (x - middle) ** 2)  # about the middle no digits are lost
    if not spread > 0.0:
        raise InputError("a line needs runs at two places")
    slope = float(weight @ ((x - middle) * y)) / spread
    chi2 = float(weight @ (y - height - slope * (x - middle)) ** 2)
    dof = len(x) - 2
    return LineFit(
        constant=height - slope * middle,
        constant_error=math.sqrt(1.0 / total + middle**2 / spread),
        slope=slope,
        slope_error=math.sqrt(1.0 / spread),
        chi2=chi2,
        dof=dof,
        probability=chi2_probability(chi2, dof) if dof else None,
    )
