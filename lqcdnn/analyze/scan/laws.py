r"""Fits of the user's formulas over the points of a scan, ``law(SERIES, X, FORMULA, ...)``, of several variables too.

Points are independent. Of point i with y_i and measured variables x_i, from one run and correlated, chi^2 contains

.. math:: \frac{[y_i - f(x_i; p)]^2}{g^T C_i g},\qquad g = (1, -\partial f/\partial x),

C_i the covariance of y_i and x_i: J. Orear's effective variance (Am. J. Phys. 50 (1982) 912), found again until nothing
changes. The parameters are functions of all that was measured, at fixed weights, and have their errors by the Gamma
method for their linearised fluctuations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import aligned, listing
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.leastsquares import Minimum, minimize
from lqcdnn.analyze.fits.priors import with_priors
from lqcdnn.analyze.fits.userformula import Constrained, UserModel
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.scan.fits import STEP, autocorrelation, key_number
from lqcdnn.analyze.scan.fluctuations import Number, combined, of_estimate
from lqcdnn.analyze.scan.groups import full_key, groups, on_every_line
from lqcdnn.analyze.scan.result import Parameter, PointResult, ScanFit
from lqcdnn.analyze.statistics.covariance import covariance_of
from lqcdnn.analyze.statistics.distributions import chi2_probability
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray
from lqcdnn.config.language.expressions import CONSTANTS
from lqcdnn.config.language.formulas import Formula
from lqcdnn.config.language.scanfits import ScanFitRequest
from lqcdnn.errors import InputError

#: Rounds in which effective errors must settle.
ROUNDS = 100
#: Change of a parameter, in its error, that is none.
SETTLED = 1e-6
#: Key of the input that decides on a constant.
_KEYS = {
    "L": "lattice.shape", "T": "lattice.shape", "V": "lattice.shape", "D": "lattice.shape", "N": "lattice.group",
    "beta": "action.gauge.beta",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One point of a fit.

    Attributes
    ----------
    name
        Of the point.
    y, error
        What is fitted.
    x
        Each variable: a number that is exact, or an estimate.
    covariance
        Of y and of the variables that were measured; shape (1 + variables, 1 + variables), zeros for exact ones.
    constants
        V, L, T, ... of the run.
    """

    name: str
    y: Number
    error: float
    x: tuple[float | Estimate, ...]
    covariance: FloatArray
    constants: Mapping[str, float]

    @property
    def position(self) -> list[tuple[float, float]]:
        """Value and error of each variable."""
        errors = np.sqrt(np.diag(self.covariance))[1:]
        values = [x.center if isinstance(x, Estimate) else x for x in self.x]
        return list(zip(values, map(float, errors), strict=True))


def law_fits(
    request: ScanFitRequest,
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    physics: Mapping[str, Physics],
    method: Method,
    notes: list[str],
) -> list[ScanFit]:
    """Do what a request for a law asks for.

    Where all variables are keys of the grid, or constants that these decide on, there is a fit for each combination of
    the other keys; with a variable that was measured, one to all points.

    Parameters
    ----------
    request
        What to fit.
    points, keys
        Of the scan, and the short names of the keys of its grid.
    physics
        What is known of the run of each point, by name.
    method
        How errors are found.
    notes
        Gets a sentence for each point that is left out because it lacks a series, and for each line that cannot be
        fitted.

    Raises
    ------
    InputError
        Naming the request: no such series, too few points, parameters that are not determined, no minimum anywhere.
    """
    formula = request.formula
    assert formula is not None
    try:
        _check_names(formula, request.series, points, keys)
        along = [_deciding(name, keys) for name in formula.variables]
        lines = groups(points, keys, *along) if None not in along else [({}, list(points))]

        def on_line(where: dict[str, object], members: list[PointResult]) -> ScanFit:
            return _on_line(request, formula, where, _places(request, formula, members, keys, physics, notes), method)

        return on_every_line(request.name, lines, on_line, notes)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def _deciding(name: str, keys: Mapping[str, str]) -> str | None:
    """The key behind a variable; None of one that was measured."""
    return full_key(name, keys) or _KEYS.get(name)


def _check_names(formula: Formula, series: str, points: Sequence[PointResult], keys: Mapping[str, str]) -> None:
    """Refuse names that no point knows, and parameters that are something else."""
    known = dict.fromkeys(item.name for point in points if point.analysis for item in point.analysis.estimates)
    hint = f"series: {listing(known)}"
    if series not in known:
        raise InputError(f"no point has a series {series}", hint=hint)
    for name in formula.variables:
        if _deciding(name, keys) is None and name not in known:
            raise InputError(f"{name} is neither a key of the grid nor a series of any point", hint=hint)
    for name in formula.parameters:
        if name in known or full_key(name, keys) is not None:
            what = "a series" if name in known else "a key of the grid"
            raise InputError(f"{name} is {what}, no parameter: name it before the formula to make it a variable")


def _places(
    request: ScanFitRequest,
    formula: Formula,
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    physics: Mapping[str, Physics],
    notes: list[str],
) -> list[Place]:
    """What can be fitted, within the range of the first variable."""
    measured = [name for name in formula.variables if _deciding(name, keys) is None]
    found = []
    for point in points:
        if point.analysis is None:
            continue
        estimates = {item.name: item for item in point.analysis.estimates}
        if lacking := next((name for name in (request.series, *measured) if name not in estimates), None):
            notes.append(f"{point.name}: left out of the fit {request.name}: it has no series {lacking}")
            continue
        item, constants = estimates[request.series], physics[point.name].constants
        y = autocorrelation(point.name, item) if request.of_tau else _mean(point.name, item)
        if any(estimates[name].error is None for name in measured) or y is None:
            continue
        x = tuple(
            estimates[name] if name in measured else _exact(name, point.values, keys, constants)
            for name in formula.variables
        )
        here = Place(point.name, *y, x, _covariance(y[1], None if request.of_tau else item, x), constants)
        if request.holds(here.position[0][0]):
            found.append(here)
    return found


def _mean(point: str, item: Estimate) -> tuple[Number, float] | None:
    """A mean value at one point, and its error; None where it has none."""
    return None if item.mean is None or not (item.error or 0.0) > 0.0 else (of_estimate(point, item), item.error or 0.0)


def _exact(name: str, values: Mapping[str, Any], keys: Mapping[str, str], constants: Mapping[str, float]) -> float:
    key = full_key(name, keys)
    if key is not None:
        return key_number(values[key], key)
    if name not in constants:
        raise InputError(f"{name} of the runs is not known")
    return constants[name]


def _covariance(error: float, y: Estimate | None, x: Sequence[float | Estimate]) -> FloatArray:
    """Of y and the variables, from what was measured together; y None: an autocorrelation time, apart from others."""
    items = [item for item in (y, *x) if isinstance(item, Estimate) and item.error]
    rows = [i for i, item in enumerate((y, *x)) if isinstance(item, Estimate) and item.error]
    errors = np.array([item.error for item in items], dtype=np.float64)
    correlation = np.eye(len(items))
    if len(items) > 1:
        common, table = aligned([item.parts[0] for item in items])
        if len(common) >= MINIMUM_N:
            correlation = covariance_of([table - table.mean(axis=0)]).correlation
    matrix = np.zeros((1 + len(x),) * 2)
    matrix[np.ix_(rows, rows)] = errors[:, None] * correlation * errors
    matrix[0, 0] = error**2
    return matrix


class _Fit:
    """The fit to the points of one line, with the weights that their errors have at its minimum."""

    def __init__(self, formula: Formula, places: Sequence[Place]) -> None:
        self.formula, self.places = formula, places
        self.y = np.array([one.y.value for one in places])
        self.x = np.array([[value for value, _ in one.position] for one in places])
        self.dx = np.array([[error for _, error in one.position] for one in places])
        used = [name for name in formula.names if name in CONSTANTS and name not in formula.variables]
        lacking = next((name for name in used if any(name not in one.constants for one in places)), None)
        if lacking is not None:
            raise InputError(f"{lacking} of the runs is not known")
        self.constants = {name: np.array([one.constants[name] for one in places]) for name in used}
        self.constrained = self._at(self.x)
        self.data = np.concatenate([self.y, self.constrained.centres])
        self.minimum, self.weight = self._settled()

    def _at(self, x: FloatArray) -> Constrained:
        return Constrained(UserModel(self.formula, list(x.T), self.constants))

    def _settled(self) -> tuple[Minimum, FloatArray]:
        """Minimum and weights that belong to each other."""
        covariances = np.array([one.covariance for one in self.places])
        errors = np.sqrt(covariances[:, 0, 0])
        parameters = self.constrained.first(self.y, errors)
        for turn in range(ROUNDS):  # the first one knows no slopes yet
            weight = with_priors(np.diag(errors**-2.0), self.constrained.errors)
            minimum = minimize(self.constrained, self.data, weight, parameters)
            self.constrained.check_determined(minimum.parameters, weight)
            change = np.abs(minimum.parameters - parameters)
            parameters = minimum.parameters
            spread = np.sqrt(np.sum(minimum.sensitivity**2 / np.diag(weight), axis=1))
            if not np.any(self.dx) or (turn > 0 and np.all(change <= SETTLED * spread)):
                return minimum, weight
            slopes = self.constrained.model.slopes(parameters)
            g = np.column_stack([np.ones(len(slopes)), -slopes])
            errors = np.sqrt(np.einsum("ni,nij,nj->n", g, covariances, g))
            if not np.all(np.isfinite(errors) & (errors > 0.0)):
                raise InputError("the slope of the formula leaves some point without a finite error above 0")
        raise InputError("the fit does not settle: its weights change with the slope of the formula")

    def moved(self, i: int, j: int, step: float) -> FloatArray:
        """Parameters with variable j of point i elsewhere, at the same weights."""
        x = self.x.copy()
        x[i, j] += step
        return minimize(self._at(x), self.data, self.weight, self.minimum.parameters).parameters

    def numbers(self, name: str) -> list[Number]:
        """The parameters as functions of all that was measured, and of priors, which belong to a fit of this name."""
        slopes = self.minimum.sensitivity
        terms: list[tuple[FloatArray, Number]] = [
            (slopes[:, i], one.y) for i, one in enumerate(self.places)
        ]
        for k, (parameter, value, error) in enumerate(self.formula.priors, start=len(self.places)):
            terms.append((slopes[:, k], Number(value, single={f"prior of {name}.{parameter}": error})))
        for i, one in enumerate(self.places):
            for j, x in enumerate(one.x):
                if isinstance(x, Estimate) and self.dx[i, j] > 0.0:
                    step = STEP * float(self.dx[i, j])
                    slope = (self.moved(i, j, step) - self.moved(i, j, -step)) / (2.0 * step)
                    terms.append((slope, of_estimate(one.name, x)))
        return [
            combined(float(value), [(float(slope[p]), number) for slope, number in terms])
            for p, value in enumerate(self.minimum.parameters)
        ]

    def drawn(self) -> tuple[tuple[FloatArray, FloatArray], tuple[float, ...]]:
        """The curve of one variable and nothing else; of several the diagonal, and the fitted values at the points."""
        parameters, model = self.minimum.parameters, self.constrained.model
        if self.x.shape[1] > 1 or any(np.ptp(column) for column in self.constants.values()):
            fitted = model(parameters)[0]
            ends = np.array([min(fitted.min(), self.y.min()), max(fitted.max(), self.y.max())])
            return (ends, ends), tuple(map(float, fitted))
        first, last = float(self.x.min()), float(self.x.max())
        grids = [np.linspace(begin, last, 100) for begin in ([0.0] if 0.0 < first <= last - first else []) + [first]]
        constants = {name: float(column[0]) for name, column in self.constants.items()}
        for grid in grids:  # down to 0, where one extrapolates to, if that is near and has a value
            curve = model.at([grid], constants)(parameters)[0]
            if np.all(np.isfinite(curve)):
                return (grid, curve), ()
        good = np.isfinite(curve)
        return (grid[good], curve[good]), ()


def _on_line(
    request: ScanFitRequest, formula: Formula, where: Mapping[str, Any], places: Sequence[Place], method: Method
) -> ScanFit:
    if not places:
        raise InputError("no point has what is fitted, with an error, in the range")
    try:
        fit = _Fit(formula, places)
    except InputError as error:
        hint = f"another range, or start values behind the formula: {formula.parameters[-1]} = NUMBER"
        raise InputError(error.message, hint=hint if error.message.endswith("no minimum") else error.hint) from error
    parameters = tuple(
        Parameter(name, number.value, number.error(method), None, number)
        for name, number in zip(formula.parameters, fit.numbers(request.name), strict=True)
    )
    drawn, fitted = fit.drawn()
    minimum = fit.minimum
    return ScanFit(
        request=request,
        where=where,
        points=tuple(one.name for one in places),
        x=tuple(one.position[0] for one in places),
        y=tuple((one.y.value, one.error) for one in places),
        formula=formula.text,
        parameters=parameters,
        chi2=minimum.chi2,
        dof=minimum.dof,
        probability=chi2_probability(minimum.chi2, minimum.dof) if minimum.dof else None,
        drawn=drawn,
        variables={name: tuple(one.position[j] for one in places) for j, name in enumerate(formula.variables)},
        fitted=fitted,
    )
