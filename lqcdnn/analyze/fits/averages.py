r"""Averages over fits of one kind to different parts of the same points, and with different numbers of states.

.. math::
    a = \sum_i w_i a_i,\quad w_i \propto \exp[-(\chi_i^2 + 2 k_i + 2 N_i) / 2],\quad
    \sigma_{sys}^2 = \sum_i w_i (a_i - a)^2

with k_i parameters and N_i of all points that fit i leaves out (W. I. Jay, E. T. Neil, arXiv:2008.01069; the
perfect-model criterion of E. T. Neil, J. W. Sitison, arXiv:2305.19417, eq. 3).  As k_i + N_i is the number of points
less the degrees of freedom, w_i ~ exp(dof_i - chi_i^2/2).  Where the weight matrix of a fit is not the inverse
covariance, what chi^2 is expected to be stands for the degrees of freedom (M. Bruno, R. Sommer, arXiv:2209.14188;
J. Frison, arXiv:2302.06550).

The average is one function of mean values, in which the weights move: 2 dw_i = w_i (sum_j w_j dchi_j^2 - dchi_i^2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, ModelWeights, on_all
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Fit, FitModel
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

STATES = ("STATES", "PARTNERS")
NEGLIGIBLE = 1e-3
"""The least likely fits, of together less weight than this, take no part."""


@dataclass(frozen=True)
class _Model:
    """A fit, its criterion, and by name the series and functions of its parameters and, named "", of its chi^2."""

    request: FitRequest
    fit: Fit
    expected: float
    functions: dict[str, tuple[tuple[str, ...], Function]]

    @property
    def chi2(self) -> float:
        """At the minimum."""
        assert self.fit.chi2 is not None
        return self.fit.chi2

    def record(self, weight: float, names: list[str]) -> FitModel:
        """What is told of it."""
        known = {item.name: item for item in self.fit.parameters}
        of = [known.get(name) for name in names]
        means, errors = (tuple(getattr(item, key, None) for item in of) for key in ("mean", "error"))
        dof, probability = self.fit.dof or 0, self.fit.probability
        return FitModel(self.request.text, self.request.numbers, weight, self.chi2, dof, probability, means, errors)


def averaged(request: FitRequest, chains: Chains, do: Callable[[FitRequest, Chains], Fit]) -> Fit:
    """Average over the fits of a request with ranges, which ``do`` does one by one.

    Raises
    ------
    InputError
        None of them can be done.
    """
    models, left_out = _models(request, chains, do)
    kept = _heaviest(models)
    names = list(dict.fromkeys(name for model in kept for of, _ in model.functions.values() for name in of))
    parameters = [key for key in kept[0].functions if key and all(key in model.functions for model in kept)]
    weights = ModelWeights(_weights(np.array([model.chi2 for model in kept]), _expected(kept)))
    chains.averages[request.name] = weights
    samples = chains.samples(names)
    stem = f"{request.name}."
    found = [
        chains.estimate(key.removeprefix(stem), request, names, samples, _average(kept, key, names, weights))
        for key in parameters
    ]
    of_model = dict(zip((id(model) for model in kept), weights.weights, strict=True))
    told = [model.record(float(of_model.get(id(model), 0.0)), parameters) for model in models]
    told.sort(key=lambda one: -one.weight)
    correlated = kept[0].fit.correlated
    return Fit(request.name, request.text, tuple(found), correlated=correlated, models=tuple(told), left_out=left_out)


def _models(
    request: FitRequest, chains: Chains, do: Callable[[FitRequest, Chains], Fit]
) -> tuple[list[_Model], tuple[str, ...]]:
    """The fits that can be done, and why others cannot."""
    done, left_out = [], []
    method = replace(chains.method, second=False)
    words = dict(zip(request.words, zip(request.numbers, request.ends, strict=True), strict=False))
    more_states = any(a < b for word, (a, b) in words.items() if word in STATES)
    for one in request.models:
        own = replace(chains, method=method, parameters={}, ground=dict(chains.ground), averages={}, chi2={})
        try:
            found = do(one, own)
            if more_states:
                _check_states(found)
            expected = _expectation(found)
        except InputError as error:
            left_out.append(f"{one.text}: {error.message}")
            continue
        functions = {"": own.chi2[one.name], **own.parameters}
        done.append(_Model(one, found, expected, functions))
    if not done:
        raise InputError(f"none of its {len(left_out)} fits can be done; {left_out[0]}")
    return done, tuple(left_out)


def _check_states(fit: Fit) -> None:
    """Refuse states that the points do not determine: linear errors mean nothing there.

    Raises
    ------
    InputError
        An error as large as the parameter.
    """
    for item in fit.parameters:
        if item.mean is not None and item.error is not None and not item.error < abs(item.mean):
            name = item.name.rpartition(".")[2]
            raise InputError(f"{name} = {compact(item.mean, item.error)}, a state that the points do not determine")


def _expectation(fit: Fit) -> float:
    """What chi^2 is expected to be.

    Raises
    ------
    InputError
        There are no degrees of freedom, or an uncorrelated fit has too few measurements.
    """
    if not fit.dof:
        raise InputError("no degree of freedom")
    if fit.correlated:
        return float(fit.dof)
    if fit.expected_chi2 is None:
        raise InputError("too few measurements to say what chi^2 of an uncorrelated fit is expected to be")
    return fit.expected_chi2


def _expected(models: list[_Model]) -> FloatArray:
    return np.array([model.expected for model in models])


def _weights(chi2: FloatArray, expected: FloatArray) -> FloatArray:
    """w_i."""
    logarithms = expected - chi2 / 2.0
    plain = np.exp(logarithms - logarithms.max())
    weights: FloatArray = plain / plain.sum()
    return weights


def _heaviest(models: list[_Model]) -> list[_Model]:
    """All but the least likely ones, in their order."""
    weights = _weights(np.array([model.chi2 for model in models]), _expected(models))
    order = np.argsort(weights)
    dropped = set(order[np.cumsum(weights[order]) < NEGLIGIBLE].tolist())
    return [model for i, model in enumerate(models) if i not in dropped]


def _average(models: list[_Model], key: str, names: list[str], state: ModelWeights) -> Function:
    """A parameter of the average as a function of the mean values of the named series."""
    expected = _expected(models)
    first: dict[tuple[int, str], tuple[FloatArray, Dual]] = {}

    def value(model: _Model, key: str, means: FloatArray) -> Dual:
        """Of a fit; where it finds no minimum on a sample of the jackknife, along the derivatives at all data."""
        of, function = model.functions[key]
        place = id(model), key
        try:
            found = on_all(names, of, function, means)
        except InputError:
            if place not in first:
                raise
            where, known = first[place]
            return Dual(known.value + float(known.gradient @ (means - where)), known.gradient)
        first.setdefault(place, (means, found))
        return found

    def function(means: FloatArray) -> Dual:
        if state.chosen is not None:
            return value(models[state.chosen], key, means)
        chi2 = [value(model, "", means) for model in models]
        found = [value(model, key, means) for model in models]
        weights = _weights(np.array([one.value for one in chi2]), expected)
        mean = float(weights @ np.array([one.value for one in found]))
        gradient = np.zeros(len(means))
        for weight, one, of_fit in zip(weights, found, chi2, strict=True):
            gradient += weight * (one.gradient - (one.value - mean) / 2.0 * of_fit.gradient)
        return Dual(mean, gradient)

    return function
