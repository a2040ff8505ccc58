r"""Bootstrap over blocks: a third opinion, and the distribution of a function of mean values.

Blocks of at least 2 tau_int measurements are drawn with replacement (B. Efron, Ann. Stat. 7 (1979) 1; blocks: H. R.
Kuensch, Ann. Stat. 17 (1989) 1217). The standard deviation of f over the samples is the error of f.
Sample i is drawn with the Philox generator of key (seed, i): the same blocks on every machine, and more samples extend
the same list.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.analyze.statistics.jackknife import blocked
from lqcdnn.errors import InputError

DEFAULT_SAMPLES = 1000


@dataclass(frozen=True)
class BootstrapResult:
    """Error of a function of mean values from resampled blocks.

    Attributes
    ----------
    mean, error
        f of all blocks, and the standard deviation of f over the samples.
    bias
        Mean of f over the samples minus `mean`.
    low, high
        The central 68.27 % of the samples.
    bin_size, bins
        Measurements in a block, and number of blocks.
    samples
        f of each sample, shape (samples,).
    """

    mean: float
    error: float
    bias: float
    low: float
    high: float
    bin_size: int
    bins: int
    samples: FloatArray = field(repr=False, compare=False)


def bootstrap(
    data: npt.ArrayLike,
    samples: int = DEFAULT_SAMPLES,
    bin_size: int | None = None,
    function: Callable[[FloatArray], float] | None = None,
    seed: int = 0,
) -> BootstrapResult:
    """Bootstrap error of a mean value or of a function of several mean values.

    Parameters
    ----------
    data, bin_size, function
        As for `lqcdnn.analyze.statistics.jackknife.jackknife`.
    samples
        Number of samples, at least 2.
    seed
        Key of the generator.

    Raises
    ------
    InputError
        Fewer than two blocks or samples.
    """
    if samples < 2:
        raise InputError(f"{samples} bootstrap samples, 2 are the minimum")
    means = blocked(data, bin_size)
    counts = np.stack([_counts(len(means.bins), seed, i) for i in range(samples)])
    resampled = counts @ means.bins / len(means.bins)
    evaluate = function or (lambda row: float(row[0]))
    values = np.array([evaluate(row) for row in resampled])
    value = float(evaluate(means.bins.mean(axis=0)))
    low, high = np.quantile(values, [0.5 - math.erf(math.sqrt(0.5)) / 2.0, 0.5 + math.erf(math.sqrt(0.5)) / 2.0])
    return BootstrapResult(
        mean=value,
        error=float(values.std(ddof=1)),
        bias=float(values.mean()) - value,
        low=float(low),
        high=float(high),
        bin_size=means.size,
        bins=len(means.bins),
        samples=values,
    )


def _counts(bins: int, seed: int, sample: int) -> FloatArray:
    """How often each block is in a sample."""
    raw = np.random.Philox(key=np.array([seed, sample], dtype=np.uint64)).random_raw(bins)
    # the upper 53 bits as a number in [0, 1): the same whatever the version of numpy's distributions
    chosen = ((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53 * bins).astype(np.int64)
    return np.bincount(chosen, minlength=bins).astype(np.float64)
