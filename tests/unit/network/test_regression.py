"""Steps of least squares against normal equations and the formula of cross-validation, and on a known function."""

from itertools import pairwise

import numpy as np
import pytest

from lqcdnn.network.optimizers import Adam
from lqcdnn.network.regression import Learner, best_penalty, gauss_newton


def problem(samples=30, weights=8, noise=0.1, seed=3):
    rng = np.random.default_rng(seed)
    J = rng.normal(size=(samples, weights))
    J -= J.mean(axis=0)
    y = J @ rng.normal(size=weights) + noise * rng.normal(size=samples)
    return J, y - y.mean()


def test_a_step_solves_a_linear_problem_with_a_penalty():
    J, y = problem()
    start, theta = np.full(8, 0.3), np.linspace(-1.0, 1.0, 8)
    found = gauss_newton(theta, start, J, J @ theta - y, 0.7, lambda new: J @ new - y)
    normal = np.linalg.solve(J.T @ J + 0.7 * np.eye(8), J.T @ (y - J @ start))
    np.testing.assert_allclose(found.theta, start + normal, rtol=1e-10)
    assert found.loss == pytest.approx(((J @ found.theta - y) ** 2).mean())


@pytest.mark.parametrize(("samples", "weights"), [(30, 8), (20, 50)])
def test_the_penalty_is_that_of_generalised_cross_validation(samples, weights):
    """GCV from the matrix that makes predictions of numbers, the mean among them, at penalties around the one found."""
    J, y = problem(samples, weights, noise=1.0)
    values, vectors = np.linalg.eigh(J @ J.T)
    found = best_penalty(values, vectors.T @ y)

    def score(penalty):
        hat = J @ np.linalg.solve(J.T @ J + penalty * np.eye(weights), J.T) + 1.0 / samples
        return ((y - hat @ y) ** 2).sum() / np.trace(np.eye(samples) - hat) ** 2

    near = [score(found * 10.0**k) for k in (-0.5, -0.25, 0.0, 0.25, 0.5)]
    assert min(near) == near[2]


def test_a_step_that_makes_things_worse_is_cut_short():
    """arctan(5 theta) from 1 overshoots by Newton's method."""
    found = gauss_newton(
        np.array([1.0]),
        np.array([1.0]),
        np.array([[5.0 / 26.0], [-5.0 / 26.0]]),
        np.array([np.arctan(5.0), -np.arctan(5.0)]),
        1e-6,
        lambda theta: np.array([1.0, -1.0]) * np.arctan(5.0 * theta[0]),
    )
    assert abs(np.arctan(5.0 * found.theta[0])) < np.arctan(5.0)
    assert found.loss == pytest.approx(np.arctan(5.0 * found.theta[0]) ** 2)


def learner(**options):
    """constant + a b x + b x^2 of 40 numbers x: not linear in (a, b)."""
    x = np.linspace(-1.0, 1.5, 40)
    numbers = 3.0 + 0.5 * 2.0 * x + 2.0 * x * x

    def value(k, theta):
        return theta[0] + theta[1] * theta[2] * x[k] + theta[2] * x[k] ** 2

    def gradient(k, theta):
        return value(k, theta), np.array([1.0, theta[2] * x[k], theta[1] * x[k] + x[k] ** 2])

    return Learner(np.array([0.0, 0.2, 1.0]), numbers, value, gradient, 0, **options)


def test_least_squares_finds_what_is_not_linear_in_the_weights():
    one = learner(penalty=1e-9)
    losses = [one.step() for _ in range(8)]
    assert all(after <= before + 1e-15 for before, after in pairwise(losses))
    np.testing.assert_allclose(one.theta, [3.0, 0.5, 2.0], rtol=1e-4)


def test_adam_finds_it_too_and_goes_on_as_if_it_had_not_stopped():
    def adam():
        return learner(adam=Adam(0.02), batch=10, seed=4)

    whole, first, second = adam(), adam(), adam()
    for _ in range(1500):
        whole.step()
    for _ in range(700):
        first.step()
    second.theta, second.steps = first.theta.copy(), first.steps
    second.adam.recall({name: array.copy() for name, array in first.adam.memory().items()})
    for _ in range(800):
        second.step()
    np.testing.assert_array_equal(whole.theta, second.theta)
    np.testing.assert_allclose(whole.theta, [3.0, 0.5, 2.0], atol=0.02)
