r"""Quark masses and decay constants from axial Ward identities.

With C_AP(t) = sum_x <A_0(x) P(0)^dag> and C_PP(t) of A_mu = qbar_1 gamma_mu gamma_5 q_2 and P = qbar_1 gamma_5 q_2 the
identity d_mu A_mu = (m_1 + m_2) P gives the bare quark mass

.. math:: m(t) = \frac{C_{AP}(t+1) - C_{AP}(t-1) + 2 c_A [C_{PP}(t+1) - 2 C_{PP}(t) + C_{PP}(t-1)]}{4\,C_{PP}(t)}

(M. Luscher, S. Sint, R. Sommer, P. Weisz, hep-lat/9605038, with the improved current A_mu + c_A d_mu P).  Where one
state is left, of momentum 0 and norm 2 M,

.. math:: C_{PP} = \frac{G^2}{2M} [e^{-Mt} + e^{-M(T-t)}],\quad C_{AP} = -\frac{f M G}{2M} [e^{-Mt} - e^{-M(T-t)}]

C_AP changes its sign with t: after folding it is 0 at t = 0 and T/2, which tells nothing, so that m(t) begins at t = 2.
Here G = <0|P|M> and f M = <0|A_0|M>: the decay constant f that is 130 MeV for the pion.  A quark with a twisted mass mu
has f from the exact identity of the vector current, f M^2 = 2 mu G (R. Frezzotti, S. Sint, P. Weisz, hep-lat/0104014).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, vector_names
from lqcdnn.analyze.fits.correlator import cosh_model, cosh_start, fold
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.leastsquares import Model
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import check_times
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError


def effective_quark_masses(request: FitRequest, chains: Chains) -> Fit:
    """m(t) at t = 2 ... T/2.

    Raises
    ------
    InputError
        No such series, two that are not of the same length, too few measurements; so do the others.
    """
    names, extent = _both(request, chains)
    improvement = request.numbers[0] if request.numbers else 0.0

    def mass(means: FloatArray, t: int) -> Dual:
        values, slopes = _quark_masses(means, extent, np.array([float(t)]), improvement)
        return Dual(float(values[0]), slopes[0])

    functions = {str(t): partial(mass, t=t) for t in range(2, extent // 2 + 1)}
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, "there is no quark mass"))


def quark_mass(request: FitRequest, chains: Chains) -> Fit:
    """A constant fitted to m(t), t = FIRST ... LAST."""
    names, extent = _both(request, chains)
    first, last, improvement = (*request.numbers, 0.0)[:3]
    times = _times(request, extent, first, last)
    one = np.ones((len(times), 1))
    problem = Problem(
        points=lambda means: _quark_masses(means, extent, times, improvement),
        model=lambda found: (one @ found, one),
        start=lambda values, _: values.mean(keepdims=True),
        drawn=Drawn("t", "m(t)", times, lambda grid, found: np.full(len(grid), found[0])),
    )
    return fitted(request, chains, names, problem, ["mass"])


def decay_constant(request: FitRequest, chains: Chains) -> Fit:
    """M, G and f from C_PP and C_AP at t = FIRST ... LAST at once, of one state; C_AP only before T/2.

    The picture is that of C_PP.
    """
    names, extent = _both(request, chains)
    first, last, improvement = (*request.numbers, 0.0)[:3]
    times = _times(request, extent, first, last)
    axial_times, count = times[2 * times < extent], len(times)
    even, odd = fold(extent, times), _difference(extent, axial_times)
    folded = np.block([[np.zeros_like(even), even], [odd, np.zeros_like(odd)]])
    model = _both_models(extent, times, axial_times)

    def f(found: FloatArray) -> Dual:
        mass, pseudoscalar, axial = _variables(found)
        correction = Dual(improvement, np.zeros(3)) * pseudoscalar * mass.apply("sinh")
        return (axial + correction) * (_number(2.0, 3) / (mass * pseudoscalar)).apply("sqrt")

    def start(values: FloatArray, _: FloatArray) -> FloatArray:
        mass, amplitude = cosh_start(extent, times, values[:count], 1)
        shape = _odd(extent, axial_times, mass)[0]
        return np.array([mass, amplitude, shape @ values[count:] / (shape @ shape)])

    problem = Problem(
        points=lambda means: (folded @ means, folded),
        model=model,
        start=start,
        order=_positive,
        drawn=Drawn("t", "C(t)", np.concatenate([times, axial_times]), lambda _, found: model(found)[0], False),
    )
    extra = {"matrix_element": _matrix_element, "decay_constant": f}
    found = fitted(request, chains, names, problem, ["mass", "amplitude", "axial_amplitude"], extra)
    if (both := found.picture) is None:
        return found
    upper = {name: getattr(both, name)[:count] for name in ("x", "y", "errors", "grid", "curve")}
    return replace(found, picture=replace(both, **upper))


def twisted_decay_constant(request: FitRequest, chains: Chains) -> Fit:
    """M, G and f = 2 mu G / M^2 from C_PP at t = FIRST ... LAST, of one state."""
    names = vector_names(chains.series[0], request.series)
    extent, (mu, first, last) = len(names), request.numbers
    times = _times(request, extent, first, last)
    matrix = fold(extent, times)

    def f(found: FloatArray) -> Dual:
        mass = _variables(found)[0]
        return _number(2.0 * abs(mu), len(found)) * _matrix_element(found) / (mass * mass)

    problem = Problem(
        points=lambda means: (matrix @ means, matrix),
        model=cosh_model(extent, times),
        start=lambda values, _: cosh_start(extent, times, values, 1),
        order=_positive,
        drawn=Drawn("t", "C(t)", times, lambda grid, found: cosh_model(extent, grid)(found)[0]),
    )
    extra = {"matrix_element": _matrix_element, "decay_constant": f}
    return fitted(request, chains, names, problem, ["mass", "amplitude"], extra)


def _both(request: FitRequest, chains: Chains) -> tuple[list[str], int]:
    """Series of C_AP, then of C_PP, and how many times both have."""
    axial, pseudoscalar = (vector_names(chains.series[0], name) for name in (request.series, request.second))
    if len(axial) != len(pseudoscalar):
        lengths = f"{request.series} has {len(axial)} times and {request.second} {len(pseudoscalar)}"
        raise InputError(f"{lengths}: they are not of the same lattice")
    return [*axial, *pseudoscalar], len(axial)


def _times(request: FitRequest, extent: int, first: float, last: float) -> FloatArray:
    """Times of a fit."""
    check_times(request, extent)
    return np.arange(first, last + 1, dtype=np.float64)


def _quark_masses(
    means: FloatArray, extent: int, times: FloatArray, improvement: float
) -> tuple[FloatArray, FloatArray]:
    """m(t) at the given times and its Jacobian, from the mean values of C_AP and C_PP."""
    here, before, after = (fold(extent, times + k) for k in (0, -1, 1))
    slope = _difference(extent, times + 1.0) - _difference(extent, times - 1.0)
    above = np.hstack([slope, 2.0 * improvement * (after - 2.0 * here + before)])
    below = np.hstack([np.zeros_like(here), 4.0 * here])
    top, bottom = above @ means, below @ means
    if np.any(bottom == 0.0):
        raise InputError("the pseudoscalar correlator is 0")
    values = top / bottom
    return values, (above - values[:, None] * below) / bottom[:, None]


def _difference(extent: int, times: FloatArray) -> FloatArray:
    """Matrix of shape (times, extent) that takes C(t) to [C(t) - C(T - t)]/2 at the given times."""
    one = np.eye(extent)
    forward = times.astype(np.int64) % extent
    return 0.5 * (one[forward] - one[-forward % extent])


def _odd(extent: int, times: FloatArray, mass: float) -> tuple[FloatArray, FloatArray]:
    """-[exp(-M t) - exp(-M (T - t))] and its derivative by M."""
    forward, backward = np.exp(-mass * times), np.exp(-mass * (extent - times))
    return backward - forward, times * forward - (extent - times) * backward


def _both_models(extent: int, times: FloatArray, axial_times: FloatArray) -> Model:
    """C_PP, then C_AP at the given times as a function of M, G^2 / 2M and f G / 2."""
    even = cosh_model(extent, times)

    def model(found: FloatArray) -> tuple[FloatArray, FloatArray]:
        (values, slopes), (odd, by_mass) = even(found[:2]), _odd(extent, axial_times, found[0])
        lower = np.column_stack([found[2] * by_mass, np.zeros_like(odd), odd])
        upper = np.column_stack([slopes, np.zeros_like(values)])
        return np.concatenate([values, found[2] * odd]), np.vstack([upper, lower])

    return model


def _variables(parameters: FloatArray) -> list[Dual]:
    return [Dual(float(value), unit) for value, unit in zip(parameters, np.eye(len(parameters)), strict=True)]


def _number(value: float, count: int) -> Dual:
    return Dual(value, np.zeros(count))


def _matrix_element(found: FloatArray) -> Dual:
    """G = (2 M A)^(1/2) of the amplitude A."""
    mass, amplitude = _variables(found)[:2]
    return (_number(2.0, len(found)) * mass * amplitude).apply("sqrt")


def _positive(found: FloatArray) -> FloatArray:
    """Parameters with a mass and an amplitude above 0."""
    if not (found[0] > 0.0 and found[1] > 0.0):
        raise InputError("the fit ends at a mass or an amplitude that is not positive", hint="choose another range")
    return found
