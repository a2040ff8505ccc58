"""Masses from correlators: effective masses point by point, and fits of sums of exponentials."""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.correlator import cosh_model, cosh_start, effective_mass, fold
from lqcdnn.analyze.dual import Dual
from lqcdnn.analyze.fitting import Chains, Drawn, Problem, fitted, integers, vector_names
from lqcdnn.analyze.gamma import FloatArray
from lqcdnn.analyze.result import Fit
from lqcdnn.config.fits import FitRequest
from lqcdnn.errors import InputError


def effective(request: FitRequest, chains: Chains) -> Fit:
    """Effective mass at t = 1 ... T/2 - 1, where it exists."""
    names = vector_names(chains.series[0], request.series)
    samples, extent = chains.samples(names), len(names)
    estimates = []
    for t in range(1, extent // 2):
        matrix = fold(extent, np.array([t - 1, t, t + 1]))

        def mass(means: FloatArray, matrix: FloatArray = matrix) -> Dual:
            value, slopes = effective_mass(*(matrix @ means))
            return Dual(value, slopes @ matrix)

        try:
            estimates.append(chains.estimate(str(t), request, names, samples, mass))
        except InputError:
            continue
    if not estimates:
        raise InputError("no point of the correlator has an effective mass")
    return Fit(request.name, request.text, tuple(estimates))


def cosh(request: FitRequest, chains: Chains) -> Fit:
    """Masses and amplitudes from the folded correlator."""
    names = vector_names(chains.series[0], request.series)
    extent = len(names)
    first, last, states = (*integers(request), 1)[:3]
    if not 0 <= first < last <= extent // 2 or not 1 <= states <= 4:
        raise InputError(f"the range must lie within 0 to {extent // 2}, with 1 to 4 states")
    times = np.arange(first, last + 1, dtype=np.float64)
    matrix = fold(extent, times)
    parameters = ["mass", "amplitude"] + [f"{word}{i}" for i in range(2, states + 1) for word in ("mass", "amplitude")]
    problem = Problem(
        points=lambda means: (matrix @ means, matrix),
        model=cosh_model(extent, times),
        start=lambda values: cosh_start(extent, times, values, states),
        order=_by_mass,
        drawn=Drawn("t", "C(t)", times, lambda grid, found: cosh_model(extent, grid)(found)[0]),
    )
    return fitted(request, chains, names, problem, parameters)


def _by_mass(parameters: FloatArray) -> FloatArray:
    """States with rising mass."""
    pairs = parameters.reshape(-1, 2)
    if np.any(pairs[:, 0] <= 0.0):
        raise InputError("the fit ends at a mass that is not positive", hint="choose another range or fewer states")
    return pairs[np.argsort(pairs[:, 0])].ravel()
