"""Step size by acceptance: during thermalisation the number of integrator steps follows a target, then it is frozen.

The tuner is a function of the acceptance probabilities so far, so a resumed run finds it again from its journal.
"""

from __future__ import annotations

import math

LARGEST_STEPS = 10_000
WARM_UP = 5
"""Trajectories that do not count: from a start out of equilibrium dH says little about the step size."""


class StepTuner:
    """Stochastic approximation of log dt (Robbins, Monro 1951) with weighted averaging of its path.

    Parameters
    ----------
    steps
        First number of steps of a trajectory.
    target
        Acceptance probability aimed at.
    """

    def __init__(self, steps: int, target: float) -> None:
        self.target = target
        self._log = self._mean = -math.log(steps)
        self._count = 0

    @property
    def steps(self) -> int:
        """Steps of the next trajectory while tuning goes on."""
        return self._whole(self._log)

    @property
    def tuned(self) -> int:
        """Steps to freeze: from the path's mean, in which later trajectories weigh more."""
        return self._whole(self._mean)

    @staticmethod
    def _whole(log_dt: float) -> int:
        return max(1, min(LARGEST_STEPS, math.ceil(math.exp(-log_dt) - 0.25)))

    def observe(self, probability: float) -> None:
        """Take in the acceptance probability of a trajectory done with :attr:`steps`."""
        self._count += 1
        t = self._count - WARM_UP
        if t <= 0:
            return
        self._log = max(-math.log(LARGEST_STEPS), min(0.0, self._log + t**-0.6 * (probability - self.target)))
        self._mean += 3.0 / (t + 2.0) * (self._log - self._mean)
