"""Optimizers: theta <- theta - step(gradient); their memory is a plain dictionary of arrays."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Optimizer(Protocol):
    """One descent step at a time."""

    def update(self, theta: Vector, gradient: Vector) -> Vector:
        """New weights."""

    def memory(self) -> dict[str, Vector]:
        """What must be stored to go on later."""

    def recall(self, memory: dict[str, Vector]) -> None:
        """Go on from a stored memory."""


class SGD:
    """theta <- theta - rate gradient."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def update(self, theta: Vector, gradient: Vector) -> Vector:
        """New weights."""
        return theta - self.rate * gradient

    def memory(self) -> dict[str, Vector]:
        """Nothing."""
        return {}

    def recall(self, memory: dict[str, Vector]) -> None:
        """Nothing to recall."""


class Adam:
    """Adaptive moments (Kingma, Ba, arXiv:1412.6980, algorithm 1)."""

    def __init__(self, rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.rate, self.beta1, self.beta2, self.epsilon = rate, beta1, beta2, epsilon
        self._mean: Vector | None = None
        self._square: Vector | None = None
        self._steps = 0

    def update(self, theta: Vector, gradient: Vector) -> Vector:
        """New weights."""
        if self._mean is None or self._square is None:
            self._mean, self._square = np.zeros_like(theta), np.zeros_like(theta)
        self._steps += 1
        self._mean = self.beta1 * self._mean + (1.0 - self.beta1) * gradient
        self._square = self.beta2 * self._square + (1.0 - self.beta2) * gradient * gradient
        mean = self._mean / (1.0 - self.beta1**self._steps)
        square = self._square / (1.0 - self.beta2**self._steps)
        return theta - self.rate * mean / (np.sqrt(square) + self.epsilon)

    def memory(self) -> dict[str, Vector]:
        """Moments and number of steps."""
        if self._mean is None or self._square is None:
            return {}
        return {"mean": self._mean, "square": self._square, "steps": np.array([float(self._steps)])}

    def recall(self, memory: dict[str, Vector]) -> None:
        """Go on from stored moments."""
        if memory:
            self._mean, self._square = memory["mean"].copy(), memory["square"].copy()
            self._steps = int(memory["steps"][0])
