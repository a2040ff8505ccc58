"""Fits of data whose answer is known: parameters, sensitivities, chi^2 and its expectation."""

import numpy as np
import pytest

from lqcdnn.analyze.fits.leastsquares import minimize, residual_weight
from lqcdnn.analyze.scan.scaling import critical_slowing_down, exponential_slowing_down, finite_size, peak, zero
from lqcdnn.analyze.statistics.covariance import Covariance, mean_covariance, smoothed
from lqcdnn.analyze.statistics.distributions import chi2_probability
from lqcdnn.errors import InputError

X = np.linspace(0.0, 3.0, 9)


def exponential(p):
    """A e^(-m x) + c."""
    e = np.exp(-p[1] * X)
    return p[0] * e + p[2], np.column_stack([e, -p[0] * X * e, np.ones_like(X)])


def covariance(seed=1):
    root = np.random.default_rng(seed).normal(size=(9, 30))
    return 1e-4 * root @ root.T / 30


def test_exact_data_give_exact_parameters():
    weight = np.linalg.inv(covariance())
    found = minimize(exponential, exponential([2.0, 0.7, 0.3])[0], weight, np.array([1.0, 1.0, 0.0]))
    assert found.parameters == pytest.approx([2.0, 0.7, 0.3], rel=1e-9)
    assert found.chi2 < 1e-12
    assert found.dof == 6


def test_sensitivity_is_the_derivative_of_the_minimum():
    """Refitting shifted data: the implicit function theorem with the full Hessian, far from a perfect fit."""
    weight = np.linalg.inv(covariance())
    y = exponential([2.0, 0.7, 0.3])[0] + 0.05 * np.random.default_rng(2).normal(size=9)
    found = minimize(exponential, y, weight, np.array([2.0, 0.7, 0.3]))
    for i in range(9):
        step = np.zeros(9)
        step[i] = 1e-4
        up, down = (minimize(exponential, y + s, weight, found.parameters).parameters for s in (step, -step))
        assert found.sensitivity[:, i] == pytest.approx((up - down) / 2e-4, rel=1e-3, abs=1e-4)
    gauss_newton = np.linalg.solve(found.jacobian.T @ weight @ found.jacobian, found.jacobian.T @ weight)
    assert np.abs(found.sensitivity - gauss_newton).max() > 1e-2


def test_chi2_follows_its_distribution():
    """400 correlated fits: mean and tail of chi^2; uncorrelated fits of the same data have the expected mean."""
    cov = covariance()
    root, rng = np.linalg.cholesky(cov), np.random.default_rng(3)
    truth, weight, diagonal = exponential([2.0, 0.7, 0.3])[0], np.linalg.inv(cov), np.diag(1.0 / np.diag(cov))
    data = truth + rng.normal(size=(400, 9)) @ root.T
    start = np.array([2.0, 0.7, 0.3])
    full = np.array([minimize(exponential, y, weight, start).chi2 for y in data])
    assert full.mean() == pytest.approx(6.0, abs=4.0 * np.sqrt(12.0 / 400))
    assert np.mean([chi2_probability(c, 6) < 0.1 for c in full]) == pytest.approx(0.1, abs=0.05)
    plain = [minimize(exponential, y, diagonal, start) for y in data]
    expected = np.trace(residual_weight(diagonal, plain[0].jacobian) @ cov)
    chi2 = np.array([item.chi2 for item in plain])
    assert chi2.mean() == pytest.approx(expected, abs=4.0 * chi2.std() / 20.0)
    assert abs(expected - 6.0) > 0.4  # naive counting would be wrong
    assert np.trace(residual_weight(weight, plain[0].jacobian) @ cov) == pytest.approx(6.0, rel=1e-9)


def test_no_minimum_and_too_few_points():
    with pytest.raises(InputError, match="do not determine"):
        minimize(lambda p: (p, np.eye(2)), np.zeros(1), np.eye(1), np.zeros(2))
    with pytest.raises(InputError, match="no minimum"):  # falls for ever
        minimize(lambda p: (np.exp(-p), np.diag(-np.exp(-p))), np.zeros(1), np.eye(1), np.zeros(1))


def test_covariance_of_means():
    rng = np.random.default_rng(4)
    root = np.array([[1.0, 0.0], [0.8, 0.6]])
    data = rng.normal(size=(20000, 2)) @ root.T
    found = mean_covariance([data], np.eye(2))
    assert found.matrix * 20000 == pytest.approx(root @ root.T, rel=0.05)
    assert found.weight() @ found.matrix == pytest.approx(np.eye(2), abs=1e-9)
    assert np.count_nonzero(found.weight(correlated=False)) == 2
    with pytest.raises(InputError, match="does not fluctuate"):
        mean_covariance([np.column_stack([data[:, 0], np.zeros(20000)])], np.eye(2))
    level = np.column_stack([data[:, 0], data[:, 0] + 1e-16 * rng.normal(size=20000)])  # their difference is rounding
    with pytest.raises(InputError, match="does not fluctuate"):
        mean_covariance([level], np.array([[1.0, 0.0], [1.0, -1.0]]))


def test_small_eigenvalues_are_averaged():
    data = np.random.default_rng(5).normal(size=(12, 10))
    correlation = np.corrcoef(data.T)
    result = smoothed(correlation, 3)
    assert np.diag(result) == pytest.approx(np.ones(10), rel=1e-12)
    assert np.linalg.cond(result) < 0.1 * np.linalg.cond(correlation)
    assert smoothed(correlation, 9) == pytest.approx(correlation, abs=1e-12)
    singular = Covariance(np.ones(10), np.corrcoef(data[:5].T), 5.0)
    assert np.all(np.isfinite(singular.weight()))
    assert np.all(np.linalg.eigvalsh(singular.weight()) > 0.0)


@pytest.mark.parametrize("errors", [(0.06, 0.03), (0.2, 0.1)])
def test_points_that_fluctuate_alike(errors):
    """A line through two points, of which a few blocks know one fluctuation alone: any weight gives the line.

    The sensitivity was six times too large, and a refit of other data stopped on its way.
    """
    line = np.array([[3.0, 1.0], [4.0, 1.0]])
    weight = Covariance(np.array(errors), np.array([[1.0, 1.0 - 1e-16], [1.0 - 1e-16, 1.0]]), 3.0).weight()
    first = minimize(lambda p: (line @ p, line), np.array([0.80, 0.77]), weight, np.array([-0.03, 0.89]))
    assert first.sensitivity == pytest.approx(np.linalg.inv(line), rel=1e-5)
    other = minimize(lambda p: (line @ p, line), np.array([0.83, 0.78]), weight, first.parameters)
    assert other.parameters == pytest.approx(np.linalg.solve(line, [0.83, 0.78]), rel=1e-5)


def test_critical_slowing_down():
    """tau = 0.4 xi^2 with 5 % noise: pulls of z over repetitions."""
    rng, xi = np.random.default_rng(6), np.array([2.0, 3.0, 4.0, 6.0, 8.0])
    truth = 0.4 * xi**2.0
    measured = truth * (1.0 + 0.05 * rng.normal(size=(200, 5)))
    found = [critical_slowing_down(xi, tau, 0.05 * tau) for tau in measured]
    pulls = np.array([(item.slope - 2.0) / item.slope_error for item in found])
    assert abs(pulls.mean()) < 0.3
    assert pulls.std() == pytest.approx(1.0, abs=0.2)
    assert found[0].dof == 3
    wider = critical_slowing_down(xi, truth, 0.05 * truth, 0.05 * xi)
    assert wider.slope == pytest.approx(2.0, rel=1e-9)
    assert wider.slope_error == pytest.approx(found[0].slope_error * np.sqrt(5.0), rel=0.1)
    with pytest.raises(InputError, match="positive"):
        critical_slowing_down([1.0, -2.0], [1.0, 1.0], [0.1, 0.1])
    with pytest.raises(InputError, match="two runs"):
        critical_slowing_down([1.0], [1.0], [0.1])


def test_exponential_slowing_down():
    """tau = 0.3 exp(1.2 x): exact without noise, and an error of x enters as slope times it."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    truth = 0.3 * np.exp(1.2 * x)
    found = exponential_slowing_down(x, truth, 0.05 * truth)
    assert (found.constant, found.slope) == (pytest.approx(0.3, rel=1e-9), pytest.approx(1.2, rel=1e-9))
    assert found.slope_error == pytest.approx(0.05 / np.sqrt(10.0), rel=1e-9)  # sum of (x - 3)^2 is 10
    wider = exponential_slowing_down(x, truth, 0.05 * truth, 0.05 / 1.2)
    assert wider.slope_error == pytest.approx(found.slope_error * np.sqrt(2.0), rel=1e-9)
    with pytest.raises(InputError, match="positive"):
        exponential_slowing_down([1.0, 2.0], [1.0, -1.0], [0.1, 0.1])


def test_zero():
    """Where a straight line is 0: pulls over repetitions, and the error of x."""
    rng, x = np.random.default_rng(7), np.array([0.14, 0.145, 0.15, 0.155])
    truth = -20.0 * (x - 0.162)
    found = [zero(x, truth + 0.005 * rng.normal(size=4), np.full(4, 0.005)) for _ in range(400)]
    pulls = np.array([(item.constant - 0.162) / item.constant_error for item in found])
    assert abs(pulls.mean()) < 0.2
    assert pulls.std() == pytest.approx(1.0, abs=0.15)
    exact, wider = zero(x, truth, np.full(4, 0.02)), zero(x, truth, np.full(4, 0.02), 0.001)
    assert (exact.constant, exact.slope) == (pytest.approx(0.162), pytest.approx(-20.0))
    assert wider.constant_error == pytest.approx(exact.constant_error * np.sqrt(2.0), rel=1e-9)
    with pytest.raises(InputError, match="level"):
        zero([1.0, 2.0], [0.0, 0.0], [0.1, 0.1])


def test_peak():
    """Exact parameters of a parabola; pulls of width 1, chi^2 of two degrees of freedom; errors of x count."""
    x, errors, rng = np.linspace(0.14, 0.18, 5), np.full(5, 0.01), np.random.default_rng(7)
    truth = 2.0 - 3000.0 * (x - 0.157) ** 2
    exact = peak(x, truth, errors)
    assert (exact.position, exact.height, exact.curvature) == pytest.approx((0.157, 2.0, -3000.0), rel=1e-9)
    found = [peak(x, truth + 0.01 * rng.normal(size=5), errors) for _ in range(400)]
    for pulls in (
        [(fit.position - 0.157) / fit.position_error for fit in found],
        [(fit.height - 2.0) / fit.height_error for fit in found],
    ):
        assert abs(np.mean(pulls)) < 0.15
        assert 0.9 < np.std(pulls) < 1.1
    assert np.mean([fit.chi2 for fit in found]) == pytest.approx(2.0, abs=0.3)
    assert found[0].dof == 2
    assert peak(x, truth, errors, 0.001).position_error > exact.position_error
    with pytest.raises(InputError, match="no maximum between the points"):
        peak(x, -truth, errors)
    with pytest.raises(InputError, match="no maximum between the points"):
        peak(x, np.sqrt(x), errors)
    with pytest.raises(InputError, match="three places"):
        peak(x[:2], truth[:2], errors[:2])


def test_finite_size():
    lengths = np.array([4.0, 6.0, 8.0, 12.0])
    found = finite_size(lengths, 0.7 + 2.0 * lengths**-3.0, np.full(4, 1e-3), 3.0)
    assert (found.constant, found.slope) == (pytest.approx(0.7), pytest.approx(2.0))
    nothing = finite_size(lengths, 2.0 * lengths**-3.0, np.full(4, 1e-3), 3.0)  # a limit of 0 is one, too
    assert nothing.constant == pytest.approx(0.0, abs=1e-12)
    assert found.probability == pytest.approx(1.0)
    exact = np.linalg.inv(np.array([[4, (lengths**-3).sum()], [(lengths**-3).sum(), (lengths**-6).sum()]]))
    assert found.constant_error == pytest.approx(1e-3 * np.sqrt(exact[0, 0]), rel=1e-9)
    assert finite_size([4.0, 8.0], [1.0, 2.0], [0.1, 0.1], 1.0).probability is None
    # an error of the length enters as that of A + b L^-omega there
    values, spread = 0.7 + 2.0 * lengths**-3.0, 1e-3 * lengths**4.0 / 6.0
    wider = finite_size(lengths, values, np.full(4, 1e-3), 3.0, spread)
    assert (wider.constant, wider.slope) == (pytest.approx(0.7), pytest.approx(2.0))
    assert wider.slope_error == pytest.approx(found.slope_error * np.sqrt(2.0), rel=1e-9)
    with pytest.raises(InputError, match="exponent"):
        finite_size([4.0, 8.0], [1.0, 2.0], [0.1, 0.1], 0.0)
