"""How often the 1-sigma interval holds the truth: 68.3 % if errors are right."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.statistics.gamma import gamma_derived, gamma_method

N, TAU = 2000, 4.0


def coverage(repetitions, seed):
    """Fractions of chains whose interval holds the mean and the variance; tau_int of each, mean of its error."""
    chains = ar1(N, TAU, np.random.default_rng(seed), repetitions).T
    means = [gamma_method(chain) for chain in chains]
    variances = [
        gamma_derived(lambda m: float(m[1] - m[0] ** 2), np.column_stack([chain, chain**2]), gradient=slope)
        for chain in chains
    ]
    hits = np.mean([abs(result.mean) < result.error for result in means])
    variance_hits = np.mean([abs(result.mean - 1.0) < result.error for result in variances])
    taus = np.array([result.tau_int for result in means])
    return hits, variance_hits, taus, np.mean([result.tau_int_error for result in means])


def slope(means):
    return np.array([-2.0 * means[0], 1.0])


def test_coverage_of_200_chains():
    """Within 3 binomial errors (3.3 %) of 68.3 %, less what a finite chain underestimates."""
    hits, variance_hits, taus, error = coverage(200, 1)
    assert 0.58 < hits < 0.78
    assert 0.58 < variance_hits < 0.78
    assert abs(taus.mean() - TAU) < 0.3
    assert 0.7 < taus.std() / error < 1.4


@pytest.mark.slow
def test_coverage_of_1000_chains():
    hits, variance_hits, taus, error = coverage(1000, 2)
    assert 0.65 < hits < 0.71
    assert 0.63 < variance_hits < 0.72  # the estimator of the variance is biased by 2 tau_int/N
    assert abs(taus.mean() - TAU) < error
    assert 0.8 < taus.std() / error < 1.25


@pytest.mark.slow
def test_coverage_with_the_tail():
    """Short chains with a known tau_exp: the tail brings the error closer to the truth than the plain window."""
    chains = ar1(400, 10.0, np.random.default_rng(3), 1000).T
    plain = np.mean([abs(r.mean) < r.error for r in map(gamma_method, chains)])
    tail = np.mean([abs(r.mean) < r.error for r in (gamma_method(chain, tau_exp=10.0) for chain in chains)])
    assert plain < tail < 0.74
