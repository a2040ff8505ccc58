"""The Gamma method against numbers of an independent implementation (pyerrors 2.17.0, S = 1.5)."""

import numpy as np
import pytest

from lqcdnn.analyze.statistics.gamma import gamma_derived, gamma_method


def chain(n):
    """A correlated series that needs no random numbers."""
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = 0.85 * values[i - 1] + np.sin(float(i) ** 2)
    return values


def check(result, value, error, error_of_error, window):
    assert result.mean == pytest.approx(value, rel=1e-9)
    assert result.error == pytest.approx(error, rel=1e-9)
    assert result.error_of_error == pytest.approx(error_of_error, rel=1e-9)
    assert result.window == window


def test_one_series():
    result = gamma_method(chain(1200))
    check(result, 0.003483168448306168, 0.1156366470626155, 0.015834200017614503, 22)
    # pyerrors corrects Gamma(0) as if it were uncorrelated data, by 1 + 1/N instead of 1 + 2 tau_int/N
    n, plain = 1200, 4.607783049095005 * (1.0 + 1.0 / 1200) / (1.0 + 45.0 / 1200)
    assert result.tau_int == pytest.approx(plain * (1.0 + 45.0 / n) / (1.0 + 2.0 * plain / n), rel=1e-9)


def test_ratio_of_two_series():
    data = np.stack([chain(1200), chain(1500)[300:] ** 2 + 1.0], axis=1)
    result = gamma_derived(lambda means: means[0] / means[1], data)
    assert result.error == pytest.approx(0.04258006319371375, rel=1e-5)  # numerical gradient
    assert result.window == 22


def test_two_replicas():
    values = chain(1200)
    result = gamma_method([values[:500], values[500:]])
    assert result.error == pytest.approx(0.11691506835006756, rel=2e-3)  # pairs counted as N - R t, not per replica
    assert result.window == 22
