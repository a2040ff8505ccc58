"""From series to estimates: Gamma method, jackknife and, on request, bootstrap together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.data.rundata import observable_of
from lqcdnn.analyze.data.series import IntArray, Series, check_finite
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.statistics.bootstrap import bootstrap
from lqcdnn.analyze.statistics.distributions import chi2_probability
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import DEFAULT_S, MINIMUM_N, FloatArray, GammaResult, gamma_derived
from lqcdnn.analyze.statistics.jackknife import default_bin_size, jackknife
from lqcdnn.errors import InputError

#: Functions of mean values are evaluated for no more bins than this.
MOST_BINS = 200
#: Numbers of the Gamma method that an estimate repeats.
_OF_GAMMA = ("error", "error_of_error", "tau_int", "tau_int_error", "window", "effective", "naive_error")
#: A function of mean values with its derivatives.
Function = Callable[[FloatArray], Dual]


@dataclass(frozen=True)
class Method:
    """How errors are found.

    Attributes
    ----------
    s
        Wolff's S.
    tau_exp
        Exponential autocorrelation time in trajectories; 0: no tail.
    bootstrap
        Number of bootstrap samples; 0: none.
    second
        Whether to find jackknife and bootstrap errors.
    """

    s: float = DEFAULT_S
    tau_exp: float = 0.0
    bootstrap: int = 0
    second: bool = True


@dataclass(frozen=True)
class Sample:
    """Numbers measured together along one chain.

    Attributes
    ----------
    trajectories
        Increasing, shape (n,).
    table
        Shape (n, k).
    """

    trajectories: IntArray
    table: FloatArray


def estimate(series: Series, cut: int, method: Method = Method()) -> Estimate:
    """Mean, errors and autocorrelation of the part of a series after trajectory `cut`.

    Raises
    ------
    DataError
        A value that is not finite; names series and trajectory.
    """
    return replica_estimate([series.after(cut)], method, series)


def replica_estimate(parts: Sequence[Series], method: Method, whole: Series | None = None) -> Estimate:
    """The same for one series in several replicas, thermalisation left out; `whole` is what pictures show.

    Raises
    ------
    DataError
        A value that is not finite; names series and trajectory.
    """
    first = parts[0]
    samples = [Sample(part.trajectories, part.values[:, None]) for part in parts]
    for part in parts:
        check_finite(part)
    return function_estimate(first.name, observable_of(first), first.source, samples, mean_value, method, whole)


def mean_value(means: FloatArray) -> Dual:
    """The first mean value itself."""
    gradient = np.zeros(len(means))
    gradient[0] = 1.0
    return Dual(float(means[0]), gradient)


def function_estimate(
    name: str,
    observable: str,
    source: str,
    samples: Sequence[Sample],
    function: Function,
    method: Method,
    whole: Series | None = None,
) -> Estimate:
    """A function of mean values with all its errors.

    Parameters
    ----------
    name, observable, source
        Of the estimate.
    samples
        One for each replica, thermalisation left out.
    function
        Value and gradient at given means.
    method
        How errors are found.
    whole
        Series for pictures; None: f plus its linearised fluctuations.
    """
    used = [sample for sample in samples if len(sample.table) >= MINIMUM_N] or list(samples[:1])
    table = np.concatenate([sample.table for sample in used])
    trajectories = _numbered(used)
    shape = Series(name, source, trajectories, np.zeros(len(table)))
    gamma = error = bin_size = resampled = None
    value = function(table.mean(axis=0)) if len(table) else None
    parts = () if value is None else _linearised(name, source, used, table.mean(axis=0), value)
    if len(table) >= MINIMUM_N:
        gamma = _gamma(used, function, method, shape.interval)
        if method.second:
            error, bin_size, resampled = _resampled([one.table for one in used], function, gamma, method)
    if whole is None and parts:
        whole = Series(name, source, trajectories, np.concatenate([part.values for part in parts]))
    return Estimate(
        name=name,
        observable=observable,
        source=source,
        mean=gamma.mean if gamma else (value.value if value else None),
        **{field: getattr(gamma, field) if gamma else None for field in _OF_GAMMA},
        n=len(table),
        converged=gamma is not None and gamma.converged,
        jackknife_error=error,
        bin_size=bin_size,
        bootstrap_error=resampled,
        replicas=len(used),
        replica_probability=_probability(gamma),
        first=int(trajectories[0]) if len(table) else None,
        last=int(trajectories[-1]) if len(table) else None,
        interval=shape.interval,
        regular=shape.regular,
        series=shape if whole is None else whole,
        parts=parts,
        center=float("nan") if value is None else value.value,
        gamma=gamma,
        prior_errors={},
    )


def _linearised(
    name: str, source: str, samples: Sequence[Sample], means: FloatArray, value: Dual
) -> tuple[Series, ...]:
    """f plus its linearised fluctuations in each replica; of a mean value the measured values, to the last bit."""
    if len(means) == 1 and value.value == means[0] and value.gradient[0] == 1.0:
        return tuple(Series(name, source, sample.trajectories, sample.table[:, 0]) for sample in samples)
    return tuple(
        Series(name, source, sample.trajectories, value.value + (sample.table - means) @ value.gradient)
        for sample in samples
    )


def _gamma(samples: Sequence[Sample], function: Function, method: Method, interval: int) -> GammaResult:
    return gamma_derived(
        lambda means: function(means).value,
        [sample.table for sample in samples],
        method.s,
        lambda means: function(means).gradient,
        method.tau_exp / interval,
    )


def _resampled(
    tables: Sequence[FloatArray], function: Function, gamma: GammaResult, method: Method
) -> tuple[float | None, int | None, float | None]:
    """Jackknife error, bin size, bootstrap error; None where a sample lies outside the function's domain.

    No bin holds measurements of two replicas, and none is longer than a replica.
    """

    def value_of(means: FloatArray) -> float:
        return function(means).value

    value = None if function is mean_value else value_of  # for each bin there would be a call
    n = sum(map(len, tables))
    size = default_bin_size(n, gamma.tau_int)
    if function is not mean_value:  # which may be a fit
        size = max(size, math.ceil(n / MOST_BINS))
    if len(tables) > 1:
        size = min(size, *map(len, tables))
        tables = [table[len(table) % size :] for table in tables]
    table = np.concatenate(tables)
    try:
        left_out = jackknife(table, size, function=value)
        if not method.bootstrap:
            return left_out.error, left_out.bin_size, None
        drawn = bootstrap(table, method.bootstrap, size, function=value)
    except InputError:
        return None, None, None
    return left_out.error, left_out.bin_size, drawn.error


def _probability(gamma: GammaResult | None) -> float | None:
    """Probability of the spread of the replica means (Q of Wolff, section 2.3)."""
    if gamma is None or gamma.replica_chi2 is None:
        return None
    return chi2_probability(gamma.replica_chi2, gamma.replicas - 1)


def _numbered(samples: Sequence[Sample]) -> IntArray:
    """Trajectory numbers of all replicas, one behind the other."""
    if len(samples) == 1:
        return samples[0].trajectories
    numbers, last = [], 0
    for sample in samples:
        steps = sample.trajectories - sample.trajectories[0]
        spacing = int(steps[1]) if len(steps) > 1 else 1
        numbers.append(last + spacing + steps)
        last = int(numbers[-1][-1])
    return np.concatenate(numbers)
