"""Probabilities against tables, simulations, and scipy where it is installed."""

import math

import numpy as np
import pytest

from lqcdnn.analyze.statistics.distributions import chi2_probability, kolmogorov_smirnov


def test_chi2_known_values():
    assert chi2_probability(0.0, 3) == 1.0
    assert chi2_probability(2.0 * math.log(2.0), 2) == pytest.approx(0.5, rel=1e-14)
    assert chi2_probability(1.0, 1) == pytest.approx(math.erfc(math.sqrt(0.5)), rel=1e-14)
    # 95 % points of the usual tables
    for dof, point in ((1, 3.841), (2, 5.991), (5, 11.070), (10, 18.307), (30, 43.773), (100, 124.342)):
        assert chi2_probability(point, dof) == pytest.approx(0.05, rel=1e-3)
    with pytest.raises(ValueError, match="degrees"):
        chi2_probability(1.0, 0)


def test_scipy_agrees():
    stats = pytest.importorskip("scipy.stats")
    for dof in (1, 2, 3, 8, 51, 400):
        for x in (0.1, 1.0, dof / 2, dof, 2.0 * dof, 1000.0):
            assert chi2_probability(x, dof) == pytest.approx(float(stats.chi2.sf(x, dof)), rel=1e-11, abs=1e-300)
    rng = np.random.default_rng(1)
    for n, m, shift in ((300, 500, 0.0), (300, 500, 0.1), (800, 900, 0.1)):
        one, other = rng.normal(size=n), rng.normal(size=m) + shift
        distance, probability = kolmogorov_smirnov(one, other)
        exact = stats.ks_2samp(one, other, method="exact")
        assert distance == pytest.approx(float(exact.statistic), rel=1e-12)
        assert probability == pytest.approx(float(exact.pvalue), rel=0.05)


def test_probability_is_uniform_for_equal_distributions():
    rng = np.random.default_rng(2)
    found = np.array([kolmogorov_smirnov(rng.normal(size=60), rng.normal(size=80))[1] for _ in range(500)])
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(found < level) - level) < 3.5 * math.sqrt(level * (1.0 - level) / 500)


def test_distributions_that_differ():
    rng = np.random.default_rng(3)
    same_mean = kolmogorov_smirnov(rng.normal(size=1000), 1.5 * rng.normal(size=1000))
    assert same_mean[1] < 1e-4
    assert kolmogorov_smirnov([1.0, 2.0], [1.0, 2.0]) == (0.0, 1.0)
