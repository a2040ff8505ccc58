"""Covariance of mean values of correlated series, and its inverse where few measurements estimate it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lqcdnn.analyze.statistics.gamma import DEFAULT_S, ROUNDING, FloatArray, gamma_method
from lqcdnn.analyze.statistics.jackknife import blocked
from lqcdnn.errors import InputError

_STILL = "a point of the fit does not fluctuate: it has no error to be weighted by"

SMALLEST = 1e-9
"""Eigenvalues of correlations, over the largest, below which the steps of a fit are lost in rounding."""


@dataclass(frozen=True)
class Covariance:
    """Covariance of k mean values.

    Attributes
    ----------
    errors, correlation
        Gamma-method errors, shape (k,), and correlation matrix of the mean values, shape (k, k).
    effective
        Number of independent measurements, by the largest tau_int.
    fluctuations, s
        What it was made from: deviations from the mean, one array for each replica, shape (n, k), and Wolff's S.
    """

    errors: FloatArray
    correlation: FloatArray
    effective: float
    fluctuations: tuple[FloatArray, ...] = field(default=(), repr=False)
    s: float = DEFAULT_S

    @property
    def matrix(self) -> FloatArray:
        """Shape (k, k)."""
        matrix: FloatArray = self.errors[:, None] * self.correlation * self.errors
        return matrix

    def weight(self, correlated: bool = True) -> FloatArray:
        """Inverse of the (regularised) covariance, or of its diagonal.

        Raises
        ------
        InputError
            Rounding leaves no positive inverse.
        """
        if not correlated:
            return np.diag(1.0 / self.errors**2)
        kept = max(int(np.sqrt(self.effective)), 1)
        try:
            inverse = np.linalg.inv(smoothed(self.correlation, kept))
            np.linalg.cholesky((inverse + inverse.T) / 2.0)
        except np.linalg.LinAlgError as error:
            raise InputError(
                "the points fluctuate too much alike for a correlated fit", hint="uncorrelated as the last argument"
            ) from error
        weight: FloatArray = inverse / (self.errors[:, None] * self.errors)
        return (weight + weight.T) / 2.0


def mean_covariance(tables: Sequence[FloatArray], slopes: FloatArray, s: float = DEFAULT_S) -> Covariance:
    """Covariance of functions of mean values: Gamma-method errors times the correlation of blocks of 2 tau_int.

    Blocks, because a fluctuation that all points share often has a longer autocorrelation than their noise.

    Parameters
    ----------
    tables
        Measurements, one array for each replica, shape (n, m).
    slopes
        Derivatives of the functions by the mean values, shape (k, m).
    s
        Wolff's S.

    Raises
    ------
    InputError
        A function that does not vary by more than rounding.
    """
    measured = np.concatenate(tables)
    means, scales = measured.mean(axis=0), np.abs(measured).max(axis=0) @ np.abs(slopes).T
    fluctuations = [(table - means) @ slopes.T for table in tables]
    pooled = np.concatenate(fluctuations)
    if np.any(np.abs(pooled).max(axis=0) <= ROUNDING * scales):
        raise InputError(_STILL)
    return covariance_of(fluctuations, s)


def covariance_of(fluctuations: Sequence[FloatArray], s: float = DEFAULT_S) -> Covariance:
    """The same from deviations from the mean values, one array for each replica, shape (n, k)."""
    columns = range(fluctuations[0].shape[1])
    results = [gamma_method([part[:, i] for part in fluctuations], s) for i in columns]
    if any(result.constant for result in results):
        raise InputError(_STILL)
    size = max(math.ceil(2.0 * max(result.tau_int for result in results)), 1)
    blocks = [blocked(part, size).bins for part in fluctuations if len(part) >= 2 * size]
    correlated = np.concatenate(blocks or list(fluctuations))
    return Covariance(
        errors=np.array([result.error for result in results]),
        correlation=np.atleast_2d(np.corrcoef(correlated.T)),
        effective=min(result.effective for result in results),
        fluctuations=tuple(fluctuations),
        s=s,
    )


def smoothed(correlation: FloatArray, kept: int) -> FloatArray:
    """The `kept` largest eigenvalues as they are, the others replaced by their mean.

    Few measurements estimate small eigenvalues far too small (C. Michael, A. McKerrell, Phys. Rev. D 51 (1995) 3745,
    hep-lat/9412087).

    Parameters
    ----------
    correlation
        Shape (k, k), with unit diagonal.
    kept
        Number of eigenvalues to keep, about the square root of the number of independent measurements.
    """
    values, vectors = np.linalg.eigh(correlation)
    rest = len(values) - kept
    if rest < 2:
        values = np.maximum(values, SMALLEST * values[-1])
    else:
        values[:rest] = max(float(values[:rest].mean()), SMALLEST * float(values[-1]))
    result: FloatArray = (vectors * values) @ vectors.T
    scale = np.sqrt(np.diag(result))
    result /= scale[:, None] * scale
    return result
