"""The binned jackknife beside the Gamma method."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.statistics.gamma import gamma_derived, gamma_method
from lqcdnn.analyze.statistics.jackknife import default_bin_size, jackknife
from lqcdnn.errors import InputError


@pytest.mark.parametrize("tau", [0.5, 2.0, 8.0])
def test_agrees_with_the_gamma_method(tau):
    chains = ar1(4000, tau, np.random.default_rng(21), 40).T
    ratio = [jackknife(chain).error / gamma_method(chain).error for chain in chains]
    assert 0.88 < np.mean(ratio) < 1.05


def test_bin_of_one_is_the_naive_error():
    values = np.random.default_rng(1).normal(size=100)
    result = jackknife(values, bin_size=1)
    assert result.error == pytest.approx(values.std(ddof=1) / 10.0)
    assert (result.mean, result.bins) == (pytest.approx(values.mean()), 100)


def test_function_of_two_means():
    rng = np.random.default_rng(2)
    data = np.stack([2.0 + 0.1 * rng.normal(size=2000), 1.0 + 0.1 * rng.normal(size=2000)], axis=1)
    result = jackknife(data, function=lambda m: float(m[0] / m[1]))
    assert result.error == pytest.approx(gamma_derived(lambda m: float(m[0] / m[1]), data).error, rel=0.15)


def test_bins_are_at_least_two_tau():
    for n, tau in [(100, 0.5), (1000, 3.3), (20000, 15.0), (60, 20.0)]:
        size = default_bin_size(n, tau)
        assert size >= min(2.0 * tau, n // 2)
        assert n // size >= 2


def test_constant_series():
    assert jackknife(np.ones(50)).error == 0.0


@pytest.mark.parametrize("size", [0, 11, 100])
def test_fewer_than_two_bins(size):
    with pytest.raises(InputError, match="two bins"):
        jackknife(np.arange(20.0), bin_size=size)
