r"""Numbers that several independent runs determine, each with its linearised fluctuations.

A function of the mean values of runs i = 1 ... K moves with the measurements as

.. math:: \delta f = \sum_i \frac{1}{N_i}\sum_t \phi_i(t)

with phi_i(t) its derivative with respect to the weight of one measurement (U. Wolff, hep-lat/0306017, section 3.2; the
infinitesimal jackknife). The Gamma method finds the error of the mean of each phi_i, and runs are independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lqcdnn.analyze.data.series import Series, aligned
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, gamma_method


@dataclass(frozen=True)
class Number:
    """A value and what its error comes from.

    Attributes
    ----------
    value
        The estimate.
    runs
        phi_i(t) by the name of the run.
    single
        Errors of independent numbers that have no fluctuations (autocorrelation times), by name, times the derivative.
    """

    value: float
    runs: Mapping[str, Series] = field(default_factory=dict)
    single: Mapping[str, float] = field(default_factory=dict)

    def error(self, method: Method) -> float:
        """Statistical error; NaN where a run has too few measurements."""
        squares = [error**2 for error in self.single.values()]
        for series in self.runs.values():
            if len(series) < MINIMUM_N:
                return math.nan
            tail = method.tau_exp / series.interval if method.tau_exp else 0.0
            squares.append(gamma_method(series.values, method.s, tail).error ** 2)
        return math.sqrt(sum(squares))


def of_estimate(run: str, item: Estimate) -> Number:
    """The mean value of a series, or a function of mean values, of one run.

    Parameters
    ----------
    run
        Its name.
    item
        The estimate, not of replicas.
    """
    (part,) = item.parts
    moves = Series(part.name, part.source, part.trajectories, part.values - item.center)
    return Number(item.center, {run: moves}, {f"prior of {name}": part for name, part in item.prior_errors.items()})


def combined(value: float, terms: Sequence[tuple[float, Number]]) -> Number:
    """A function of numbers.

    Parameters
    ----------
    value
        Of the function.
    terms
        Derivative with respect to each number, and the number.

    Returns
    -------
    Number
        With the correlations: what two numbers owe to one run is added trajectory by trajectory, where both were
        measured.
    """
    runs: dict[str, list[Series]] = {}
    single: dict[str, float] = {}
    for slope, number in terms:
        for name, series in number.runs.items():
            scaled = Series(series.name, series.source, series.trajectories, slope * series.values)
            runs.setdefault(name, []).append(scaled)
        for name, error in number.single.items():
            single[name] = single.get(name, 0.0) + slope * error
    return Number(value, {name: _sum(parts) for name, parts in runs.items()}, single)


def _sum(parts: Sequence[Series]) -> Series:
    trajectories, table = aligned(parts)
    # a run measured less often has means of its own where the others were measured, too
    return Series(parts[0].name, parts[0].source, trajectories, np.asarray(table.sum(axis=1)))
