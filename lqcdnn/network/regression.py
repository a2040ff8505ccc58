"""Weights of a network whose value is to equal given numbers, up to a constant that is free.

Numbers and values are divided by the spread of the numbers; the constant of the network is always the best one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.network.optimizers import Adam

Vector = NDArray[np.float64]

GRID = 10.0 ** np.arange(-12.0, 3.1, 0.25)
"""Penalties that cross-validation compares, in units of the largest eigenvalue of J J^T."""

HALVINGS = 6
"""A step that makes things worse is halved so often at most."""


@dataclass(frozen=True)
class Step:
    """Weights after a step, mean square of what they miss (divided by the variance), penalty of the step."""

    theta: Vector
    loss: float
    penalty: float = 0.0


def best_penalty(eigenvalues: Vector, components: Vector) -> float:
    """Penalty lambda of the least generalised cross-validation (Golub, Heath, Wahba, Technometrics 21 (1979) 215).

    Parameters
    ----------
    eigenvalues, components
        Of J J^T, rising, and of the numbers along its eigenvectors; J has no constant component, so that the first
        eigenvalue is 0 and does not count.
    """
    values, parts = eigenvalues[1:], components[1:]
    largest = float(values[-1])
    if not largest > 0.0:
        return 1.0
    scores = []
    for penalty in GRID * largest:
        missing = penalty / (np.maximum(values, 0.0) + penalty)
        scores.append(float(((missing * parts) ** 2).sum() / missing.sum() ** 2))
    return float(GRID[int(np.argmin(scores))] * largest)


def gauss_newton(
    theta: Vector,
    start: Vector,
    jacobian: Vector,
    missing: Vector,
    penalty: float | None,
    misses: Callable[[Vector], Vector],
) -> Step:
    """Minimise |missing|^2 + penalty |theta - start|^2 with the derivatives at ``theta``, or go part of the way there.

    Parameters
    ----------
    theta, start
        Weights now, and those that the penalty favours.
    jacobian, missing
        Shape (samples, weights) and (samples,): derivatives of the values, value less number; both without their means.
    penalty
        None: that of :func:`best_penalty`.
    misses
        ``missing`` at other weights.
    """
    values, vectors = np.linalg.eigh(jacobian @ jacobian.T)
    wanted = jacobian @ (theta - start) - missing  # what J (new - start) should be
    components = vectors.T @ wanted
    chosen = best_penalty(values, components) if penalty is None else penalty
    goal = start + jacobian.T @ (vectors @ (components / (np.maximum(values, 0.0) + chosen)))
    before = float(missing @ missing + chosen * ((theta - start) @ (theta - start)))
    for halving in range(HALVINGS):
        tried = theta + 0.5**halving * (goal - theta)
        left = misses(tried)
        if float(left @ left + chosen * ((tried - start) @ (tried - start))) < before:
            return Step(tried, float(left @ left) / len(left), chosen)
    return Step(theta, float(missing @ missing) / len(missing), chosen)


class Learner:
    """One step at a time.

    Parameters
    ----------
    start
        First weights.
    numbers
        What the values are to be, shape (samples,).
    value, gradient
        Of the network for a sample and weights: the value; the value and its derivatives by the weights.
    constant
        Which weight is the constant.
    penalty
        Of least squares, see :func:`gauss_newton`.
    adam, batch, seed
        For steps of adam in place of least squares: the optimizer, samples of a step, seed of their choice.
    """

    def __init__(
        self,
        start: Vector,
        numbers: Vector,
        value: Callable[[int, Vector], float],
        gradient: Callable[[int, Vector], tuple[float, Vector]],
        constant: int,
        penalty: float | None = None,
        adam: Adam | None = None,
        batch: int = 1,
        seed: int = 0,
    ) -> None:
        self.start, self.numbers, self.constant = start, numbers, constant
        self.theta, self.steps = start.copy(), 0
        self.adam = adam
        self._value, self._gradient, self._penalty, self._batch, self._seed = value, gradient, penalty, batch, seed
        self._spread = float(numbers.std())

    def values(self, samples: Sequence[int], theta: Vector | None = None) -> Vector:
        """Values for some samples, as the network gives them."""
        return np.array([self._value(k, self.theta if theta is None else theta) for k in samples])

    def step(self) -> float:
        """One step; returns the loss: of all samples at the new weights, or of a batch at the old ones."""
        self.steps += 1
        return self._descend() if self.adam is not None else self._solve()

    def _solve(self) -> float:
        values, jacobian = np.empty(len(self.numbers)), np.empty((len(self.numbers), len(self.theta)))
        for k in range(len(self.numbers)):
            values[k], jacobian[k] = self._gradient(k, self.theta)
        missing = values - self.numbers
        jacobian[:, self.constant] = 0.0
        jacobian -= jacobian.mean(axis=0)
        jacobian /= self._spread  # there may be no room for another
        found = gauss_newton(
            self.theta,
            self.start,
            jacobian,
            (missing - missing.mean()) / self._spread,
            self._penalty,
            self._misses,
        )
        self.theta = found.theta.copy()
        self._set_constant()
        return found.loss

    def _misses(self, theta: Vector) -> Vector:
        missing = self.values(range(len(self.numbers)), theta) - self.numbers
        missing -= missing.mean()
        return missing / self._spread

    def _descend(self) -> float:
        """Adam on the mean square of a batch; numbers of step and seed alone choose its samples."""
        assert self.adam is not None
        draw = np.random.default_rng([self._seed, self.steps])
        batch = draw.choice(len(self.numbers), self._batch, replace=False)
        rows = [self._gradient(int(k), self.theta) for k in batch]
        missing = (np.array([value for value, _ in rows]) - self.numbers[batch]) / self._spread
        derivative = np.array([row for _, row in rows]) / self._spread
        gradient = (missing[:, None] * derivative).cumsum(axis=0)[-1] / len(batch)
        self.theta = self.adam.update(self.theta, gradient)
        return float(missing @ missing) / len(batch)

    def _set_constant(self) -> None:
        """The constant that makes the mean of what is missing zero."""
        missing = self.values(range(len(self.numbers))) - self.numbers
        self.theta[self.constant] -= missing.mean()
