r"""An expensive number measured on some configurations, with a cheap one measured on more as its control variate.

With O on the configurations S, and P on these and others, A in all,

.. math:: \langle O\rangle = \bar O_S - c\,(\bar P_S - \bar P_A)

has the right mean value for any c and any P that knows nothing of these configurations, a network or anything else:
with c = 1 it is :math:`\bar P_A + \overline{(O - P)}_S` (B. Yoon, T. Bhattacharya, R. Gupta, arXiv:1807.05971). The
variance is least for :math:`c = \mathrm{cov}(O, P_S - P_A) / \mathrm{var}(P_S - P_A)`, which is found from the same
configurations, with a bias of order 1/N. Each configuration of S stands for itself and those of A after the one of S
before it: the series of (O, P, sum of P) along S has all correlations between the terms in it.
"""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import IntArray, Series, aligned
from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.result import Estimate, Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

_OF_A_MEAN = (
    "tau_int", "tau_int_error", "window", "effective", "naive_error", "jackknife_error", "bin_size", "bootstrap_error",
    "error_of_error",
)  # fmt: skip
"""What an estimate of a ratio of errors has no use for."""


def control_variate(request: FitRequest, chains: Chains) -> Fit:
    """The corrected mean value, beside the one with c = 1 and the direct one; c; and what was gained.

    ``gain`` is the ratio of the squared errors of the direct and the corrected mean value: how many times as many
    measurements of O as there are would do as well.

    Raises
    ------
    InputError
        No such series, fewer than four configurations with both, a surrogate that was measured on no others or does not
        vary, reweighting.
    """
    if chains.weighting is not None:
        raise InputError("control variates are for mean values that are not reweighted")
    names = _known(request, chains)
    blocks = [_blocks(one[request.series], one[request.second]) for one in chains.series]
    used = [(trajectories, table) for trajectories, table in blocks if len(table) >= MINIMUM_N]
    if not used:
        both = max(len(table) for _, table in blocks)
        found = f"{both} configurations have {request.series} and {request.second}"
        raise InputError(f"{found}; {MINIMUM_N} are the minimum")
    pooled = np.concatenate([table for _, table in used])
    difference = pooled[:, 1] - pooled[:, 2]
    if np.ptp(difference) <= 1e-12 * float(np.abs(pooled[:, 1]).max()):
        raise InputError(
            f"{request.second} does not vary, or was measured only where {request.series} was: nothing is to be gained",
            hint="lqcdnn measure adds it on the other saved configurations",
        )
    origin = float(pooled[:, 0].mean()), float(difference.mean())
    samples = [Sample(trajectories, _columns(table, origin)) for trajectories, table in used]

    def made(name: str, function: Function) -> Estimate:
        return chains.estimate(name, request, names, samples, function)

    corrected = made("control", lambda means: _corrected(means, origin, None))
    direct = made("direct", lambda means: _variables(means)[0])
    estimates = (
        corrected,
        made("shift", lambda means: _corrected(means, origin, 1.0)),
        direct,
        made("coefficient", lambda means: _coefficient(means, origin)),
        _gain(direct, corrected, request),
    )
    columns = tuple(f"{request.name}#{k}" for k in range(4))  # no series has such a name
    for one in estimates:
        if one.name in chains.parameters:  # functions of the numbers above, not of mean values of the two series
            chains.parameters[one.name] = columns, chains.parameters[one.name][1]
    if not chains.made:
        chains.made.extend({} for _ in chains.series)
    for columns_of, (trajectories, table) in zip(chains.made, blocks, strict=True):
        numbers = _columns(table, origin).T
        columns_of |= {name: Series(name, "", trajectories, row) for name, row in zip(columns, numbers, strict=True)}
    return Fit(request.name, request.text, estimates)


def gain_of_deformation(request: FitRequest, chains: Chains) -> Fit:
    """Mean values of two estimators of one number, plain and deformed, their difference, and what was gained.

    Both on the configurations that have both. ``gain`` is the ratio of the squared errors, ``variances`` that of the
    variances of single measurements.

    Raises
    ------
    InputError
        No such series, fewer than four configurations with both, reweighting.
    """
    if chains.weighting is not None:
        raise InputError("ratios of variances are of mean values that are not reweighted")
    names = _known(request, chains)
    samples = chains.samples(names)
    plain, deformed, difference = (
        chains.estimate(name, request, names, samples, partial(_sum, row))
        for name, row in (("plain", (1.0, 0.0)), ("deformed", (0.0, 1.0)), ("difference", (-1.0, 1.0)))
    )
    one, other = np.concatenate([sample.table for sample in samples]).var(axis=0)
    gain = _gain(plain, deformed, request)
    variances = dataclasses.replace(
        gain, name=f"{request.name}.variances", mean=float(one / other) if other > 0.0 else None, error=None
    )
    return Fit(request.name, request.text, (plain, deformed, difference, gain, variances))


def _sum(row: tuple[float, float], means: FloatArray) -> Dual:
    return Dual(float(row[0] * means[0] + row[1] * means[1]), np.array(row))


def _known(request: FitRequest, chains: Chains) -> list[str]:
    """The two series of a request.

    Raises
    ------
    InputError
        One of them is not there.
    """
    for name in (request.series, request.second):
        if name not in chains.series[0]:
            raise InputError(f"there is no series {name!r}", hint=f"series: {', '.join(chains.series[0]) or 'none'}")
    return [request.series, request.second]


def _blocks(expensive: Series, cheap: Series) -> tuple[IntArray, FloatArray]:
    """Trajectories of S, and for each of them O, P and P_A: the mean over A plus what those it stands for add to it."""
    common, table = aligned([expensive, cheap])
    if not len(common):
        return common, np.empty((0, 3))
    block = np.minimum(np.searchsorted(common, cheap.trajectories), len(common) - 1)
    mean = float(cheap.values.mean())
    added = np.bincount(block, cheap.values - mean, minlength=len(common))
    return common, np.column_stack([table, mean + added * (len(common) / len(cheap))])


def _columns(table: FloatArray, origin: tuple[float, float]) -> FloatArray:
    """O, x = P - P_A, O x, x^2 of each configuration of S; in products as differences from ``origin``."""
    x = table[:, 1] - table[:, 2]
    o, shifted = table[:, 0] - origin[0], x - origin[1]
    return np.column_stack([table[:, 0], x, o * shifted, shifted * shifted])


def _variables(means: FloatArray) -> list[Dual]:
    return [Dual(float(mean), unit) for mean, unit in zip(means, np.eye(len(means)), strict=True)]


def _coefficient(means: FloatArray, origin: tuple[float, float]) -> Dual:
    """cov(O, x) / var(x)."""
    o, x, ox, xx = _variables(means)
    nothing = np.zeros(len(means))
    do, dx = o - Dual(origin[0], nothing), x - Dual(origin[1], nothing)
    return (ox - do * dx) / (xx - dx * dx)


def _corrected(means: FloatArray, origin: tuple[float, float], fixed: float | None) -> Dual:
    """O - c x."""
    o, x = _variables(means)[:2]
    c = _coefficient(means, origin) if fixed is None else Dual(fixed, np.zeros(len(means)))
    return o - c * x


def _gain(direct: Estimate, corrected: Estimate, request: FitRequest) -> Estimate:
    """(error of the direct mean value / error of the corrected one)^2, with the errors of both taken as independent."""
    gain = error = None
    if direct.error and corrected.error:
        gain = (direct.error / corrected.error) ** 2
        relative = [(one.error_of_error or 0.0) / one.error for one in (direct, corrected) if one.error]
        error = 2.0 * gain * math.sqrt(sum(part * part for part in relative))
    unknown: dict[str, Any] = dict.fromkeys(_OF_A_MEAN)
    return dataclasses.replace(
        direct,
        name=f"{request.name}.gain",
        mean=gain,
        error=error,
        **unknown,
        gamma=None,
        parts=(),
        center=float("nan"),
    )
