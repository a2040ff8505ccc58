"""Energies from matrices of correlators: principal correlators, their effective energies and fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import numpy as np

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.correlator import cosh_model, cosh_start, effective_mass
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted, plain_means
from lqcdnn.analyze.fits.gevp import Matrices, PrincipalCorrelators
from lqcdnn.analyze.fits.masses import by_mass
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import check_times
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

#: States of `effective_energies` unless it is asked for another number.
STATES = 2


def effective_energies(request: FitRequest, chains: Chains) -> Fit:
    """Effective energies E_n(t), 2 cosh E_n(t) = [lambda_n(t-1) + lambda_n(t+1)]/lambda_n(t), and lambda_n(t).

    Raises
    ------
    InputError
        No square matrix of correlators, times or states that it does not have, C(T0) not positive definite, no energy.
    """
    t0, *more = map(int, request.numbers)
    names, matrices = matrix_of(request, chains)
    states = more[0] if more else min(STATES, matrices.operators)
    lambdas = _principal(request, chains, names, matrices)
    _check_state(states, matrices, "STATES")
    last = matrices.times - 1

    def energy(means: FloatArray, state: int, t: int) -> Dual:
        points = [lambdas.at(means, state, t + step) for step in (-1, 0, 1)]
        if not all(point.value > 0.0 for point in points):  # noise may look convex, too
            raise InputError(f"the principal correlator is not positive around t = {t}")
        value, slopes = effective_mass(*(point.value for point in points))
        return Dual(value, slopes @ np.array([point.gradient for point in points]))

    functions: dict[str, Function] = {
        f"{state + 1}.{t}": partial(energy, state=state, t=t) for state in range(states) for t in range(t0 + 1, last)
    }
    for state in range(states):
        for t in range(t0 + 1, last + 1):
            functions[f"lambda.{state + 1}.{t}"] = partial(lambdas.at, state=state, t=t)
    found = pointwise(request, chains, names, functions, "the matrix of correlators has no states")
    return Fit(request.name, request.text, found)


def energy_fit(request: FitRequest, chains: Chains) -> Fit:
    """Energy of one state from its principal correlator: A [exp(-E t) + exp(-E (T - t))] for t = FIRST ... LAST.

    ``overlap`` is the fitted function at T0, where lambda = 1: the part of this state in the operator v^T O.

    Raises
    ------
    InputError
        As `effective_energies`; a range beyond the middle or that begins at T0; no minimum.
    """
    t0, first, last, *more = map(int, request.numbers)
    names, matrices = matrix_of(request, chains)
    state = more[0] if more else 1
    lambdas = _principal(request, chains, names, matrices)
    _check_state(state, matrices, "STATE")
    extent = matrices.extent
    times = np.arange(first, last + 1, dtype=np.float64)

    def points(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = [lambdas.at(means, state - 1, int(t)) for t in times]
        return np.array([point.value for point in found]), np.array([point.gradient for point in found])

    def overlap(parameters: FloatArray) -> Dual:
        values, jacobian = cosh_model(extent, np.array([float(t0)]))(parameters)
        return Dual(float(values[0]), jacobian[0])

    problem = Problem(
        points=points,
        model=cosh_model(extent, times),
        start=lambda values, _: cosh_start(extent, times[:2], values[:2], 1),  # later ones may be noise
        order=by_mass,
        drawn=Drawn("t", "lambda(t)", times, lambda grid, found: cosh_model(extent, grid)(found)[0]),
    )
    return fitted(request, chains, names, problem, ["mass", "amplitude"], {"overlap": overlap})


def _principal(
    request: FitRequest, chains: Chains, names: list[str], matrices: Matrices
) -> PrincipalCorrelators:
    """Principal correlators whose states are numbered at the mean values of all measurements."""
    check_times(request, matrices.extent)
    given = request.given
    t0, t1 = int(given["T0"]), int(given.get("T1", 0.0))
    means = plain_means(chains.samples(names), len(names), chains)
    return PrincipalCorrelators(matrices, t0, t1 or None, means)


def _check_state(number: int, matrices: Matrices, what: str) -> None:
    if not 1 <= number <= matrices.operators:
        raise InputError(f"{what} = {number}; allowed: 1 to {matrices.operators}, the operators of the matrix")


def matrix_of(request: FitRequest, chains: Chains) -> tuple[list[str], Matrices]:
    """Series of KEY[i][j][t], then, where they are there, of KEY_vacuum[i]; and the matrix they make.

    Raises
    ------
    InputError
        There is no such matrix, it is not square, or its correlators or its vacuum have other lengths.
    """
    stem, series = request.series, chains.series[0]
    numbers = _indices(series, stem, 3)
    if not numbers:
        matrices = [name.removesuffix(".1.1.1") for name in series if name.endswith(".1.1.1")]
        hint = f"matrices: {', '.join(matrices) or 'none'}"
        raise InputError(f"there is no matrix of correlators {stem}[i][j][t] among the series", hint=hint)
    rows, columns, extent = (max(index[k] for index in numbers) for k in range(3))
    if rows != columns:
        raise InputError(f"the matrix {stem} has {rows} rows and {columns} columns; allowed: as many rows as columns")
    if len(numbers) != rows * columns * extent:
        raise InputError(f"the {rows * columns} correlators of the matrix {stem} do not all have {extent} times")
    names = [f"{stem}.{i + 1}.{j + 1}.{t + 1}" for i, j, t in np.ndindex(rows, rows, extent)]
    vacuum = [] if request.shifted else _indices(series, f"{stem}_vacuum", 1)  # differences have none
    if vacuum and len(vacuum) != rows:
        raise InputError(f"{stem}_vacuum has {len(vacuum)} entries; allowed: {rows}, one for each row of {stem}")
    names += [f"{stem}_vacuum.{i + 1}" for i in range(rows) if vacuum]
    return names, Matrices(rows, extent, bool(vacuum), request.shifted)


def _indices(series: Mapping[str, Series], stem: str, count: int) -> list[tuple[int, ...]]:
    """The indices of all series STEM.1...1 with so many of them."""
    pattern = re.compile(re.escape(stem) + r"\.(\d+)" * count)
    return [tuple(map(int, match.groups())) for name in series if (match := pattern.fullmatch(name))]
