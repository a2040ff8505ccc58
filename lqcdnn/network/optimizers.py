"""Optimizers: new weights from the samples of a batch; their memory is a plain dictionary of arrays.

The loss of a sample is half a sum of squares.  Of each term r they know an equation [dr/dtheta, r]; those of a sample
are the rows of a matrix [equation, weights + 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Optimizer(Protocol):
    """One step at a time."""

    def keep(self, equations: Vector) -> Vector:
        """What of a sample is kept until its batch is full."""

    def learn(self, theta: Vector, batch: Sequence[Vector]) -> Vector:
        """New weights, from what was kept of the samples of a batch, all of them made with ``theta``."""

    def memory(self) -> dict[str, Vector]:
        """What must be stored to go on later."""

    def recall(self, memory: dict[str, Vector]) -> None:
        """Go on from a stored memory."""


class Descent:
    """theta <- theta - step(gradient of the mean loss of a batch)."""

    def keep(self, equations: Vector) -> Vector:
        """The gradient of the loss."""
        gradient: Vector = (equations[:, -1:] * equations[:, :-1]).cumsum(axis=0)[-1]
        return gradient

    def learn(self, theta: Vector, batch: Sequence[Vector]) -> Vector:
        """New weights by the mean of the gradients."""
        return self.update(theta, np.array(batch).cumsum(axis=0)[-1] / len(batch))

    def update(self, theta: Vector, gradient: Vector) -> Vector:
        """New weights."""
        raise AssertionError("each rule of descent has its own step")


class SGD(Descent):
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


class Adam(Descent):
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


FORGETTING = 2.0
"""Sample k of n counts (k/n)^(2 FORGETTING) times what the last one does."""

LONGEST_STEP = 0.1
"""Of actions, whose one number a sample says little about many weights; in units of the root of the variance."""


class LeastSquares:
    """Weights that minimise the sum of the losses of all samples so far, and |theta - start|^2 / (2 variance).

    Exact where each r is linear in the weights, as it is in couplings; else a sample counts linearised at the
    weights it was made with.  Of the first samples these lie far from the minimum: they are forgotten, and steps are
    short.  The triangle R of the equations R theta = z is kept up to date by Givens rotations, one for each weight and
    sample, so that no normal equations are formed (Golub and Van Loan, Matrix Computations, 6.5).

    Parameters
    ----------
    variance
        Square of how far weights may be from the start for want of samples that say so.
    free
        The number of a weight of derivative 1 that may be anywhere, if there is one.
    longest
        No step is longer, in units of the root of the variance: beyond is what the linearisation does not know.
    """

    def __init__(self, variance: float, free: int | None = None, longest: float = LONGEST_STEP) -> None:
        self.variance, self.free, self.longest = variance, free, longest
        self._start = np.empty(0)
        self._rows = np.empty((0, 1))
        """[R, z] of the samples, one row for each weight."""
        self._count = 0.0

    def keep(self, equations: Vector) -> Vector:
        """All of them."""
        return equations

    def learn(self, theta: Vector, batch: Sequence[Vector]) -> Vector:
        """The weights at the minimum, or as far on the way to it as a step may lead."""
        if not self._count:
            self._start, self._rows = theta.copy(), np.zeros((theta.size, theta.size + 1))
        for sample in batch:
            self._count += 1.0
            self._rows *= self._count / (self._count + FORGETTING)
            for equation in sample:
                wanted = (equation[:-1] * theta).cumsum()[-1] - equation[-1]  # what dr/dtheta times theta should be
                rotate_in(self._rows, np.append(equation[:-1], wanted))
        rows = self._rows.copy()
        for i, start in enumerate(self._start):
            if i != self.free:
                row = np.zeros(theta.size + 1)
                row[i], row[-1] = 1.0, start
                rotate_in(rows, row / math.sqrt(self.variance))
        return self._shortened(rows, theta, back_substituted(rows))

    def memory(self) -> dict[str, Vector]:
        """The equations."""
        return {"rows": self._rows, "start": self._start, "count": np.array([self._count])} if self._count else {}

    def recall(self, memory: dict[str, Vector]) -> None:
        """Go on from stored equations."""
        if memory:
            self._rows, self._start = memory["rows"].copy(), memory["start"].copy()
            self._count = float(memory["count"][0])

    def _shortened(self, rows: Vector, theta: Vector, found: Vector) -> Vector:
        """The solution of R theta = z, or what lies towards it, with the free weight that is best there."""
        step = found - theta
        if self.free is not None:
            step[self.free] = 0.0
        length, longest = math.sqrt((step * step).cumsum()[-1]), self.longest * math.sqrt(self.variance)
        if length <= longest:
            return found
        found = theta + step * (longest / length)
        if self.free is not None:
            found[self.free] = 0.0
            column = rows[:, self.free]
            missing = rows[:, -1] - (rows[:, :-1] * found).cumsum(axis=1)[:, -1]
            found[self.free] = (column * missing).cumsum()[-1] / (column * column).cumsum()[-1]
        return found


def rotate_in(rows: Vector, row: Vector) -> None:
    """Add an equation to the triangle [R, z] by Givens rotations."""
    x = row.copy()
    for i in range(len(rows)):
        r = math.sqrt(rows[i, i] * rows[i, i] + x[i] * x[i])
        if r > 0.0:
            c, s = rows[i, i] / r, x[i] / r
            rows[i], x = c * rows[i] + s * x, c * x - s * rows[i]
            x[i] = 0.0


def back_substituted(rows: Vector) -> Vector:
    """theta of R theta = z."""
    found = rows[:, -1].copy()
    for i in reversed(range(len(rows))):
        for j in range(i + 1, len(rows)):
            found[i] -= rows[i, j] * found[j]
        found[i] /= rows[i, i]
    return found
