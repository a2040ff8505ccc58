r"""Binned jackknife, the second opinion beside the Gamma method.

.. math:: \sigma^2 = \frac{B-1}{B}\sum_{b=1}^{B} (f_b - \bar f)^2,

f_b = f(means without bin b). The bin holds at least 2 tau_int measurements; the length that balances the
bias of short bins against the noise of few is tau (2N/tau)^(1/3) (Wolff, hep-lat/0306017, section 4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lqcdnn.analyze.statistics.gamma import FloatArray, gamma_method
from lqcdnn.errors import InputError


@dataclass(frozen=True)
class JackknifeResult:
    """Mean and error from leaving out one bin at a time.

    Attributes
    ----------
    mean, error
        f(mean values) of the binned data, and its jackknife error.
    bin_size, bins
        Measurements in a bin, and number of bins; the n - bins*bin_size first measurements are left out.
    """

    mean: float
    error: float
    bin_size: int
    bins: int


def jackknife(
    data: npt.ArrayLike,
    bin_size: int | None = None,
    function: Callable[[FloatArray], float] | None = None,
) -> JackknifeResult:
    """Jackknife error of a mean value or of a function of several mean values.

    Parameters
    ----------
    data
        Shape (n,) or (n, k).
    bin_size
        Measurements in a bin; default by `default_bin_size` for the largest of the k autocorrelation times that the
        Gamma method finds.
    function
        f(means) of the vector of k means; default the mean of the first series.

    Raises
    ------
    InputError
        Fewer than two bins.
    """
    blocks = blocked(data, bin_size)
    means, bins = blocks.bins, len(blocks.bins)
    full = means.mean(axis=0)
    without = full + (full - means) / (bins - 1)
    if function is None:
        values: FloatArray = without[:, 0]
        value = float(full[0])
    else:
        values = np.array([function(row) for row in without])
        value = float(function(full))
    error = math.sqrt((bins - 1) / bins * float(np.sum((values - values.mean()) ** 2)))
    return JackknifeResult(value, error, blocks.size, bins)


class Blocked(NamedTuple):
    """Mean values of blocks, shape (blocks, k), and measurements in a block."""

    bins: FloatArray
    size: int


def blocked(data: npt.ArrayLike, bin_size: int | None = None) -> Blocked:
    """Means of consecutive blocks; measurements that do not fill one are left out at the beginning.

    Parameters
    ----------
    data, bin_size
        As for `jackknife`.

    Raises
    ------
    InputError
        Fewer than two blocks.
    """
    table = np.asarray(data, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if bin_size is None:
        bin_size = default_bin_size(len(table), max(gamma_method(column).tau_int for column in table.T))
    bins = len(table) // bin_size if bin_size > 0 else 0
    if bins < 2:
        raise InputError(f"{len(table)} measurements do not make two bins of {bin_size}")
    return Blocked(table[len(table) - bins * bin_size :].reshape(bins, bin_size, -1).mean(axis=1), bin_size)


def default_bin_size(n: int, tau_int: float) -> int:
    """Length of a bin: max(2 tau, tau (2n/tau)^(1/3)), but no fewer than two bins and, if 2 tau allows, ten."""
    shortest = max(math.ceil(2.0 * tau_int), 1)
    best = math.ceil(tau_int * (2.0 * n / tau_int) ** (1.0 / 3.0)) if tau_int > 0.5 else 1
    return max(min(max(shortest, min(best, n // 10)), n // 2), 1)
