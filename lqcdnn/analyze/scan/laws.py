r"""Fits of the user's formulas over the points of a scan, ``law(SERIES, X, FORMULA, ...)``, of several variables too.

Points are independent. Of point i with quantities y_i and measured variables x_i, from one run and correlated, chi^2
contains

.. math:: r_i^T (G_i C_i G_i^T)^{-1} r_i,\qquad r_i = y_i - f(x_i; p),\quad G_i = (1, -\partial f/\partial x),

C_i the covariance of y_i and x_i: J. Orear's effective variance (Am. J. Phys. 50 (1982) 912), found again until nothing
changes. The parameters are functions of all that was measured, at fixed weights, and have their errors by the Gamma
method for their linearised fluctuations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import aligned, listing
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.leastsquares import Minimum, minimize
from lqcdnn.analyze.fits.priors import with_priors
from lqcdnn.analyze.fits.userformula import SINGULAR, Constrained, JointModel, UserModel
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
    """One quantity at one point of a fit.

    Attributes
    ----------
    name
        Of the point.
    y, error
        What is fitted.
    item
        Its estimate; None of an autocorrelation time, whose error is apart from all others.
    x
        Each variable: a number that is exact, or an estimate.
    constants
        V, L, T, ... of the run.
    """

    name: str
    y: Number
    error: float
    item: Estimate | None
    x: tuple[float | Estimate, ...]
    constants: Mapping[str, float]

    @property
    def position(self) -> list[tuple[float, float]]:
        """Value and error of each variable."""
        return [(x.center, float(x.error or 0.0)) if isinstance(x, Estimate) else (x, 0.0) for x in self.x]


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
    laws = (request, *request.others)
    try:
        _check_names(laws, points, keys)
        along = [_deciding(name, keys) for name in _variables(laws)]
        lines = groups(points, keys, *along) if None not in along else [({}, list(points))]

        def on_line(where: dict[str, object], members: list[PointResult]) -> ScanFit:
            places = [_places(law, members, keys, physics, notes) for law in laws]
            return _on_line(laws, where, places, method)

        return on_every_line(request.name, lines, on_line, notes)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def _variables(laws: Sequence[ScanFitRequest]) -> list[str]:
    """Of all formulas."""
    return list(dict.fromkeys(name for law in laws for name in law.law.variables))


def _deciding(name: str, keys: Mapping[str, str]) -> str | None:
    """The key behind a variable; None of one that was measured."""
    return full_key(name, keys) or _KEYS.get(name)


def _check_names(laws: Sequence[ScanFitRequest], points: Sequence[PointResult], keys: Mapping[str, str]) -> None:
    """Refuse names that no point knows, and parameters that are something else."""
    known = dict.fromkeys(item.name for point in points if point.analysis for item in point.analysis.estimates)
    hint = f"series: {listing(known)}"
    for law in laws:
        if law.series not in known:
            raise InputError(f"no point has a series {law.series}", hint=hint)
    for name in _variables(laws):
        if _deciding(name, keys) is None and name not in known:
            raise InputError(f"{name} is neither a key of the grid nor a series of any point", hint=hint)
    for name in laws[0].law.parameters:
        if name in known or full_key(name, keys) is not None:
            what = "a series" if name in known else "a key of the grid"
            raise InputError(f"{name} is {what}, no parameter: name it before the formula to make it a variable")


def _places(
    law: ScanFitRequest,
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    physics: Mapping[str, Physics],
    notes: list[str],
) -> list[Place]:
    """What can be fitted, within the range of the first variable."""
    variables = law.law.variables
    measured = [name for name in variables if _deciding(name, keys) is None]
    found = []
    for point in points:
        if point.analysis is None:
            continue
        estimates = {item.name: item for item in point.analysis.estimates}
        if lacking := next((name for name in (law.series, *measured) if name not in estimates), None):
            notes.append(f"{point.name}: left out of the fit {law.name}: it has no series {lacking}")
            continue
        item, constants = estimates[law.series], physics[point.name].constants
        y = autocorrelation(point.name, item) if law.of_tau else _mean(point.name, item)
        if any(estimates[name].error is None for name in measured) or y is None:
            continue
        x = tuple(
            estimates[name] if name in measured else _exact(name, point.values, keys, constants)
            for name in variables
        )
        here = Place(point.name, *y, None if law.of_tau else item, x, constants)
        if law.holds(here.position[0][0]):
            found.append(here)
    if not found:
        raise InputError("no point has what is fitted, with an error, in the range")
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


def _covariance(places: Sequence[Place]) -> FloatArray:
    """Of y and the variables of each place of one point, one after the other, from what was measured together."""
    every = [item for place in places for item in (place.item, *place.x)]
    rows = [i for i, item in enumerate(every) if isinstance(item, Estimate) and item.error]
    items = [item for item in every if isinstance(item, Estimate) and item.error]
    errors = np.array([item.error for item in items], dtype=np.float64)
    correlation = np.eye(len(items))
    if len(items) > 1:
        common, table = aligned([item.parts[0] for item in items])
        if len(common) >= MINIMUM_N:
            correlation = covariance_of([table - table.mean(axis=0)]).correlation
    matrix = np.zeros((len(every),) * 2)
    matrix[np.ix_(rows, rows)] = errors[:, None] * correlation * errors
    first = np.cumsum([0, *(1 + len(place.x) for place in places)])
    for i, one in enumerate(places):
        for j, other in enumerate(places):
            if i == j or (one.item is other.item is None and one.y.single.keys() == other.y.single.keys()):
                matrix[first[i], first[j]] = one.error * other.error
    return matrix


class _Fit:
    """The fit to the points of one line, with the weights that their errors have at its minimum."""

    def __init__(self, formulas: Sequence[Formula], quantities: Sequence[Sequence[Place]]) -> None:
        self.formulas, self.quantities = formulas, quantities
        self.places = [one for places in quantities for one in places]
        self.owners = [(k, i) for k, places in enumerate(quantities) for i in range(len(places))]
        self.y = np.array([one.y.value for one in self.places])
        self.x = [np.array([[value for value, _ in one.position] for one in places]) for places in quantities]
        self.constants = [_constants(*pair) for pair in zip(formulas, quantities, strict=True)]
        runs: dict[str, list[int]] = {}
        for place, one in enumerate(self.places):
            runs.setdefault(one.name, []).append(place)
        self.runs = [(which, _covariance([self.places[place] for place in which])) for which in runs.values()]
        self.constrained = self._at(self.x)
        self.data = np.concatenate([self.y, self.constrained.centres])
        self.minimum, self.weight = self._settled()

    def _models(self, x: Sequence[FloatArray]) -> list[UserModel]:
        of = zip(self.formulas, x, self.constants, strict=True)
        return [UserModel(formula, list(column.T), constants) for formula, column, constants in of]

    def _at(self, x: Sequence[FloatArray]) -> Constrained:
        return Constrained(JointModel(self._models(x)))

    def _settled(self) -> tuple[Minimum, FloatArray]:
        """Minimum and weights that belong to each other."""
        models = self._models(self.x)
        slopes = [np.zeros_like(column) for column in self.x]
        parameters = self.constrained.first(self.y, np.array([one.error for one in self.places]))
        exact = not any(error for one in self.places for _, error in one.position)
        for turn in range(ROUNDS):  # the first one knows no slopes yet
            weight = with_priors(self._weight(slopes), self.constrained.errors)
            minimum = minimize(self.constrained, self.data, weight, parameters)
            self.constrained.check_determined(minimum.parameters, weight)
            change = np.abs(minimum.parameters - parameters)
            parameters = minimum.parameters
            spread = np.sqrt(np.sum(minimum.sensitivity**2 / np.diag(weight), axis=1))
            if exact or (turn > 0 and np.all(change <= SETTLED * spread)):
                return minimum, weight
            slopes = [model.slopes(parameters) for model in models]
        raise InputError("the fit does not settle: its weights change with the slope of the formula")

    def _weight(self, slopes: Sequence[FloatArray]) -> FloatArray:
        """The inverse of the covariance of y - f(x), which has a block for each run."""
        weight = np.zeros((len(self.places),) * 2)
        for which, covariance in self.runs:
            g, begin = np.zeros((len(which), len(covariance))), 0
            for row, place in enumerate(which):
                k, i = self.owners[place]
                slope = slopes[k][i]
                g[row, begin : begin + 1 + len(slope)] = np.append(1.0, -slope)
                begin += 1 + len(slope)
            found = g @ covariance @ g.T
            errors = np.sqrt(np.diag(found))
            if not np.all(np.isfinite(errors) & (errors > 0.0)):
                raise InputError("the slope of the formula leaves some point without a finite error above 0")
            correlation = found / errors / errors[:, None]
            if np.linalg.eigvalsh(correlation)[0] <= SINGULAR:
                name = self.places[which[0]].name
                raise InputError(f"quantities of {name} determine each other: what is fitted has to be independent")
            weight[np.ix_(which, which)] = np.linalg.inv(correlation) / errors / errors[:, None]
        return weight

    def _moved(self, place: int, j: int, step: float) -> FloatArray:
        """Parameters with variable j of one place elsewhere, at the same weights."""
        (k, i), x = self.owners[place], [column.copy() for column in self.x]
        x[k][i, j] += step
        return minimize(self._at(x), self.data, self.weight, self.minimum.parameters).parameters

    def numbers(self, name: str) -> list[Number]:
        """The parameters as functions of all that was measured, and of priors, which belong to a fit of this name."""
        slopes = self.minimum.sensitivity
        terms: list[tuple[FloatArray, Number]] = [(slopes[:, i], one.y) for i, one in enumerate(self.places)]
        for k, (parameter, value, error) in enumerate(self.formulas[0].priors, start=len(self.places)):
            terms.append((slopes[:, k], Number(value, single={f"prior of {name}.{parameter}": error})))
        for i, one in enumerate(self.places):
            for j, (x, (_, error)) in enumerate(zip(one.x, one.position, strict=True)):
                if isinstance(x, Estimate) and error > 0.0:
                    step = STEP * error
                    slope = (self._moved(i, j, step) - self._moved(i, j, -step)) / (2.0 * step)
                    terms.append((slope, of_estimate(one.name, x)))
        return [
            combined(float(value), [(float(slope[p]), number) for slope, number in terms])
            for p, value in enumerate(self.minimum.parameters)
        ]

    def drawn(self, k: int) -> tuple[tuple[FloatArray, FloatArray], tuple[float, ...]]:
        """Of one quantity.

        The curve of one variable and nothing else; of several the diagonal, and the fitted values at the points.
        """
        parameters, x, model = self.minimum.parameters, self.x[k], self._models(self.x)[k]
        if x.shape[1] > 1 or any(np.ptp(column) for column in self.constants[k].values()):
            fitted, y = model(parameters)[0], [one.y.value for one in self.quantities[k]]
            ends = np.array([min(fitted.min(), *y), max(fitted.max(), *y)])
            return (ends, ends), tuple(map(float, fitted))
        first, last = float(x.min()), float(x.max())
        grids = [np.linspace(begin, last, 100) for begin in ([0.0] if 0.0 < first <= last - first else []) + [first]]
        constants = {name: float(column[0]) for name, column in self.constants[k].items()}
        for grid in grids:  # down to 0, where one extrapolates to, if that is near and has a value
            curve = model.at([grid], constants)(parameters)[0]
            if np.all(np.isfinite(curve)):
                return (grid, curve), ()
        good = np.isfinite(curve)
        return (grid[good], curve[good]), ()


def _constants(formula: Formula, places: Sequence[Place]) -> dict[str, FloatArray]:
    """Constants of the runs in the formula, one number for each place."""
    used = [name for name in formula.names if name in CONSTANTS and name not in formula.variables]
    lacking = next((name for name in used if any(name not in one.constants for one in places)), None)
    if lacking is not None:
        raise InputError(f"{lacking} of the runs is not known")
    return {name: np.array([one.constants[name] for one in places]) for name in used}


def _on_line(
    laws: Sequence[ScanFitRequest], where: Mapping[str, Any], quantities: Sequence[Sequence[Place]], method: Method
) -> ScanFit:
    request = laws[0]
    try:
        fit = _Fit([law.law for law in laws], quantities)
    except InputError as error:
        hint = f"another range, or start values behind the formula: {request.law.parameters[-1]} = NUMBER"
        raise InputError(error.message, hint=hint if error.message.endswith("no minimum") else error.hint) from error
    parameters = tuple(
        Parameter(name, number.value, number.error(method), None, number)
        for name, number in zip(request.law.parameters, fit.numbers(request.name), strict=True)
    )
    minimum = fit.minimum

    def of(k: int) -> ScanFit:
        law, places, (drawn, fitted) = laws[k], quantities[k], fit.drawn(k)
        return ScanFit(
            request=law,
            where=where,
            points=tuple(one.name for one in places),
            x=tuple(one.position[0] for one in places),
            y=tuple((one.y.value, one.error) for one in places),
            formula=law.law.text,
            parameters=parameters,
            chi2=minimum.chi2,
            dof=minimum.dof,
            probability=chi2_probability(minimum.chi2, minimum.dof) if minimum.dof else None,
            drawn=drawn,
            variables={name: tuple(one.position[j] for one in places) for j, name in enumerate(law.law.variables)},
            fitted=fitted,
        )

    return replace(of(0), others=tuple(map(of, range(1, len(laws)))))
