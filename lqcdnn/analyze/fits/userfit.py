"""Fits of the user's own formulas to a vector of series: ``formula(SERIES, FORMULA, FROM, TO, ...)``."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, Points, axis_of, correlator_of, on_all
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.priors import Prior
from lqcdnn.analyze.fits.userformula import Constrained, UserModel
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

#: Lists whose entries are numbered by their extent, from 1.
_LOOPS = re.compile(r"(?:\w+_)?wilson_loop(?:_space)?\.\d+")


def user_fit(request: FitRequest, chains: Chains) -> Fit:
    """The fit of a formula in x, with priors if there are any.

    x is what the observable wrote beside its list (flow time, distance); else the number of the entry from 0, the time
    of a correlator; of Wilson loops and of quantities found point by point before the number in their names.

    Raises
    ------
    InputError
        No such list, no places in the range, parameters that are not determined, no minimum.
    """
    formula = request.formula
    assert formula is not None
    names, label, places, points = _points(request, chains)
    low, high = request.numbers or (-np.inf, np.inf)
    room = 1e-12 * np.abs(places)
    kept = np.flatnonzero((places >= low - room) & (places <= high + room))
    if not len(kept):
        raise InputError(f"no point lies between {low:g} and {high:g}: {label} is {places[0]:g} ... {places[-1]:g}")
    if taken := next((name for name in formula.parameters if name in chains.series[0]), None):
        raise InputError(f"{taken} is a series: choose another name for the parameter")
    select, constants = np.eye(len(places))[kept], chains.physics.constants
    model = UserModel(formula, [places[kept]], constants)
    bounded = Constrained(model)
    priors = [Prior(f"{request.name}.{name}", value, error) for name, value, error in formula.priors]

    def chosen(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, jacobian = points(means)
        return select @ values, select @ jacobian

    def checked(parameters: FloatArray) -> FloatArray:
        bounded.check_determined(parameters, problem.weight)
        return parameters

    problem = Problem(
        points=chosen,
        model=bounded,
        start=bounded.first,
        order=checked,
        drawn=Drawn(label, request.series, places[kept], lambda grid, at: model.at([grid], constants)(at)[0]),
        priors=priors,
    )
    chains.priors.extend(priors)
    try:
        found = fitted(request, chains, names, problem, formula.parameters)
    except InputError as error:
        hint = error.hint
        if error.message.endswith("no minimum"):
            hint = f"another range, or start values behind the formula: {formula.parameters[-1]} = NUMBER"
        elif "x" not in formula.names:
            hint = "the variable of a formula is x"
        raise InputError(error.message, hint=hint) from error
    return found if found.picture is None else replace(found, picture=_finite(found.picture))


def _points(request: FitRequest, chains: Chains) -> tuple[list[str], str, FloatArray, Points]:
    """Series, name and values of x, and the points as a function of the mean values of the series."""
    stem = f"{request.series}."
    of_fit = {
        int(number): name
        for name in chains.parameters
        if name.startswith(stem) and (number := name.removeprefix(stem)).isdecimal()
    }
    if of_fit and not request.second and f"{stem}1" not in chains.series[0]:
        chosen = [chains.parameters[of_fit[number]] for number in sorted(of_fit)]
        names = list(dict.fromkeys(name for of, _ in chosen for name in of))

        def of_results(means: FloatArray) -> tuple[FloatArray, FloatArray]:
            found = [on_all(names, of, function, means) for of, function in chosen]
            return np.array([one.value for one in found]), np.array([one.gradient for one in found])

        return names, "x", np.array(sorted(of_fit), dtype=np.float64), of_results
    names, extent, points = correlator_of(request, chains)
    label, places = axis_of(chains, request, names[:extent])
    if places:
        return names, label, np.array(places), points
    first = 1.0 if _LOOPS.fullmatch(request.series) else 0.0
    return names, "x", first + np.arange(extent, dtype=np.float64), points


def _finite(picture: FitPicture) -> FitPicture:
    """A picture without the places where the formula has no value."""
    good = np.isfinite(picture.curve)
    return replace(picture, grid=picture.grid[good], curve=picture.curve[good])
