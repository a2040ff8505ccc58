r"""Correlators that are symmetric in time, C(t) = C(T - t), and others: folding, effective mass, sums of exponentials.

.. math:: C(t) = \sum_i A_i\,(e^{-m_i t} + e^{-m_i (T - t)})

For one state C(t - 1) + C(t + 1) = 2 cosh(m) C(t), which defines the effective mass m(t). Those of baryons are not
symmetric: away from T they are sums of exp(-m_i t) alone, and C(t) = e^m C(t + 1) for one state.
"""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.fits.leastsquares import Model
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError


def fold(extent: int, times: FloatArray) -> FloatArray:
    """Matrix of shape (times, extent) that takes C(t), t = 0 ... T - 1, to [C(t) + C(T - t)]/2 at the given times."""
    matrix = np.zeros((len(times), extent))
    for row, t in enumerate(times):
        matrix[row, int(t)] += 0.5
        matrix[row, (extent - int(t)) % extent] += 0.5
    return matrix


def connected(means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """C(t) - <O>^2 and its Jacobian, from the mean values of C(0), C(1), ..., and last of O."""
    count, vacuum = len(means) - 1, means[-1]
    slopes = np.column_stack([np.eye(count), np.full(count, -2.0 * vacuum)])
    return means[:-1] - vacuum * vacuum, slopes


def connected_pair(means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """C(t) - <A><B> and its Jacobian, from the mean values of C(0), C(1), ..., and last of A and B."""
    count, (a, b) = len(means) - 2, means[-2:]
    slopes = np.column_stack([np.eye(count), np.full(count, -b), np.full(count, -a)])
    return means[:-2] - a * b, slopes


def effective_mass(before: float, here: float, after: float) -> tuple[float, FloatArray]:
    """acosh[(C(t - 1) + C(t + 1))/(2 C(t))] and its derivatives with respect to C(t - 1), C(t), C(t + 1).

    Raises
    ------
    InputError
        The correlator is not convex there: no mass.
    """
    x = (before + after) / (2.0 * here) if here != 0.0 else np.nan
    if not x > 1.0:
        raise InputError(f"the correlator has no effective mass: (C(t-1) + C(t+1))/(2 C(t)) = {x:.6g} is not above 1")
    slope = 1.0 / np.sqrt(x * x - 1.0)
    return float(np.arccosh(x)), slope / (2.0 * here) * np.array([1.0, -2.0 * x, 1.0])


def exponential_mass(here: float, after: float) -> tuple[float, FloatArray]:
    """ln[C(t)/C(t + 1)] and its derivatives with respect to C(t), C(t + 1).

    Raises
    ------
    InputError
        C(t) and C(t + 1) have different signs, or one of them is 0: no mass.
    """
    if not here * after > 0.0:
        raise InputError("the correlator has no effective mass: its sign changes")
    return float(np.log(here / after)), np.array([1.0 / here, -1.0 / after])


def exponential_model(times: FloatArray) -> Model:
    """sum_i A_i exp(-m_i t) at the given times as a function of (m_1, A_1, m_2, A_2, ...)."""

    def model(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """C(t) and its derivatives by the parameters, [t] and [t, parameter]."""
        forward = np.exp(-np.outer(times, parameters[0::2]))
        jacobian = np.empty((len(times), len(parameters)))
        jacobian[:, 0::2] = -parameters[1::2] * times[:, None] * forward
        jacobian[:, 1::2] = forward
        return np.sum(parameters[1::2] * forward, axis=1), jacobian

    return model


def cosh_model(extent: int, times: FloatArray) -> Model:
    """C(t) at the given times as a function of (m_1, A_1, m_2, A_2, ...)."""

    def model(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """C(t) and its derivatives by the parameters, [t] and [t, parameter]."""
        values = np.zeros(len(times))
        jacobian = np.empty((len(times), len(parameters)))
        for i in range(0, len(parameters), 2):
            mass, amplitude = parameters[i], parameters[i + 1]
            forward, backward = np.exp(-mass * times), np.exp(-mass * (extent - times))
            values += amplitude * (forward + backward)
            jacobian[:, i] = -amplitude * (times * forward + (extent - times) * backward)
            jacobian[:, i + 1] = forward + backward
        return values, jacobian

    return model


def cosh_start(extent: int, times: FloatArray, values: FloatArray, states: int) -> FloatArray:
    """First parameters of a fit: the mass from the end of the range, further states at twice, three times it.

    Raises
    ------
    InputError
        The correlator does not fall over the range.
    """
    mass = _mass_of_ratio(_last_ratio(values), extent, float(times[-2]), float(times[-1]))
    masses = mass * np.arange(1, states + 1, dtype=np.float64)
    basis = np.exp(-np.outer(times, masses)) + np.exp(-np.outer(extent - times, masses))
    return _with_amplitudes(masses, basis, values)


def with_constant(model: Model) -> Model:
    """A function of the parameters of another one and, last, of a constant that is added to it."""

    def more(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values and derivatives, [t] and [t, parameter]."""
        values, jacobian = model(parameters[:-1])
        return values + parameters[-1], np.column_stack([jacobian, np.ones(len(values))])

    return more


STARTS = np.geomspace(0.02, 4.0, 80)
"""Masses among which a fit with a constant looks for its first one."""


def constant_start(extent: int, times: FloatArray, values: FloatArray, errors: FloatArray, states: int) -> FloatArray:
    """First parameters of :func:`cosh_model` and a constant: of masses m, 2 m, ... those that fit best uncorrelated.

    Raises
    ------
    InputError
        There are fewer points than parameters.
    """
    if len(values) <= 2 * states:
        raise InputError(f"{len(values)} points do not determine {2 * states + 1} parameters")
    best, found = np.inf, np.empty(0)
    for mass in STARTS:
        masses = mass * np.arange(1, states + 1, dtype=np.float64)
        basis = np.exp(-np.outer(times, masses)) + np.exp(-np.outer(extent - times, masses))
        basis = np.column_stack([basis, np.ones(len(times))]) / errors[:, None]
        linear = np.linalg.lstsq(basis, values / errors, rcond=None)[0]
        chi2 = float(np.sum((basis @ linear - values / errors) ** 2))
        if chi2 < best:
            best, found = chi2, np.append(np.column_stack([masses, linear[:-1]]).ravel(), linear[-1])
    return found


def exponential_start(times: FloatArray, values: FloatArray, states: int) -> FloatArray:
    """The same for :func:`exponential_model`."""
    mass = float(np.log(_last_ratio(values)) / (times[-1] - times[-2]))
    masses = mass * np.arange(1, states + 1, dtype=np.float64)
    return _with_amplitudes(masses, np.exp(-np.outer(times, masses)), values)


def _last_ratio(values: FloatArray) -> float:
    ratio = values[-2] / values[-1] if values[-1] != 0.0 else np.nan
    if not ratio > 1.0 or not values[-1] * values[0] > 0.0:
        raise InputError("the correlator does not fall over the range of the fit")
    return float(ratio)


def _with_amplitudes(masses: FloatArray, basis: FloatArray, values: FloatArray) -> FloatArray:
    """Masses and the best amplitudes for them, (m_1, A_1, ...), all points having the same relative error."""
    amplitudes = np.linalg.lstsq(basis / values[:, None], np.ones(len(values)), rcond=None)[0]
    return np.column_stack([masses, amplitudes]).ravel()


def _mass_of_ratio(ratio: float, extent: int, one: float, other: float) -> float:
    """Mass whose one-state correlator has C(one)/C(other) = ratio, by bisection."""

    def excess(mass: float) -> float:
        first, second = (np.exp(-mass * t) + np.exp(-mass * (extent - t)) for t in (one, other))
        return float(first / second - ratio)

    low, high = 0.0, 1.0
    while excess(high) < 0.0 and high < 64.0:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if excess(middle) > 0.0 else (middle, high)
    return max(high, 1e-6)
