"""A fit as a function of mean values: its weight matrix, its minimum, and the estimates of its parameters.

Everything up to the parameters is one differentiable function of mean values, whose error the Gamma method gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.fits.chains import Chains, Points
from lqcdnn.analyze.fits.goodness import goodness
from lqcdnn.analyze.fits.leastsquares import Minimum, Model, minimize
from lqcdnn.analyze.fits.priors import Prior, with_priors
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.covariance import Covariance, mean_covariance
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError


@dataclass(frozen=True)
class Drawn:
    """How a fit is drawn: axes, where its points stand, and the fitted function of x and the parameters."""

    x_label: str
    y_label: str
    x: FloatArray
    function: Callable[[FloatArray, FloatArray], FloatArray]
    between: bool = True
    """Whether the function exists between the points."""

    def picture(self, y: FloatArray, errors: FloatArray, parameters: FloatArray) -> FitPicture:
        """Points and curve, or the function at the points."""
        grid: FloatArray = np.linspace(self.x[0], self.x[-1], 100) if self.between else self.x
        return FitPicture(self.x_label, self.y_label, self.x, y, errors, grid, self.function(grid, parameters))


@dataclass
class Problem:
    """A fit as a function of mean values; the weight matrix and the errors of the points are fixed once.

    Attributes
    ----------
    points
        Points from mean values.
    model, start
        Function of the parameters, and first parameters from the points and their errors.
    drawn
        How it is drawn.
    order
        Brings parameters into their order and refuses those without meaning.
    priors
        Of parameters; the model has a row for each of them below those of the points.
    given
        Numbers with errors that the points depend on.
    """

    points: Points
    model: Model
    start: Callable[[FloatArray, FloatArray], FloatArray]
    drawn: Drawn
    order: Callable[[FloatArray], FloatArray] = lambda parameters: parameters
    priors: Sequence[Prior] = ()
    given: Sequence[Prior] = ()
    weight: FloatArray = field(default_factory=lambda: np.empty(0))
    errors: FloatArray = field(default_factory=lambda: np.empty(0))
    _found: dict[bytes, tuple[Minimum, FloatArray]] = field(default_factory=dict)
    _failed: dict[bytes, InputError] = field(default_factory=dict)

    def solve(self, means: FloatArray) -> tuple[Minimum, FloatArray]:
        """Minimum, and the derivatives of the parameters with respect to the means; remembered."""
        key = means.tobytes() + self._centres().tobytes() + np.array([one.shift for one in self.given]).tobytes()
        if key in self._failed:
            raise self._failed[key]
        if key not in self._found:
            try:
                self._found[key] = self._solved(means)
            except InputError as error:
                self._failed[key] = error
                raise
        return self._found[key]

    def _centres(self) -> FloatArray:
        """Values of the priors."""
        return np.array([prior.value + prior.shift for prior in self.priors], dtype=np.float64)

    def _solved(self, means: FloatArray) -> tuple[Minimum, FloatArray]:
        """See :meth:`solve`."""
        points, jacobian = self.points(means)
        values = np.concatenate([points, self._centres()])
        known = next(iter(self._found.values()))[0].parameters if self._found else None
        reference = self.start(points, self.errors) if known is None else known
        found = minimize(self.model, values, self.weight, reference)
        ordered = self.order(found.parameters)
        if not np.array_equal(ordered, found.parameters):
            found = minimize(self.model, values, self.weight, ordered)
        return found, found.sensitivity[:, : len(points)] @ jacobian

    def chi2(self, means: FloatArray) -> Dual:
        """chi^2 at the minimum, where it changes with the points alone: 2 (y - f)^T W dy."""
        found, _ = self.solve(means)
        points, jacobian = self.points(means)
        residual = np.concatenate([points, self._centres()]) - self.model(found.parameters)[0]
        return Dual(found.chi2, 2.0 * (residual @ self.weight)[: len(points)] @ jacobian)

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


def fitted(
    request: FitRequest,
    chains: Chains,
    names: Sequence[str],
    problem: Problem,
    parameters: Sequence[str],
    extra: Mapping[str, Callable[[FloatArray], Dual]] | None = None,
) -> Fit:
    """Weight matrix, minimum, and an estimate for each parameter."""
    samples = chains.samples(names)
    means = plain_means(samples, len(names), chains)
    covariance = point_covariance(samples, means, problem.points, chains)
    priors = np.array([prior.error for prior in problem.priors], dtype=np.float64)
    problem.weight, problem.errors = with_priors(covariance.weight(request.correlated), priors), covariance.errors
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
    chains.chi2[request.name] = tuple(names), problem.chi2
    judged = goodness(covariance, minimum, request.correlated, priors)
    return Fit(
        name=request.name,
        text=request.text,
        parameters=tuple(estimates),
        chi2=minimum.chi2,
        dof=minimum.dof,
        probability=judged.probability,
        expected_chi2=judged.expected,
        correlated=request.correlated,
        priors=tuple((prior.name, prior.value, prior.error) for prior in problem.priors),
        picture=problem.drawn.picture(problem.points(means)[0], covariance.errors, minimum.parameters),
    )


def plain_means(samples: Sequence[Sample], count: int, chains: Chains) -> FloatArray:
    """Mean values of the measured numbers, reweighted if the chains are."""
    means: FloatArray = np.concatenate([sample.table for sample in samples]).mean(axis=0)
    return means if chains.weighting is None else means[:count] / means[count]


def point_covariance(samples: Sequence[Sample], means: FloatArray, points: Points, chains: Chains) -> Covariance:
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


def integers(request: FitRequest) -> list[int]:
    """The numbers of a request that takes whole ones.

    Raises
    ------
    InputError
        One that is not.
    """
    if any(value != int(value) for value in request.numbers):
        raise InputError(f"{request.kind} takes whole numbers")
    return [int(value) for value in request.numbers]
