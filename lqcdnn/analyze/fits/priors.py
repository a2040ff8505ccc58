"""Gaussian priors of parameters of fits: what they add to chi^2 and to the errors of all that depends on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.statistics.gamma import FloatArray

#: Step of the derivatives by the centre of a prior, in its error.
STEP = 1e-2


@dataclass
class Prior:
    """Knowledge of one parameter from elsewhere, independent of all measurements.

    Attributes
    ----------
    name
        ``FIT.PARAMETER``.
    value, error
        Of the parameter.
    shift
        Moves its value, for derivatives.
    """

    name: str
    value: float
    error: float
    shift: float = 0.0


def with_priors(weight: FloatArray, priors: FloatArray) -> FloatArray:
    """The weight matrix of data, shape (n, n), with those of priors with these errors, shape (k,), below it."""
    n, k = len(weight), len(priors)
    whole = np.zeros((n + k, n + k))
    whole[:n, :n] = weight
    whole[n:, n:] = np.diag(priors**-2.0)
    return whole


def widened(found: Estimate, function: Function, samples: Sequence[Sample], priors: Sequence[Prior]) -> Estimate:
    """An estimate with what the errors of priors add to its own ones, in quadrature.

    Parameters
    ----------
    found
        Estimate of a function of mean values, with the errors of these.
    function, samples
        What it was made of.
    priors
        All there are; those on which the function does not depend change nothing.
    """
    if not priors or found.error is None:
        return found
    means = np.concatenate([sample.table for sample in samples]).mean(axis=0)
    parts = {prior.name: _slope(function, means, prior) * prior.error for prior in priors}
    parts = {name: part for name, part in parts.items() if part}
    if not parts:
        return found

    def with_parts(error: float | None) -> float | None:
        return None if error is None else float(np.hypot(error, np.linalg.norm(list(parts.values()))))

    return replace(
        found,
        error=with_parts(found.error),
        jackknife_error=with_parts(found.jackknife_error),
        bootstrap_error=with_parts(found.bootstrap_error),
        prior_errors=parts,
    )


def _slope(function: Function, means: FloatArray, prior: Prior) -> float:
    """Derivative of the function by the centre of a prior."""
    step = STEP * prior.error
    values = []
    try:
        for shift in (step, -step):
            prior.shift = shift
            values.append(function(means).value)
    finally:
        prior.shift = 0.0
    return (values[0] - values[1]) / (2.0 * step)
