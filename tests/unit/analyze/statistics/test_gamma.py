"""The Gamma method against processes whose autocorrelation is known."""

import math

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.statistics.gamma import autocovariance, automatic_window, gamma_derived, gamma_method, rho_errors
from lqcdnn.errors import DataError, InputError


@pytest.mark.parametrize("tau", [0.5, 2.0, 8.0])
def test_ar1_mean_error_and_tau(tau):
    """120 independent chains: pulls of the mean have width 1, tau_int and its error are right."""
    chains = ar1(2000, tau, np.random.default_rng(7), 120).T
    results = [gamma_method(chain) for chain in chains]
    pulls = np.array([r.mean / r.error for r in results])
    assert abs(pulls.std() - 1.0) < 0.2
    assert abs(pulls.mean()) < 0.3
    taus = np.array([r.tau_int for r in results])
    errors = np.array([r.tau_int_error for r in results])
    assert abs(taus.mean() - tau) < 0.06 * tau
    if tau > 0.5:  # the floor of 1/2 cuts the scatter of white noise
        assert 0.7 < taus.std() / errors.mean() < 1.3
    assert all(r.converged for r in results)


def test_error_of_the_error():
    """Scatter of the error over chains is what error_of_error says."""
    results = [gamma_method(chain) for chain in ar1(2000, 3.0, np.random.default_rng(8), 120).T]
    scatter = np.std([r.error for r in results])
    assert 0.7 < scatter / np.mean([r.error_of_error for r in results]) < 1.3


def test_white_noise_has_tau_one_half():
    result = gamma_method(np.random.default_rng(3).normal(size=20000))
    assert abs(result.tau_int - 0.5) < 3.0 * result.tau_int_error + 0.01
    assert abs(result.error * math.sqrt(20000) - 1.0) < 0.03
    assert result.window <= 3
    assert result.effective == pytest.approx(20000 / (2 * result.tau_int))


def test_constant_series():
    result = gamma_method(np.full(100, 0.1))
    assert (result.mean, result.error, result.tau_int, result.window) == (pytest.approx(0.1), 0.0, 0.5, 0)
    assert result.constant
    assert result.converged


def test_rounding_noise_counts_as_constant():
    values = 1.0 + np.finfo(float).eps * np.random.default_rng(0).integers(-2, 3, 50)
    assert gamma_method(values).constant


def test_anticorrelated_series_keeps_a_positive_error():
    result = gamma_method(np.tile([1.0, -1.0], 50))
    assert (result.error, result.tau_int) == (pytest.approx(0.1, rel=0.02), 0.5)
    assert not result.converged


def test_no_error_is_below_the_naive_one():
    for values in np.random.default_rng(6).normal(size=(50, 30)):
        result = gamma_method(values)
        assert result.tau_int >= 0.5
        assert result.error >= result.naive_error


def test_autocovariance_is_the_plain_sum():
    """The FFT equals the definition, replicas included."""
    rng = np.random.default_rng(5)
    replicas = [rng.normal(size=31), rng.normal(size=40)]
    gamma = autocovariance(replicas)
    assert len(gamma) == 16
    for t in (0, 1, 7, 15):
        direct = sum(float(np.sum(r[: len(r) - t] * r[t:])) for r in replicas) / (71 - 2 * t)
        assert gamma[t] == pytest.approx(direct, rel=1e-12, abs=1e-12)


def test_window_of_an_exact_exponential():
    """Gamma = exp(-t/tau): Wolff's window is where exp(-W S'/tau) falls below the noise, a few tau."""
    gamma = np.exp(-np.arange(500) / 10.0)
    window, found = automatic_window(gamma, 10000)
    assert found
    assert 30 < window < 80
    assert automatic_window(gamma, 10000, s=0.0) == (0, True)


@pytest.mark.parametrize("tau", [1.0, 14.0, 40.0, 1e6])
def test_windows_beyond_the_first_ones(tau):
    """By the formula at each W, none of which may be passed over; beyond the end none is found."""
    n, gamma = 4000, np.exp(-np.arange(400.0) / tau)
    integrated = np.cumsum(gamma[1:])

    def criterion(w):
        slope = 1.5 / math.log((2.0 * integrated[w - 1] + 2.0) / (2.0 * integrated[w - 1]))
        return math.exp(-w / slope) - slope / math.sqrt(w * n)

    first = next((w for w in range(1, 400) if criterion(w) < 0.0), None)
    assert automatic_window(gamma, n, 1.5) == (399 if first is None else first, first is not None)


def test_replicas_equal_one_chain_cut_in_two():
    chain = ar1(4000, 2.0, np.random.default_rng(9))[:, 0]
    whole, halves = gamma_method(chain), gamma_method([chain[:1500], chain[1500:]])
    assert halves.mean == pytest.approx(whole.mean, abs=1e-12)
    assert halves.error == pytest.approx(whole.error, rel=0.05)
    assert (halves.n, halves.replicas) == (4000, 2)
    assert halves.replica_chi2 is not None
    assert halves.replica_chi2 < 9.0


def test_replicas_that_disagree():
    rng = np.random.default_rng(4)
    result = gamma_method([rng.normal(size=500), rng.normal(size=500) + 1.0])
    assert result.replica_chi2 is not None
    assert result.replica_chi2 > 15.0


def test_derived_ratio_of_correlated_means():
    """Var(A/B) by linear error propagation with exactly known covariance."""
    rng = np.random.default_rng(11)
    common = rng.normal(size=50000)
    a, b = 4.0 + common, 2.0 + 0.5 * common + 0.1 * rng.normal(size=50000)
    result = gamma_derived(lambda m: m[0] / m[1], np.stack([a, b], axis=1))
    # fluctuation of the ratio: (da - 2 db)/2 with da - 2 db = -0.2 noise
    assert result.error == pytest.approx(0.1 / math.sqrt(50000), rel=0.03)
    assert result.mean == pytest.approx(2.0, abs=5.0 * result.error)


def test_derived_bias_is_removed_by_replicas():
    """f = m^2 of independent data with mean 0: replicas remove the bias var/N of the naive value."""
    rng = np.random.default_rng(12)
    plain, corrected = [], []
    for _ in range(200):
        replicas = [rng.normal(size=(25, 1)) for _ in range(4)]
        corrected.append(gamma_derived(lambda m: float(m[0] ** 2), replicas, s=0.0).mean)
        plain.append(float(np.concatenate(replicas).mean() ** 2))
    assert np.mean(plain) == pytest.approx(0.01, rel=0.35)
    assert abs(np.mean(corrected)) < 0.004


def test_derived_function_of_a_constant():
    data = np.stack([np.full(20, 2.0), np.full(20, 3.0)], axis=1)
    assert gamma_derived(lambda m: m[0] * m[1], data).error == 0.0


def test_fluctuations_that_cancel():
    """Columns that vary, in a function of their means that does not: neither 0/0 nor rounding taken for a slow mode."""
    a = 10.0 + ar1(400, 3.0, np.random.default_rng(13))[:, 0]
    for factor in (2.0, 1.0 / 3.0):
        halves = np.split(np.stack([a, factor * a], axis=1), 2)
        for data in (np.concatenate(halves), halves):
            result = gamma_derived(lambda m, k=factor: k * m[0] - m[1], data, gradient=lambda m, k=factor: [k, -1.0])
            assert result.constant
            assert (result.error, result.tau_int, result.window) == (0.0, 0.5, 0)
    drift = 1.0 + 1e-10 * np.arange(400)
    assert not gamma_derived(lambda m: m[0] - m[1], np.stack([a * drift, a], axis=1)).constant


def test_rho_errors_vanish_at_zero_and_grow_to_noise():
    result = gamma_method(ar1(5000, 5.0, np.random.default_rng(2))[:, 0])
    errors = rho_errors(result)
    assert len(errors) == len(result.rho)
    assert errors[0] == pytest.approx(0.0, abs=1e-12)
    assert 0.02 < errors[-1] < 0.2


@pytest.mark.parametrize("bad", [[1.0, 2.0, 3.0], [], [[1.0, 2.0, 3.0, 4.0], [1.0]]])
def test_too_few_measurements(bad):
    with pytest.raises(InputError, match="too few"):
        gamma_method(bad)


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (1j * np.arange(9), InputError, "complex numbers"),
        ([np.ones(5), 1j * np.ones(5)], InputError, "complex numbers"),
        ([1.0, 2.0, -1e141, 4.0], DataError, r"measurement 3 of 4 is beyond 1e\+140"),
    ],
)
def test_what_has_no_variance_is_refused(values, kind, said):
    """The imaginary part was dropped, and the error of large numbers was NaN."""
    with pytest.raises(kind, match=said):
        gamma_method(values)


def test_value_that_is_not_finite_is_named():
    with pytest.raises(DataError, match="measurement 3 of 5"):
        gamma_method([1.0, 2.0, math.nan, 1.0, 2.0])


def test_negative_s():
    with pytest.raises(InputError, match="negative"):
        gamma_method(np.arange(10.0), s=-1.0)


def test_wrong_dimension():
    with pytest.raises(InputError, match="dimension"):
        gamma_method(np.ones((5, 2)))


def test_numbers_whose_squares_vanish_are_a_constant():
    """Acceptances of a chain that rejects everything."""
    result = gamma_method(np.exp(-np.linspace(400.0, 700.0, 12)))
    assert result.constant
    assert (result.error, result.tau_int) == (0.0, 0.5)
