r"""Hadronic vacuum polarisation from correlators of vector currents at zero momentum (physics.md 29).

.. math:: \Pi(Q^2) - \Pi(0) = \sum_{t>0} G(t) \left[t^2 - \frac{4}{Q^2} \sin^2\frac{Q t}{2}\right]
    = \sum_j \Pi_j Q^{2j}, \quad \Pi_j = (-1)^{j+1} \sum_t \frac{t^{2j+2}}{(2j+2)!} G(t)

(D. Bernecker, H. B. Meyer, arXiv:1107.4388; B. Chakraborty et al., arXiv:1403.1778, whose sum is over both signs of t).
All are sums of G(t) times weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, on_all, vector_names
from lqcdnn.analyze.fits.correlator import fold
from lqcdnn.analyze.fits.fitting import plain_means, point_covariance
from lqcdnn.analyze.fits.muonkernel import anomaly_factor, muon_kernel, spacing_of, step
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import WINDOWS, check_spacing, check_times
from lqcdnn.config.language.fits import CUT, FitRequest
from lqcdnn.config.language.scales import scale_words
from lqcdnn.errors import InputError

MOMENTS = 4
"""How many coefficients of Q^2 are found."""
FARTHEST = 10_000
"""Most times that a tail is summed over."""

Weights = Callable[[FloatArray, float], tuple[FloatArray, FloatArray]]
"""Weight of each t > 0 at a lattice spacing, and its derivative by the spacing."""


@dataclass(frozen=True)
class Correlator:
    """G(t) for t > 0, beyond the last that is taken from the data by a tail.

    Attributes
    ----------
    names
        Series whose means it is a function of.
    extent, last
        T, and the last time that is taken from the data.
    tail
        Amplitudes A and energies E of sum A exp(-E t) beyond as functions of the means; of one E alone, the amplitude
        None, it goes on from G(last).
    """

    names: list[str]
    extent: int
    last: int
    tail: tuple[tuple[Function | None, Function], ...]

    def __call__(self, means: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Times, G(t), and its Jacobian [t, means]; at T/2, where t and T - t are one, half of it without a tail."""
        times, matrix = np.arange(1.0, self.last + 1.0), np.zeros((self.last, len(means)))
        matrix[:, : self.extent] = fold(self.extent, times)
        if not self.tail and 2 * self.last == self.extent:
            matrix[-1] *= 0.5
        parts = [(times, matrix @ means, matrix)]
        parts += [self._state(amplitude, energy(means), parts[0], means) for amplitude, energy in self.tail]
        values, jacobians = np.concatenate([part[1] for part in parts]), np.vstack([part[2] for part in parts])
        return np.concatenate([part[0] for part in parts]), values, jacobians

    def _state(
        self,
        amplitude: Function | None,
        energy: Dual,
        data: tuple[FloatArray, FloatArray, FloatArray],
        means: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """One exponential at t = last + 1, ..., until nothing is left of it."""
        E, start = energy.value, 0 if amplitude else self.last
        if not E > 0.0:
            raise InputError(f"the energy {E:g} of the tail is not above 0")
        count = math.ceil(50.0 / E)
        if count > FARTHEST:
            raise InputError(f"the tail with energy {E:g} falls too slowly to be summed")
        times = self.last + np.arange(1.0, count + 1.0)
        A = amplitude(means) if amplitude else Dual(float(data[1][-1]), data[2][-1])
        shape = np.exp(-E * (times - start))
        jacobian = np.outer(shape, A.gradient) - np.outer(A.value * (times - start) * shape, energy.gradient)
        return times, A.value * shape, jacobian


def vacuum_polarization(request: FitRequest, chains: Chains) -> Fit:
    """Pi(Q^2) - Pi(0) at one Q^2 in lattice units.

    Raises
    ------
    InputError
        No such correlator, no such tail, Q^2 not above 0; so do the others.
    """
    (square,) = request.numbers

    def weights(times: FloatArray, _: float) -> tuple[FloatArray, FloatArray]:
        return times**2 - 4.0 / square * np.sin(0.5 * math.sqrt(square) * times) ** 2, np.zeros(len(times))

    return _sums(request, chains, {"polarization": weights}, "terms of Pi(Q^2) - Pi(0)")


def time_moments(request: FitRequest, chains: Chains) -> Fit:
    """Pi_1, ... of the expansion of Pi(Q^2) - Pi(0) in Q^2: the first is the slope at 0."""

    def moment(j: int) -> Weights:
        factor = (-1) ** (j + 1) * 2.0 / math.factorial(2 * j + 2)
        return lambda times, _: (factor * times ** (2 * j + 2), np.zeros(len(times)))

    return _sums(request, chains, {f"Pi{j}": moment(j) for j in range(1, MOMENTS + 1)}, "terms of Pi_1")


def muon_anomaly(request: FitRequest, chains: Chains) -> Fit:
    """The part of (g - 2)/2 of the muon in units of 1e-10, whole and in the windows of short to long times."""
    charge, *given = request.numbers
    early, late, width = (*given, *WINDOWS[len(given) :])
    factor, unit = anomaly_factor(charge), spacing_of(1.0)  # the mass is the spacing over the unit

    @cache
    def kernel(count: int, spacing: float) -> tuple[FloatArray, FloatArray]:
        K, slope = muon_kernel(np.arange(1.0, count + 1.0), spacing / unit)
        return factor * K, factor * slope / unit

    def whole(times: FloatArray, spacing: float) -> tuple[FloatArray, FloatArray]:
        return kernel(len(times), spacing)

    def window(begin: float | None, end: float | None) -> Weights:
        def weights(times: FloatArray, spacing: float) -> tuple[FloatArray, FloatArray]:
            shape, change = np.full(len(times), float(begin is None)), np.zeros(len(times))
            for sign, where in ((1.0, begin), (-1.0, end)):
                if where is not None:
                    value, slope = step(times, spacing, where, width)
                    shape, change = shape + sign * value, change + sign * slope
            K, slope = whole(times, spacing)
            return shape * K, change * K + shape * slope

        return weights

    parts = {"short": window(None, early), "intermediate": window(early, late), "long": window(late, None)}
    return _sums(request, chains, {"total": whole, **parts}, "terms of a_mu / 1e-10")


def _sums(request: FitRequest, chains: Chains, weights: dict[str, Weights], label: str) -> Fit:
    """Estimates of sums of G(t) with weights; the terms of the first one, as far as they are data, are drawn."""
    G = correlator_with_tail(request, chains)
    extra, scale = _spacing(request, chains, G.names)
    names = [*G.names, *extra]

    def function(weight: Weights) -> Function:
        def total(means: FloatArray) -> Dual:
            (times, values, jacobian), a = G(means), scale(means)
            w, slope = weight(times, a.value)
            return Dual(float(w @ values), w @ jacobian + float(slope @ values) * a.gradient)

        return total

    functions = {name: function(weight) for name, weight in weights.items()}
    samples, first = chains.samples(names), next(iter(weights.values()))
    means = plain_means(samples, len(names), chains)
    G(means), scale(means)  # says what is wrong with tail and scale
    found = pointwise(request, chains, names, functions, f"{request.kind} does not exist")

    def terms(here: FloatArray) -> tuple[FloatArray, FloatArray]:
        times, values, jacobian = (one[: G.last] for one in G(here))
        w = first(times, scale(means).value)[0]
        return w * values, w[:, None] * jacobian

    y, errors, empty = terms(means)[0], point_covariance(samples, means, terms, chains).errors, np.empty(0)
    picture = FitPicture("t", label, np.arange(1.0, G.last + 1), y, errors, empty, empty)
    return Fit(request.name, request.text, found, picture=picture)


def correlator_with_tail(request: FitRequest, chains: Chains) -> Correlator:
    """G(t) of a request, with the tail that it asks for.

    Raises
    ------
    InputError
        No such series or fit, or a time that is not one of the correlator.
    """
    names = vector_names(chains.series[0], request.series)
    extent = len(names)
    if not request.tail:
        return Correlator(names, extent, extent // 2, ())
    last = int(request.last)
    check_times(request, extent)
    if request.tail == CUT:
        return Correlator(names, extent, last, ())
    if not (request.tail[0].isalpha() or request.tail[0] == "_"):
        energy = float(request.tail)
        return Correlator(names, extent, last, ((None, lambda means: Dual(energy, np.zeros(len(means)))),))
    found = []
    for i in range(1, 5):
        keys = [f"{request.tail}.{word}{'' if i == 1 else i}" for word in ("amplitude", "mass")]
        if all(key in chains.parameters for key in keys):
            found.append([chains.parameters[key] for key in keys])
    if not found:
        known = sorted({key.partition(".")[0] for key in chains.parameters if key.endswith(".amplitude")})
        hint = f"fits before with mass and amplitude: {', '.join(known) or 'none'}"
        raise InputError(f"{request.tail} is no fit of a correlator before this one", hint=hint)
    every = list(dict.fromkeys([*names, *(name for state in found for of, _ in state for name in of)]))
    tail = tuple((partial(on_all, every, *A), partial(on_all, every, *E)) for A, E in found)
    return Correlator(every, extent, last, tail)


def _spacing(request: FitRequest, chains: Chains, names: list[str]) -> tuple[list[str], Function]:
    """Further series, and the lattice spacing in fm; of kinds without one a number that nothing depends on.

    Raises
    ------
    InputError
        The number of an earlier fit is not known, or the spacing is none of `SPACINGS`.
    """
    number, in_fm, name = scale_words(request.second) if request.second else (1.0, True, "")
    if not name:
        fixed = check_spacing(number if in_fm else spacing_of(number))
        return [], lambda means: Dual(fixed, np.zeros(len(means)))
    of, function = chains.number_of_fit(name)
    extra = [one for one in of if one not in names]

    def spacing(means: FloatArray) -> Dual:
        found = on_all([*names, *extra], of, function, means)
        if not found.value > 0.0:
            raise InputError(f"{name} is not above 0")
        check_spacing(number / found.value)
        return Dual(number, np.zeros(len(means))) / found

    return extra, spacing
