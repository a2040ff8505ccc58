"""The optimizer of least squares against the minimum that numpy finds."""

import numpy as np
import pytest

from lqcdnn.network import optimizers
from lqcdnn.network.optimizers import LeastSquares


def samples(count, size, seed=3):
    """Rows x of very different scale, nearly parallel to (1, 400, 0.1), and targets y = x theta + noise."""
    rng = np.random.default_rng(seed)
    x = np.array([1.0, 400.0, 0.1])[:size] + rng.normal(size=(count, size)) * np.array([0.0, 5.0, 0.3])[:size]
    return x, x @ np.array([12.0, 0.03, -0.5])[:size] + 0.1 * rng.normal(size=count)


def fitted(optimizer, theta, x, y, batch=1):
    for first in range(0, len(y), batch):
        rows = range(first, min(first + batch, len(y)))
        theta = optimizer.learn(theta, [optimizer.keep(np.append(x[i], x[i] @ theta - y[i])[None]) for i in rows])
    return theta


@pytest.mark.parametrize("batch", [1, 4, 40])
@pytest.mark.parametrize("free", [None, 0])
@pytest.mark.parametrize("count", [2, 40])
def test_the_minimum(count, free, batch):
    x, y = samples(count, 3)
    start, variance = np.array([1.0, -0.2, 0.5]), 0.3
    prior = np.eye(3) / np.sqrt(variance)
    if free is not None:
        prior[free] = 0.0
    k = np.arange(1, count + 1)
    memory = (k + 1) * (k + 2) / ((count + 1.0) * (count + 2.0))  # its squares are the weights of the samples
    rows, targets = np.vstack([memory[:, None] * x, prior]), np.append(memory * y, prior @ start)
    expected = np.linalg.lstsq(rows, targets, rcond=None)[0]
    found = fitted(LeastSquares(variance, free, np.inf), start, x, y, batch)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("free", [None, 0])
def test_a_step_is_short_with_the_free_weight_that_is_best_there(free):
    x, y = samples(40, 3)
    start, variance = np.array([1.0, -0.2, 0.5]), 1e-2
    found = fitted(LeastSquares(variance, free), start, x, y, 40)
    others = [i for i in range(3) if i != free]
    assert np.linalg.norm((found - start)[others]) == pytest.approx(0.1 * np.sqrt(variance))
    if free is not None:
        k = np.arange(1, 41)
        weights = ((k + 1.0) * (k + 2.0)) ** 2
        assert found[0] == pytest.approx(np.average(y - x[:, 1:] @ found[1:], weights=weights), rel=1e-6)


def curved(theta):
    """Two numbers, far from linear in two weights."""
    return np.exp(8.0 * theta) + np.array([1.0, -1.0]) * np.prod(1.0 + 5.0 * theta)


def trained(count=400, **options):
    rng, target, theta = np.random.default_rng(8), np.array([0.1, 0.05]), np.array([0.45, -0.35])
    optimizer, h = LeastSquares(1e-2, **options), 1e-6
    for _ in range(count):
        x = np.array([5.0, 4.0]) + rng.normal(size=2)
        slopes = np.array([x @ (curved(theta + e) - curved(theta - e)) for e in h * np.eye(2)]) / (2.0 * h)
        missing = x @ (curved(theta) - curved(target)) + 0.1 * rng.normal()
        theta = optimizer.learn(theta, [optimizer.keep(np.append(slopes, missing)[None])])
    return np.linalg.norm(curved(theta) - curved(target))


def test_samples_linearised_far_from_the_minimum_are_forgotten(monkeypatch):
    assert trained() < 0.1
    monkeypatch.setattr(optimizers, "FORGETTING", 0.0)
    assert trained(longest=np.inf) > 1.0


def test_one_sample_of_little_variance_is_a_step_of_descent():
    x, y = samples(1, 3)
    found = fitted(LeastSquares(1e-10), np.zeros(3), x, y)
    np.testing.assert_allclose(found, 1e-10 * y[0] * x[0], rtol=1e-4)


def test_recalled_it_goes_on_with_the_same_bits():
    x, y = samples(12, 3)
    whole = fitted(LeastSquares(10.0, 0), np.zeros(3), x, y)
    first = LeastSquares(10.0, 0)
    assert first.memory() == {}
    theta = fitted(first, np.zeros(3), x[:5], y[:5])
    again = LeastSquares(10.0, 0)
    again.recall(first.memory())
    np.testing.assert_array_equal(fitted(again, theta, x[5:], y[5:]), whole)
