"""From one series to its estimate: Gamma method and jackknife together."""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.gamma import DEFAULT_S, MINIMUM_N, FloatArray, GammaResult, gamma_method
from lqcdnn.analyze.jackknife import jackknife
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.rundata import observable_of
from lqcdnn.analyze.series import Series
from lqcdnn.errors import DataError


def estimate(series: Series, cut: int, s: float = DEFAULT_S) -> Estimate:
    """Mean, errors and autocorrelation of the part of a series after trajectory `cut`.

    Raises
    ------
    DataError
        A value that is not finite; names series and trajectory.
    """
    part = series.after(cut)
    bad = np.flatnonzero(~np.isfinite(part.values))
    if len(bad):
        raise DataError(
            f"{series.source}: {series.name} of trajectory {part.trajectories[bad[0]]} is {part.values[bad[0]]}"
        )
    n = len(part)
    gamma = gamma_method(part.values, s) if n >= MINIMUM_N else None
    error, bin_size = _jackknife(part.values, gamma)
    return Estimate(
        name=series.name,
        observable=observable_of(series),
        source=series.source,
        mean=gamma.mean if gamma else (float(part.values.mean()) if n else None),
        error=gamma.error if gamma else None,
        error_of_error=gamma.error_of_error if gamma else None,
        tau_int=gamma.tau_int if gamma else None,
        tau_int_error=gamma.tau_int_error if gamma else None,
        window=gamma.window if gamma else None,
        n=n,
        effective=gamma.effective if gamma else None,
        naive_error=gamma.naive_error if gamma else None,
        converged=gamma is not None and gamma.converged,
        jackknife_error=error,
        bin_size=bin_size,
        first=int(part.trajectories[0]) if n else None,
        last=int(part.trajectories[-1]) if n else None,
        interval=part.interval,
        regular=part.regular,
        series=series,
        gamma=gamma,
    )


def _jackknife(values: FloatArray, gamma: GammaResult | None) -> tuple[float | None, int | None]:
    if gamma is None:
        return None, None
    result = jackknife(values, tau_int=gamma.tau_int)
    return result.error, result.bin_size
