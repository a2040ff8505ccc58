"""Fits of the user's own formulas to vectors of series: ``formula(SERIES, FORMULA, FROM, TO, ...)``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, Points, axis_of, correlator_of, on_all
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted, plain_means
from lqcdnn.analyze.fits.priors import Prior
from lqcdnn.analyze.fits.userformula import Constrained, JointModel, UserModel
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

#: Lists whose entries are numbered by their extent, from 1.
_LOOPS = re.compile(r"(?:\w+_)?wilson_loop(?:_space)?\.\d+")


@dataclass(frozen=True)
class Quantity:
    """One of the quantities of a fit.

    Attributes
    ----------
    names, points
        Series, and its points in the range as a function of their mean values.
    label, name
        What x is, and what is fitted.
    model
        The formula at the places of the points.
    """

    names: list[str]
    points: Points
    label: str
    name: str
    model: UserModel

    @property
    def places(self) -> FloatArray:
        """x of the points."""
        return self.model.places[0]

    def on(self, names: Sequence[str], means: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points and Jacobian by the mean values of more series."""
        place = {name: k for k, name in enumerate(names)}
        where = np.array([place[name] for name in self.names], dtype=np.intp)
        values, slopes = self.points(means[where])
        jacobian = np.zeros((len(values), len(names)))
        jacobian[:, where] = slopes
        return values, jacobian


def user_fit(request: FitRequest, chains: Chains) -> Fit:
    """The fit of a formula in x, or of several of the same parameters, each to a quantity of its own; with priors.

    x is what the observable wrote beside its list (flow time, distance); else the number of the entry from 0, the time
    of a correlator; of Wilson loops and of quantities found point by point before the number in their names.  The
    weight matrix is that of the points of all quantities together.

    Raises
    ------
    InputError
        No such list, no places in the range, parameters that are not determined, no minimum.
    """
    formula = request.formula
    assert formula is not None
    if taken := next((name for name in formula.parameters if name in chains.series[0]), None):
        raise InputError(f"{taken} is a series: choose another name for the parameter")
    quantities = [_quantity(one, chains) for one in (request, *request.others)]
    names = list(dict.fromkeys(name for one in quantities for name in one.names))
    model = JointModel([one.model for one in quantities])
    bounded = Constrained(model)
    priors = [Prior(f"{request.name}.{name}", value, error) for name, value, error in formula.priors]

    def points(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = [one.on(names, means) for one in quantities]
        return np.concatenate([values for values, _ in found]), np.vstack([slopes for _, slopes in found])

    def checked(parameters: FloatArray) -> FloatArray:
        bounded.check_determined(parameters, problem.weight)
        return parameters

    problem = Problem(
        points=points,
        model=bounded,
        start=bounded.first,
        order=checked,
        drawn=Drawn("x", request.series, np.concatenate(model.places), lambda _, at: model(at)[0], between=False),
        priors=priors,
    )
    chains.priors.extend(priors)
    try:
        found = fitted(request, chains, names, problem, formula.parameters)
    except InputError as error:
        hint = error.hint
        if error.message.endswith("no minimum"):
            hint = f"another range, or start values behind the formula: {formula.parameters[-1]} = NUMBER"
        elif not all("x" in one.model.formula.names for one in quantities):
            hint = "the variable of a formula is x"
        raise InputError(error.message, hint=hint) from error
    assert found.picture is not None
    parameters = problem.solve(plain_means(chains.samples(names), len(names), chains))[0].parameters
    first, *others = _pictures(quantities, found.picture, parameters, chains)
    return replace(found, picture=replace(first, others=tuple(others)))


def _quantity(request: FitRequest, chains: Chains) -> Quantity:
    """One quantity of a fit, in its range."""
    assert request.formula is not None
    names, label, places, points = _points(request, chains)
    low, high = request.numbers or (-np.inf, np.inf)
    room = 1e-12 * np.abs(places)
    kept = np.flatnonzero((places >= low - room) & (places <= high + room))
    if not len(kept):
        of = f"{label} of {request.series}"
        raise InputError(f"no point lies between {low:g} and {high:g}: {of} is {places[0]:g} ... {places[-1]:g}")

    def chosen(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, jacobian = points(means)
        return values[kept], jacobian[kept]

    model = UserModel(request.formula, [places[kept]], chains.physics.constants)
    return Quantity(names, chosen, label, request.series, model)


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


def _pictures(
    quantities: Sequence[Quantity], every: FitPicture, parameters: FloatArray, chains: Chains
) -> list[FitPicture]:
    """Points and curve of each quantity, from the points of all; without places where a formula has no value."""
    found, begin = [], 0
    for one in quantities:
        part = slice(begin, begin + one.model.count)
        begin = part.stop
        grid: FloatArray = np.linspace(one.places[0], one.places[-1], 100)
        curve = one.model.at([grid], chains.physics.constants)(parameters)[0]
        good = np.isfinite(curve)
        points = (every.x[part], every.y[part], every.errors[part])
        found.append(FitPicture(one.label, one.name, *points, grid[good], curve[good]))
    return found
