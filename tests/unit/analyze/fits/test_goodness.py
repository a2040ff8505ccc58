"""chi^2 of fits to data of known covariance: its expectation, and probabilities that are spread evenly."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.goodness import goodness
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.leastsquares import minimize, residual_weight
from lqcdnn.analyze.statistics.covariance import mean_covariance
from lqcdnn.analyze.statistics.distributions import f_probability, kolmogorov_smirnov
from lqcdnn.config.language.fits import parse_fit

T = np.arange(24.0)
X = np.linspace(0.0, 3.0, 10)


def periodic(mass, amplitude=1.0):
    return amplitude * (np.exp(-mass * T) + np.exp(-mass * (24 - T)))


COSH = periodic(0.3)
OSCILLATING = periodic(0.4) + (-1.0) ** T * periodic(0.7, -0.5)
LOOPS = {(r, t): np.exp(-(0.6 + 0.05 * r - 0.25 / r) * t) for r in range(1, 7) for t in (3, 4)}


def correlator(shape, n, tau, noise_tau, seed, replicas=1):
    """An amplitude that fluctuates in common, with one autocorrelation, and the noise of each point, with another."""
    rng = np.random.default_rng(seed)
    chains = []
    for _ in range(replicas):
        table = shape * (1.0 + 0.1 * ar1(n, tau, rng) + 0.02 * ar1(n, noise_tau, rng, len(shape)))
        chains.append({f"c.{i + 1}": Series(f"c.{i + 1}", "f", np.arange(n), c) for i, c in enumerate(table.T)})
    return Chains(chains, Method())


def wilson_loops(n, tau, noise_tau, seed):
    rng = np.random.default_rng(seed)
    found = {}
    for (r, t), mean in LOOPS.items():
        values = mean * (1.0 + 0.02 * ar1(n, noise_tau, rng)[:, 0] + 0.01 * ar1(n, tau, rng)[:, 0])
        found[f"w.{r}.{t}"] = Series(f"w.{r}.{t}", "f", np.arange(n), values)
    return Chains([found], Method())


def straight(p):
    return p[0] + p[1] * X, np.column_stack([np.ones_like(X), X])


def judged(data, correlated=True):
    covariance = mean_covariance([data], np.eye(len(X)))
    minimum = minimize(straight, data.mean(axis=0), covariance.weight(correlated), np.zeros(2))
    return goodness(covariance, minimum, correlated), minimum


def test_expectation_with_many_measurements_is_the_trace_with_the_true_covariance():
    """tr(P D), and far from the number of points less parameters where weights are no inverse covariance."""
    root = np.tril(np.full((10, 10), 0.3)) + 0.2 * np.eye(10)
    data = np.random.default_rng(1).normal(size=(20000, 10)) @ root.T
    for correlated, rel in ((True, 0.02), (False, 0.03)):
        found, minimum = judged(data, correlated)
        weight = mean_covariance([data], np.eye(10)).weight(correlated)
        truth = np.trace(residual_weight(weight, minimum.jacobian) @ root @ root.T) / len(data)
        assert found.expected == pytest.approx(truth, rel=rel)
        assert bool(abs(truth - 8.0) < 0.1) is correlated


def test_few_measurements_make_chi2_larger_and_the_expectation_with_it():
    """Independent noise, as many blocks as measurements: Hotelling's T^2 of 8 dimensions, mean 8 (n - 1)/(n - 10)."""
    found = [judged(np.random.default_rng(seed).normal(size=(60, 10)))[0] for seed in range(30)]
    assert np.mean([one.expected for one in found]) == pytest.approx(8.0 * 59 / 50, rel=0.1)
    assert 0.35 < np.mean([one.probability for one in found]) < 0.65


def test_a_common_mode_with_longer_memory_than_the_noise():
    """Blocks hold too little of it, hence too much of the noise: chi^2 is small, and expected to be."""
    found = fit(parse_fit("m = cosh(c, 2, 10)"), correlator(COSH, 2000, 8.0, 0.6, 1))
    assert found.dof == 7
    assert 3.0 < found.expected_chi2 < 5.0


@pytest.mark.slow
def test_chi2_of_a_common_mode_is_what_is_expected():
    many = [fit(parse_fit("m = cosh(c, 2, 10)"), correlator(COSH, 400, 8.0, 0.6, seed)) for seed in range(30)]
    assert np.mean([one.chi2 for one in many]) == pytest.approx(np.mean([o.expected_chi2 for o in many]), rel=0.25)
    assert 0.35 < np.mean([one.probability for one in many]) < 0.65


def test_a_wrong_model_has_no_probability_left():
    """A second state, seen with 20 errors, in a fit of one; with either weights."""
    shape = COSH + periodic(1.0, 0.3)
    for kind in ("", ", uncorrelated"):
        assert fit(parse_fit(f"m = cosh(c, 1, 10{kind})"), correlator(shape, 400, 2.0, 0.6, 1)).probability < 1e-4


def test_too_few_measurements_to_say():
    found = fit(parse_fit("m = cosh(c, 2, 6)"), correlator(COSH, 4, 0.6, 0.6, 1))
    assert found.chi2 is not None
    assert (found.probability, found.expected_chi2) == (None, None)


def test_f_probability():
    """Closed forms for p = 2 and for r = 2; chi^2 for large r; P(F > f; p, r) + P(F > 1/f; r, p) = 1."""
    for f in (0.0, 1e-3, 0.3, 1.0, 2.5, 40.0):
        for other in (0.7, 3.0, 25.5, 3000.0):
            assert f_probability(f, 2.0, other) == pytest.approx((1.0 + 2.0 * f / other) ** (-other / 2.0), rel=1e-9)
            x = other * f / (2.0 + other * f)
            assert f_probability(f, other, 2.0) == pytest.approx(1.0 - x ** (other / 2.0), rel=1e-8)
            if f > 0.0:
                both = f_probability(f, other, 7.5) + f_probability(1.0 / f, 7.5, other)
                assert both == pytest.approx(1.0, abs=1e-10)
    assert f_probability(14.067 / 7.0, 7.0, 1e7) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="degrees of freedom"):
        f_probability(-1.0, 2.0, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("m = cosh(c, 2, 10)", lambda seed: correlator(COSH, 150, 2.0, 1.0, seed)),
        ("m = cosh(c, 2, 10)", lambda seed: correlator(COSH, 600, 8.0, 1.0, seed)),
        ("m = cosh(c, 2, 10)", lambda seed: correlator(COSH, 200, 0.51, 0.51, seed)),
        ("m = cosh(c, 2, 10)", lambda seed: correlator(COSH, 100, 4.0, 1.0, seed, replicas=3)),
        ("m = cosh(c, 2, 10, uncorrelated)", lambda seed: correlator(COSH, 300, 4.0, 1.0, seed)),
        ("m = oscillating(c, 2, 12)", lambda seed: correlator(OSCILLATING, 400, 4.0, 1.0, seed)),
        ("m = potential(w, 3, 1, 6)", lambda seed: wilson_loops(300, 4.0, 1.0, seed)),
        ("m = potential(w, 3, 1, 6, uncorrelated)", lambda seed: wilson_loops(300, 4.0, 1.0, seed)),
    ],
    ids=["short", "common mode", "independent", "replicas", "uncorrelated", "oscillating", "potential", "plain"],
)
def test_probabilities_are_spread_evenly(text, chains):
    """200 runs of each kind: the mean is 1/2 within 3.5 errors, and the whole is like evenly spread numbers."""
    found = np.array([fit(parse_fit(text), chains(seed)).probability for seed in range(200)])
    assert abs(found.mean() - 0.5) < 3.5 * np.sqrt(1.0 / 12.0 / len(found))
    assert found.std() == pytest.approx(np.sqrt(1.0 / 12.0), rel=0.15)
    assert kolmogorov_smirnov(found, (np.arange(20000) + 0.5) / 20000)[1] > 0.003
