r"""How large chi^2 of a fit is expected to be, and how probable a larger one is.

For data y of covariance D and any weight matrix W that is fixed, chi^2 at the minimum is r^T P r of noise r of
covariance D, with P = W - W J (J^T W J)^{-1} J^T W; its mean value is tr(P D) (M. Bruno, R. Sommer,
arXiv:2209.14188), its variance 2 tr(P D P D). D is the sum of the autocovariance matrices in one window, found by the
Gamma method for tr(P D) itself.

W, however, is made from the same measurements. Where few determine it, it weights just those combinations most whose
noise happens to be small in them, and a tr(P D) from the same measurements is too small; for W = 1/D it is the number
of degrees of freedom, as if W were known. Hence the expectation is found by cross-validation: each of `FOLDS` parts
of the measurements gives its part of D, weighted by what the others give for W.

How much larger that is than tr(P D) says how many measurements determine W: chi^2 has the distribution of H.
Hotelling's T^2 (Ann. Math. Stat. 2 (1931) 360), for which T^2 is proportional to a number of the F distribution with
p and r = n - p + 1 degrees of freedom and its mean is the larger by h = n/(n - p - 1), so r = (2 h + p - 1)/(h - 1).
Noise that is not the same in all directions counts p = tr(P D)^2/tr(P D P D) of them (F. E. Satterthwaite, Biometrics
Bull. 2 (1946) 110).

Priors of parameters are data below the others, whose covariance is known and has no fluctuations: their part of tr(P D)
needs no cross-validation, and the same P is that of all data together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.fits.leastsquares import Minimum, residual_weight
from lqcdnn.analyze.fits.priors import with_priors
from lqcdnn.analyze.statistics.covariance import Covariance, covariance_of
from lqcdnn.analyze.statistics.distributions import f_probability
from lqcdnn.analyze.statistics.gamma import FloatArray, autocovariance, automatic_window
from lqcdnn.errors import InputError

FOLDS = 10
#: Degrees of freedom of the denominator from which on the F distribution counts as that of chi^2.
MOST = 1e4
_NO_PRIORS: FloatArray = np.empty(0)


@dataclass(frozen=True)
class Goodness:
    """What chi^2 is expected to be, and the probability of a larger one; None where data are too few to say."""

    expected: float | None
    probability: float | None


def goodness(
    covariance: Covariance, minimum: Minimum, correlated: bool, priors: FloatArray = _NO_PRIORS
) -> Goodness:
    """Expectation and probability of chi^2.

    Parameters
    ----------
    covariance
        Of the points of the fit, with the fluctuations that it was made from.
    minimum
        Of a fit with the weight matrix of this covariance.
    correlated
        Whether that is the inverse covariance.
    priors
        Errors of the data that are priors, shape (k,).
    """
    if minimum.dof < 1:
        return Goodness(None, None)
    projected = residual_weight(with_priors(covariance.weight(correlated), priors), minimum.jacobian)
    parts, root = covariance.fluctuations, _root(projected, minimum.dof)
    count = len(projected) - len(priors)
    window = _window([part @ root[:count] for part in parts], covariance.s)
    of_priors = root[count:] * priors[:, None]
    noise = root[:count].T @ _summed(parts, window, 0.0, 1.0) @ root[:count] + of_priors.T @ of_priors
    plain = float(np.trace(noise))
    try:
        expected = _cross_validated(covariance, minimum, correlated, window, priors)
    except InputError:  # a part of the measurements alone has no covariance
        return Goodness(None, None)
    if not (plain > 0.0 and expected > 0.0):  # so strongly anticorrelated that the window holds nothing
        return Goodness(None, None)
    directions = _directions(noise, sum(map(len, parts)) / (2 * window + 1))
    return Goodness(expected, _probability(minimum.chi2 / expected, expected / plain, directions))


def _probability(ratio: float, excess: float, p: float) -> float:
    """Of a larger chi^2 in units of its expectation, which is `excess` times what it is for a weight that is known."""
    r = min((2.0 * excess + p - 1.0) / max(excess - 1.0, 1e-300), MOST)
    return f_probability(ratio * r / (r - 2.0), p, r)


def _root(projected: FloatArray, rank: int) -> FloatArray:
    """B of shape (k, rank) with B B^T the matrix of this rank."""
    values, vectors = np.linalg.eigh(projected)
    root: FloatArray = vectors[:, -rank:] * np.sqrt(np.maximum(values[-rank:], 0.0))
    return root


def _window(parts: list[FloatArray], s: float) -> int:
    """Of the sum of the autocovariances, which as many columns measure as precisely as that much longer a series."""
    columns = parts[0].shape[1]
    total = sum((autocovariance([part[:, i] for part in parts]) for i in range(columns)), np.zeros(1))
    return automatic_window(total, columns * sum(map(len, parts)), s)[0]


def _summed(parts: tuple[FloatArray, ...], window: int, begin: float, end: float) -> FloatArray:
    """Covariance of the mean values, of pairs that begin between two fractions of each replica; they add up."""
    n = sum(map(len, parts))
    total = np.zeros((parts[0].shape[1],) * 2)
    for part in parts:
        first, last = int(begin * len(part)), int(end * len(part))
        for t in range(window + 1):
            pairs = part[first : min(last, len(part) - t)]
            product = pairs.T @ part[first + t : first + t + len(pairs)] / (n - len(parts) * t)
            total += product if t == 0 else product + product.T
    scaled: FloatArray = total / n * (1.0 + (2 * window + 1) / n)  # the means are of the same data (Wolff, eq. 49)
    return scaled


def _cross_validated(
    covariance: Covariance, minimum: Minimum, correlated: bool, window: int, priors: FloatArray
) -> float:
    """tr(P D), where no part of D meets a P that was made from it."""
    parts, total = covariance.fluctuations, 0.0
    for i in range(FOLDS):
        begin, end = i / FOLDS, (i + 1) / FOLDS
        others = [_without(part, begin, end) for part in parts]
        weight = covariance_of(others, covariance.s).weight(correlated)
        # of so many fewer measurements
        weight *= sum(map(len, parts)) / sum(map(len, others))
        projected, count = residual_weight(with_priors(weight, priors), minimum.jacobian), len(weight)
        total += float(np.sum(projected[:count, :count] * _summed(parts, window, begin, end)))
        total += float(np.diag(projected)[count:] @ priors**2) / FOLDS
    return total


def _without(part: FloatArray, begin: float, end: float) -> FloatArray:
    return np.concatenate([part[: int(begin * len(part))], part[int(end * len(part)) :]])


def _directions(noise: FloatArray, independent: float) -> float:
    """tr(N)^2/tr(N^2), at most the size of N; tr(N^2) less what the noise of so many measurements adds to it."""
    trace = float(np.trace(noise))
    square = (float(np.sum(noise * noise)) - trace**2 / independent) / (1.0 + 1.0 / independent)
    return max(trace**2 / square, 1.0) if square * len(noise) > trace**2 else float(len(noise))
