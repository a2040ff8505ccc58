"""Bootstrap over blocks: right errors, the same numbers everywhere."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.statistics.bootstrap import bootstrap
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.analyze.statistics.jackknife import jackknife
from lqcdnn.errors import InputError


def test_error_of_a_correlated_series():
    values = ar1(8000, 4.0, np.random.default_rng(1))[:, 0]
    gamma, result = gamma_method(values), bootstrap(values, 500)
    assert result.error == pytest.approx(gamma.error, rel=0.15)
    assert result.bin_size >= 2 * 4.0
    assert result.low < result.mean < result.high
    assert (result.high - result.low) / 2.0 == pytest.approx(result.error, rel=0.15)
    # blocks of one measurement would miss the correlation
    assert bootstrap(values, 500, bin_size=1).error < 0.5 * gamma.error


def test_deterministic_and_extendable():
    values = np.random.default_rng(2).normal(size=100)
    few, many = bootstrap(values, 10, 1), bootstrap(values, 30, 1)
    assert few.samples == pytest.approx(many.samples[:10], rel=1e-12)
    assert not np.array_equal(few.samples, bootstrap(values, 10, 1, seed=1).samples)
    # fixed once: the same on every machine and with every version of numpy
    assert bootstrap(np.arange(8.0), 2, 1).samples.tolist() == [3.125, 4.625]


def test_bias_of_a_square():
    values = np.random.default_rng(3).normal(size=200)
    result = bootstrap(values, 2000, 1, function=lambda m: float(m[0] ** 2))
    assert result.bias == pytest.approx(values.var() / 200, rel=0.15)


def test_ratio_agrees_with_jackknife():
    rng = np.random.default_rng(4)
    data = np.column_stack([2.0 + rng.normal(size=2000), 3.0 + rng.normal(size=2000)])
    ratio = {"function": lambda m: float(m[0] / m[1]), "bin_size": 4}
    assert bootstrap(data, 500, **ratio).error == pytest.approx(jackknife(data, **ratio).error, rel=0.15)


def test_refusals():
    with pytest.raises(InputError, match="2 are the minimum"):
        bootstrap(np.arange(10.0), 1)
    with pytest.raises(InputError, match="two bins"):
        bootstrap(np.arange(10.0), 10, bin_size=6)
