"""Masses from correlators: fits of sums of exponentials, and effective masses of steady and alternating states."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, correlator_of
from lqcdnn.analyze.fits.correlator import (
    constant_start,
    cosh_model,
    cosh_start,
    exponential_model,
    exponential_start,
    fold,
    with_constant,
)
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.leastsquares import Model
from lqcdnn.analyze.fits.oscillating import oscillating_model, oscillating_start, separated_mass
from lqcdnn.analyze.result import Estimate, Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import check_times
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

SAME = 1e-4
"""Relative distance of masses up to which no points tell two states from one."""


def effective_oscillating(request: FitRequest, chains: Chains) -> Fit:
    """Effective masses of a steady and an alternating state at t = 2 ... T/2 - 1, where they exist."""
    names, extent, correlator = correlator_of(request, chains)
    check_times(request, extent)
    samples = chains.samples(names)
    found: tuple[list[Estimate], list[Estimate]] = ([], [])
    for partner, prefix in ((False, ""), (True, "partner.")):
        for t in range(2, extent // 2):
            matrix = fold(extent, np.arange(t - 2.0, t + 4.0))

            def mass(means: FloatArray, matrix: FloatArray = matrix, partner: bool = partner) -> Dual:
                values = zip(*_matrix_product(matrix, correlator(means)), strict=True)
                return separated_mass([Dual(float(c), row) for c, row in values], partner)

            with suppress(InputError):
                found[partner].append(chains.estimate(f"{prefix}{t}", request, names, samples, mass))
    if not any(found):
        raise InputError("no point of the correlator has an effective mass")
    return Fit(request.name, request.text, (*found[0], *found[1]))


def cosh(request: FitRequest, chains: Chains) -> Fit:
    """Masses and amplitudes from the folded correlator; of the kind ``cosh_constant`` also a constant."""
    names, extent, correlator = correlator_of(request, chains)
    states = int((*request.numbers, 1)[2])
    times = _range(request, extent)
    matrix, lifted = fold(extent, times), request.kind == "cosh_constant"

    def model(at: FloatArray) -> Model:
        return with_constant(cosh_model(extent, at)) if lifted else cosh_model(extent, at)

    def start(values: FloatArray, errors: FloatArray) -> FloatArray:
        if lifted:
            return constant_start(extent, times, values, errors, states)
        if states > 1 or _noisy_end(values):  # from masses far from theirs fits end where two states are one
            return oscillating_start(extent, times, values, errors, states, 0)
        return cosh_start(extent, times, values, states)

    problem = Problem(
        points=lambda means: _matrix_product(matrix, correlator(means)),
        model=model(times),
        start=start,
        order=lambda found: np.append(by_mass(found[:-1]), found[-1]) if lifted else by_mass(found),
        drawn=Drawn("t", "C(t)", times, lambda grid, found: model(grid)(found)[0]),
    )
    found = fitted(request, chains, names, problem, [*_parameters("", states), *["constant"] * lifted])
    chains.ground[request.name] = names, extent, lambda means: _lowest_state(extent, problem, means)
    return found


def _lowest_state(extent: int, problem: Problem, means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A [exp(-m t) + exp(-m (T - t))] of the first state at all times, and its Jacobian."""
    mass, amplitude = (problem.parameter(i)(means) for i in (0, 1))
    values, slopes = cosh_model(extent, np.arange(float(extent)))(np.array([mass.value, amplitude.value]))
    return values, slopes @ np.array([mass.gradient, amplitude.gradient])


def exponential(request: FitRequest, chains: Chains) -> Fit:
    """Masses and amplitudes from a correlator that is not folded."""
    names, extent, correlator = correlator_of(request, chains)
    first, last, states = (*map(int, request.numbers), 1)[:3]
    times = _range(request, extent)
    rows = np.eye(extent)[first : last + 1]

    def start(values: FloatArray, errors: FloatArray) -> FloatArray:
        if states > 1 or _noisy_end(values):
            return oscillating_start(extent, times, values, errors, states, 0, backward=False)
        return exponential_start(times, values, states)

    problem = Problem(
        points=lambda means: _matrix_product(rows, correlator(means)),
        model=exponential_model(times),
        start=start,
        order=by_mass,
        drawn=Drawn("t", "C(t)", times, lambda grid, found: exponential_model(grid)(found)[0]),
    )
    return fitted(request, chains, names, problem, _parameters("", states))


def oscillating(request: FitRequest, chains: Chains) -> Fit:
    """Masses and amplitudes of steady and of alternating states from the folded correlator."""
    names, extent, correlator = correlator_of(request, chains)
    _, _, *counts = map(int, request.numbers)
    states, partners = counts + [1, 1][len(counts) :]
    times = _range(request, extent)
    matrix = fold(extent, times)

    def order(found: FloatArray) -> FloatArray:
        return np.concatenate([by_mass(found[: 2 * states]), by_mass(found[2 * states :])])

    problem = Problem(
        points=lambda means: _matrix_product(matrix, correlator(means)),
        model=oscillating_model(extent, times, states),
        start=lambda values, errors: oscillating_start(extent, times, values, errors, states, partners),
        order=order,
        drawn=Drawn("t", "C(t)", times, lambda grid, found: oscillating_model(extent, grid, states)(found)[0], False),
    )
    return fitted(request, chains, names, problem, [*_parameters("", states), *_parameters("partner_", partners)])


def _matrix_product(matrix: FloatArray, points: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Linear combinations of points."""
    return matrix @ points[0], matrix @ points[1]


def _noisy_end(values: FloatArray) -> bool:
    """Whether points fall over the range, but the last two of them have no mass of their own."""
    last = values[-1] or np.nan
    return bool(values[0] / last > 1.0 >= values[-2] / last)


def _range(request: FitRequest, extent: int) -> FloatArray:
    """Times of a fit."""
    check_times(request, extent)
    first, last = request.numbers[:2]
    return np.arange(first, last + 1, dtype=np.float64)


def _parameters(prefix: str, states: int) -> list[str]:
    """Names of masses and amplitudes."""
    return [f"{prefix}{word}{'' if i == 1 else i}" for i in range(1, states + 1) for word in ("mass", "amplitude")]


def by_mass(parameters: FloatArray) -> FloatArray:
    """Parameters (m_1, A_1, m_2, A_2, ...) with rising mass.

    Raises
    ------
    InputError
        A mass is not positive, or two of them are one.
    """
    pairs = parameters.reshape(-1, 2)
    if np.any(pairs[:, 0] <= 0.0):
        raise InputError("the fit ends at a mass that is not positive", hint="choose another range or fewer states")
    pairs = pairs[np.argsort(pairs[:, 0])]
    if np.any(np.diff(pairs[:, 0]) <= SAME * pairs[1:, 0]):
        raise InputError("the fit ends where two states have one mass", hint="choose another range or fewer states")
    return pairs.ravel()
