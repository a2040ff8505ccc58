"""Quantities found point by point from vectors of series: effective masses, Creutz ratios, free energies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, axis_of, correlator_of, loop_names, vector_names
from lqcdnn.analyze.fits.correlator import effective_mass, exponential_mass, fold
from lqcdnn.analyze.fits.potential import creutz_powers, free_energy, log_ratio
from lqcdnn.analyze.result import Estimate, Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError


def effective_masses(request: FitRequest, chains: Chains) -> Fit:
    """Effective mass at t = 1 ... T/2 - 1, where it exists.

    Raises
    ------
    InputError
        No such series, too few measurements, no point with a mass; so do the others, of their quantities.
    """
    names, extent, correlator = correlator_of(request, chains)

    def mass(means: FloatArray, matrix: FloatArray) -> Dual:
        values, jacobian = correlator(means)
        value, slopes = effective_mass(*(matrix @ values))
        return Dual(value, slopes @ matrix @ jacobian)

    functions = {
        str(t): partial(mass, matrix=fold(extent, np.array([t - 1, t, t + 1]))) for t in range(1, extent // 2)
    }
    none = "no point of the correlator has an effective mass"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))


def exponential_masses(request: FitRequest, chains: Chains) -> Fit:
    """ln[C(t)/C(t + 1)] at t = 0 ... T - 2, where it exists."""
    names, extent, correlator = correlator_of(request, chains)

    def mass(means: FloatArray, t: int) -> Dual:
        values, jacobian = correlator(means)
        value, slopes = exponential_mass(float(values[t]), float(values[t + 1]))
        return Dual(value, slopes @ jacobian[t : t + 2])

    functions = {str(t): partial(mass, t=t) for t in range(extent - 1)}
    none = "no point of the correlator has an effective mass"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))


def connected_correlator(request: FitRequest, chains: Chains) -> Fit:
    """[C(t) + C(T - t)]/2 - <O>^2 at t = 0 ... T/2."""
    names, extent, correlator = correlator_of(request, chains)

    def value(means: FloatArray, row: FloatArray) -> Dual:
        values, jacobian = correlator(means)
        return Dual(float(row @ values), row @ jacobian)

    rows = fold(extent, np.arange(extent // 2 + 1.0))
    functions = {str(t): partial(value, row=row) for t, row in enumerate(rows)}
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, "there is no correlator"))


def creutz_ratios(request: FitRequest, chains: Chains) -> Fit:
    """All Creutz ratios."""
    loops = loop_names(chains.series[0], request.series)
    sizes, powers = creutz_powers(list(loops))

    def ratio(means: FloatArray, row: FloatArray) -> Dual:
        values, jacobian = log_ratio(means, row[None])
        return Dual(float(values[0]), jacobian[0])

    functions = {f"{r}.{t}": partial(ratio, row=row) for (r, t), row in zip(sizes, powers, strict=True)}
    none = "no Creutz ratio has positive loops"
    return Fit(request.name, request.text, pointwise(request, chains, list(loops.values()), functions, none))


def free_energies(request: FitRequest, chains: Chains) -> Fit:
    """F/T at each distance but 0, numbered as the distances are from 0 on: along the axes NAME.r."""
    names = vector_names(chains.series[0], request.series)
    places = axis_of(chains, request, names)[1] or tuple(map(float, range(len(names))))
    numbers = {str(i): i for i, r in enumerate(places) if r > 0.0}

    def at_distance(means: FloatArray, i: int) -> Dual:
        found = free_energy(float(means[i]))
        return Dual(found.value, found.gradient[0] * np.eye(len(means))[i])

    functions = {name: partial(at_distance, i=i) for name, i in numbers.items()}
    none = "the correlator is not positive at any distance"
    found = pointwise(request, chains, names, functions, none)
    known = [item for item in found if item.mean is not None]
    x = np.array([places[numbers[item.name.rpartition(".")[2]]] for item in known])
    y, errors = (np.array([getattr(item, key) or 0.0 for item in known]) for key in ("mean", "error"))
    picture = FitPicture("r", "F/T", x, y, errors, np.empty(0), np.empty(0))
    return Fit(request.name, request.text, found, picture=picture if len(known) else None)


def pointwise(
    request: FitRequest, chains: Chains, names: Sequence[str], functions: Mapping[str, Function], none: str
) -> tuple[Estimate, ...]:
    """Estimates of functions of the mean values of series by name, where they exist.

    Raises
    ------
    InputError
        There are too few measurements, or none of the functions exists, with the text ``none``.
    """
    samples, estimates = chains.samples(names), []
    for name, function in functions.items():
        try:
            estimates.append(chains.estimate(name, request, names, samples, function))
        except InputError:
            continue
    if not estimates:
        raise InputError(none)
    return tuple(estimates)
