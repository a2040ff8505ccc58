"""Fits and point-by-point quantities of vectors of series: what ``NAME = KIND(SERIES, NUMBERS)`` does.

Each kind turns mean values into points (values with Jacobian) and, where it fits, points into parameters. Everything
up to the parameters is one differentiable function of mean values, whose error the Gamma method gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lqcdnn.analyze.correlator import cosh_model, cosh_start, effective_mass, fold
from lqcdnn.analyze.covariance import Covariance, mean_covariance
from lqcdnn.analyze.distributions import chi2_probability
from lqcdnn.analyze.dual import Dual
from lqcdnn.analyze.estimate import Function, Method, Sample, function_estimate
from lqcdnn.analyze.flowscale import REFERENCE, t0, w0
from lqcdnn.analyze.gamma import MINIMUM_N, FloatArray
from lqcdnn.analyze.leastsquares import Minimum, Model, expected_chi2, minimize
from lqcdnn.analyze.potential import cornell_model, creutz_powers, log_ratio, potential_powers, sommer_scale
from lqcdnn.analyze.result import Estimate, Fit, FitPicture
from lqcdnn.analyze.series import Axes, Series, aligned
from lqcdnn.config.fits import FitRequest
from lqcdnn.errors import InputError

#: Points as a function of mean values: values, shape (k,), and Jacobian, shape (k, means).
Points = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
#: Turns samples of the measured numbers into samples of what is averaged, and functions of the former of the latter.
Weighting = tuple[Callable[[Sequence[Sample]], list[Sample]], Callable[[Function], Function]]


@dataclass(frozen=True)
class Chains:
    """What fits are made of.

    Attributes
    ----------
    series
        Of all replicas after the cut.
    method, weighting
        How errors are found, and how series are averaged.
    axes
        Of lists, where known.
    parameters
        Gets the parameters that were found: by name the series and the function of their mean values.
    """

    series: Sequence[Mapping[str, Series]]
    method: Method
    weighting: Weighting | None = None
    axes: Axes = field(default_factory=dict)
    parameters: dict[str, tuple[tuple[str, ...], Function]] = field(default_factory=dict)

    def samples(self, names: Sequence[str]) -> list[Sample]:
        """The named series side by side."""
        found = [Sample(*aligned([one[name] for name in names])) for one in self.series]
        if not any(len(sample.table) >= MINIMUM_N for sample in found):
            raise InputError(f"fewer than {MINIMUM_N} measurements of {names[0]} are too few for a fit")
        return found if self.weighting is None else self.weighting[0](found)

    def estimate(
        self, name: str, request: FitRequest, names: Sequence[str], samples: Sequence[Sample], function: Function
    ) -> Estimate:
        """Estimate of a function of the mean values of the named series, of which the samples are."""
        whole = function if self.weighting is None else self.weighting[1](function)
        full = f"{request.name}.{name}"
        found = function_estimate(full, "fit", request.text, samples, whole, self.method)
        self.parameters[full] = tuple(names), function
        return found


def fit(request: FitRequest, chains: Chains) -> Fit:
    """Do what a request asks for.

    Raises
    ------
    InputError
        Naming the request: no such series, too few points, no minimum.
    """
    try:
        return _DOERS[request.kind](request, chains)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def vector_names(series: Mapping[str, Series], stem: str) -> list[str]:
    """Names ``stem.1``, ``stem.2``, ... as far as they exist.

    Raises
    ------
    InputError
        There is none.
    """
    names: list[str] = []
    while (name := f"{stem}.{len(names) + 1}") in series:
        names.append(name)
    if not names:
        vectors = [name.removesuffix(".1") for name in series if name.endswith(".1") and f"{name[:-2]}.2" in series]
        raise InputError(f"there is no vector of series {stem!r}", hint=f"vectors: {', '.join(vectors) or 'none'}")
    return names


def loop_names(series: Mapping[str, Series], stem: str) -> dict[tuple[int, int], str]:
    """Names ``stem.R.T`` by (R, T).

    Raises
    ------
    InputError
        There is none.
    """
    found = {}
    for name in series:
        words = name.removeprefix(f"{stem}.").split(".")
        if name.startswith(f"{stem}.") and len(words) == 2 and all(word.isdecimal() for word in words):
            found[int(words[0]), int(words[1])] = name
    if not found:
        raise InputError(f"there are no Wilson loops {stem}.R.T among the series")
    return dict(sorted(found.items()))


def _effective(request: FitRequest, chains: Chains) -> Fit:
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


def _cosh(request: FitRequest, chains: Chains) -> Fit:
    """Masses and amplitudes from the folded correlator."""
    names = vector_names(chains.series[0], request.series)
    extent = len(names)
    first, last, states = (*_integers(request), 1)[:3]
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
    return _fitted(request, chains, names, problem, parameters)


def _by_mass(parameters: FloatArray) -> FloatArray:
    """States with rising mass."""
    pairs = parameters.reshape(-1, 2)
    if np.any(pairs[:, 0] <= 0.0):
        raise InputError("the fit ends at a mass that is not positive", hint="choose another range or fewer states")
    return pairs[np.argsort(pairs[:, 0])].ravel()


def _creutz(request: FitRequest, chains: Chains) -> Fit:
    """All Creutz ratios."""
    loops = loop_names(chains.series[0], request.series)
    sizes, powers = creutz_powers(list(loops))
    names = list(loops.values())
    samples = chains.samples(names)
    estimates = []
    for (r, t), row in zip(sizes, powers, strict=True):

        def ratio(means: FloatArray, row: FloatArray = row) -> Dual:
            values, jacobian = log_ratio(means, row[None])
            return Dual(float(values[0]), jacobian[0])

        try:
            estimates.append(chains.estimate(f"{r}.{t}", request, names, samples, ratio))
        except InputError:
            continue
    if not estimates:
        raise InputError("no Creutz ratio has positive loops")
    return Fit(request.name, request.text, tuple(estimates))


def _potential(request: FitRequest, chains: Chains) -> Fit:
    """Cornell fit of V(R) from the loops with T and T + 1."""
    loops = loop_names(chains.series[0], request.series)
    time, first, last = _integers(request)
    if not (time >= 1 and 1 <= first < last - 1):
        raise InputError("the fit needs T >= 1 and three distances or more")
    powers = potential_powers(list(loops), time, first, last)
    distances = np.arange(first, last + 1, dtype=np.float64)
    jacobian: FloatArray = cornell_model(distances)
    problem = Problem(
        points=lambda means: log_ratio(means, powers),
        model=lambda parameters: (np.asarray(jacobian @ parameters, dtype=np.float64), jacobian),
        start=lambda values: np.asarray(np.linalg.lstsq(jacobian, values, rcond=None)[0], dtype=np.float64),
        drawn=Drawn("R", "V(R)", distances, lambda grid, found: np.asarray(cornell_model(grid) @ found)),
    )
    extra = {"r0": sommer_scale}
    return _fitted(request, chains, list(loops.values()), problem, ["V0", "sigma", "alpha"], extra)


def _flow(request: FitRequest, chains: Chains) -> Fit:
    """t_0 or w_0 from t^2 <E> at equidistant flow times."""
    names = vector_names(chains.series[0], request.series)
    first, step = request.numbers
    if not (first >= 0.0 and step > 0.0):
        raise InputError("flow times begin at 0 or later and rise")
    times = first + step * np.arange(len(names), dtype=np.float64)
    _check_axis(chains, request, names, times)
    scale = {"t0": t0, "w0": w0}[request.kind]
    samples = chains.samples(names)
    found = chains.estimate(request.kind, request, names, samples, lambda means: scale(times, means))
    if request.kind == "w0" or found.mean is None:
        return Fit(request.name, request.text, (found,))
    means = _plain_means(samples, len(names), chains)
    spreads = [np.ptp(sample.table[:, : len(names)], axis=0) for sample in samples]
    varying = np.flatnonzero(np.any(spreads, axis=0))
    select, errors = np.eye(len(names))[varying], np.zeros(len(names))  # at t = 0 nothing fluctuates
    errors[varying] = _point_covariance(samples, means, lambda here: (select @ here, select), chains).errors
    picture = FitPicture("t", "t^2 E", times, means, errors, np.empty(0), np.empty(0), (found.mean, REFERENCE))
    return Fit(request.name, request.text, (found,), picture=picture)


def _check_axis(chains: Chains, request: FitRequest, names: Sequence[str], places: FloatArray) -> None:
    """Refuse places that contradict those the observable wrote beside its list."""
    name, measured = chains.axes.get(request.series) or chains.axes.get(chains.series[0][names[0]].source, ("", ()))
    if len(measured) == len(places) and not np.allclose(measured, places, rtol=1e-6, atol=1e-9):
        raise InputError(
            f"{name} is {measured[0]:g}, {measured[1]:g}, ... {measured[-1]:g} where this was measured, "
            f"not {places[0]:g}, {places[1]:g}, ... {places[-1]:g}",
            hint=f"write {request.kind}({request.series}, {measured[0]:g}, {measured[1] - measured[0]:g})",
        )


_DOERS: dict[str, Callable[[FitRequest, Chains], Fit]] = {
    "effective": _effective,
    "cosh": _cosh,
    "creutz": _creutz,
    "potential": _potential,
    "t0": _flow,
    "w0": _flow,
}


@dataclass(frozen=True)
class Drawn:
    """How a fit is drawn: axes, where its points stand, and the fitted function of x and the parameters."""

    x_label: str
    y_label: str
    x: FloatArray
    function: Callable[[FloatArray, FloatArray], FloatArray]

    def picture(self, y: FloatArray, errors: FloatArray, parameters: FloatArray) -> FitPicture:
        """Points and curve."""
        grid: FloatArray = np.linspace(self.x[0], self.x[-1], 100)
        return FitPicture(self.x_label, self.y_label, self.x, y, errors, grid, self.function(grid, parameters))


@dataclass
class Problem:
    """A fit as a function of mean values; the weight matrix is fixed once.

    Attributes
    ----------
    points
        Points from mean values.
    model, start
        Function of the parameters, and first parameters from the points.
    drawn
        How it is drawn.
    order
        Brings parameters into their order and refuses those without meaning.
    """

    points: Points
    model: Model
    start: Callable[[FloatArray], FloatArray]
    drawn: Drawn
    order: Callable[[FloatArray], FloatArray] = lambda parameters: parameters
    weight: FloatArray = field(default_factory=lambda: np.empty(0))
    _found: dict[bytes, tuple[Minimum, FloatArray]] = field(default_factory=dict)

    def solve(self, means: FloatArray) -> tuple[Minimum, FloatArray]:
        """Minimum, and the derivatives of the parameters with respect to the means; remembered."""
        key = means.tobytes()
        if key not in self._found:
            values, jacobian = self.points(means)
            reference = next(iter(self._found.values()))[0].parameters if self._found else self.start(values)
            found = minimize(self.model, values, self.weight, reference)
            ordered = self.order(found.parameters)
            if not np.array_equal(ordered, found.parameters):
                found = minimize(self.model, values, self.weight, ordered)
            self._found[key] = (found, found.sensitivity @ jacobian)
        return self._found[key]

    def parameter(self, index: int) -> Function:
        """One parameter as a function of the means."""

        def function(means: FloatArray) -> Dual:
            found, slopes = self.solve(means)
            return Dual(float(found.parameters[index]), slopes[index])

        return function

    def combination(self, of_parameters: Callable[[FloatArray], Dual]) -> Function:
        """A function of all parameters as a function of the means."""

        def function(means: FloatArray) -> Dual:
            found, slopes = self.solve(means)
            inner = of_parameters(found.parameters)
            return Dual(inner.value, inner.gradient @ slopes)

        return function


def _fitted(
    request: FitRequest,
    chains: Chains,
    names: Sequence[str],
    problem: Problem,
    parameters: Sequence[str],
    extra: Mapping[str, Callable[[FloatArray], Dual]] | None = None,
) -> Fit:
    """Weight matrix, minimum, and an estimate for each parameter."""
    samples = chains.samples(names)
    means = _plain_means(samples, len(names), chains)
    covariance = _point_covariance(samples, means, problem.points, chains)
    problem.weight = covariance.weight(request.correlated)
    minimum, _ = problem.solve(means)
    functions = {name: problem.parameter(i) for i, name in enumerate(parameters)}
    functions |= {name: problem.combination(function) for name, function in (extra or {}).items()}
    estimates = []
    for name, function in functions.items():
        try:
            estimates.append(chains.estimate(name, request, names, samples, function))
        except InputError:
            if name in parameters:
                raise
    judged = request.correlated and minimum.dof > 0
    return Fit(
        name=request.name,
        text=request.text,
        parameters=tuple(estimates),
        chi2=minimum.chi2,
        dof=minimum.dof,
        probability=chi2_probability(minimum.chi2, minimum.dof) if judged else None,
        expected_chi2=expected_chi2(problem.weight, minimum.jacobian, covariance.matrix),
        correlated=request.correlated,
        picture=problem.drawn.picture(problem.points(means)[0], covariance.errors, minimum.parameters),
    )


def _plain_means(samples: Sequence[Sample], count: int, chains: Chains) -> FloatArray:
    """Mean values of the measured numbers, reweighted if the chains are."""
    means: FloatArray = np.concatenate([sample.table for sample in samples]).mean(axis=0)
    return means if chains.weighting is None else means[:count] / means[count]


def _point_covariance(samples: Sequence[Sample], means: FloatArray, points: Points, chains: Chains) -> Covariance:
    """Covariance of the points by their linearised fluctuations."""
    _, jacobian = points(means)
    tables = [sample.table for sample in samples]
    slopes = jacobian if chains.weighting is None else _ratio_slopes(jacobian, np.concatenate(tables).mean(axis=0))
    return mean_covariance(tables, slopes, chains.method.s)


def _ratio_slopes(jacobian: FloatArray, pooled: FloatArray) -> FloatArray:
    """Derivatives with respect to <x w> and <w> of functions with the given Jacobian in <x w>/<w>."""
    norm = pooled[-1]
    slopes: FloatArray = np.column_stack([jacobian, -jacobian @ pooled[:-1] / norm]) / norm
    return slopes


def _integers(request: FitRequest) -> list[int]:
    if any(value != int(value) for value in request.numbers):
        raise InputError(f"{request.kind} takes whole numbers")
    return [int(value) for value in request.numbers]
