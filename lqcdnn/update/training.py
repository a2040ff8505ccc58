"""Training a network so that the guide's action equals the exact one (physics.md 4, arXiv:2103.11965).

Loss L = (1/2) |S_theta[U, phi] - S[U, phi]|^2 with phi from the exact heat bath, averaged over a batch; its gradient
is (S_theta - S) dS_theta/dtheta by the pullback.  The weights change here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.network.optimizers import Optimizer
from lqcdnn.timing import clock

GRADIENT_TOLERANCE, STEPS = 1e-6, (1e-3, 3e-4)


@dataclass(frozen=True)
class Sample:
    """One training sample: both actions, their difference S_theta - S, loss, and gradient of the loss."""

    S: float
    S_theta: float
    difference: float
    loss: float
    gradient: NDArray[np.float64]


class Trainer:
    """Fits the weights of one network.

    Parameters
    ----------
    exact, guide
        The two Hamiltonians, sharing their pseudofermions; at least one term of the guide sees the network.
    network
        The network; its weights are changed in place.
    optimizer
        SGD or Adam.
    batch
        Samples averaged in one step.

    Raises
    ------
    InputError
        If no term of the guide sees the network.
    """

    def __init__(
        self, exact: Hamiltonian, guide: Hamiltonian, network: CovariantNetwork, optimizer: Optimizer, batch: int = 1
    ) -> None:
        self.exact, self.guide, self.network, self.optimizer, self.batch = exact, guide, network, optimizer, batch
        self._trained = [t for t in guide.terms if isinstance(t, Composed) and t.link_map is network]
        if not self._trained:
            raise InputError("no fermion of the guide sees the network that is to be trained")
        self.pending: list[NDArray[np.float64]] = []

    def sample(self, U: Blocks, stream: Stream) -> Sample:
        """Draw phi at U from the exact action, compare the actions, and step when the batch is full."""
        known = self.exact.draw(U, stream)
        with clock("training", cpu=True):
            one = self.evaluate(U, known)
            self.pending.append(one.gradient)
            if len(self.pending) == self.batch:
                mean = np.array(self.pending).cumsum(axis=0)[-1] / self.batch
                self.network.theta = self.optimizer.update(self.network.theta, mean)
                self.pending = []
        if not np.isfinite(self.network.theta).all():
            raise NumericalError("training: a weight is not finite", hint="lower train.rate")
        return one

    def evaluate(self, U: Blocks, known: Mapping[str, float] | None = None) -> Sample:
        """Actions, loss and gradient at U with the present phi; ``known`` as in ``Hamiltonian.potential``."""
        S = math.fsum(self.exact.potential(U, known).values())
        S_theta = math.fsum(self.guide.potential(U).values())
        difference = S_theta - S
        if not math.isfinite(difference):
            raise NumericalError(f"training: S_theta - S is {difference}", hint="lower train.rate")
        return Sample(S, S_theta, difference, 0.5 * difference**2, difference * self.derivative(U))

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """dS_theta/dtheta."""
        total = np.zeros_like(self.network.theta)
        for term in self._trained:
            total = total + term.weight_gradient(U)
        return total

    def check_gradient(self, U: Blocks, stream: Stream) -> float:
        """Relative deviation of dS_theta/dtheta from a fourth-order finite difference, worst of all weights.

        A smaller step is tried where the first one's own error, of fourth order, might be what deviates.

        Raises
        ------
        NumericalError
            If it exceeds 1e-6 of the largest component at every step: the pullback would train wrongly.
        """
        self.exact.draw(U, stream)
        theta, exact, deviation = self.network.theta, self.derivative(U), math.inf
        for step in STEPS:
            numeric = np.array([self._difference(U, theta, i, step) for i in range(theta.size)])
            self.network.theta = theta
            scale = float(np.abs(numeric).max())
            deviation = min(deviation, float(np.abs(exact - numeric).max()) / scale if scale else math.inf)
            if deviation <= GRADIENT_TOLERANCE:
                return deviation
        raise NumericalError(
            f"training: dS/dtheta deviates from its finite difference by {deviation:.1e} (relative), "
            f"allowed {GRADIENT_TOLERANCE:.0e}",
            hint="tighten tolerance and md_tolerance of the guide's fermions",
        )

    def _difference(self, U: Blocks, theta: NDArray[np.float64], i: int, step: float) -> float:
        values = []
        for k in (1, -1, 2, -2):
            moved = theta.copy()
            moved[i] += k * step
            self.network.theta = moved
            values.append(math.fsum(t.value(U) for t in self._trained))
        near, far = (values[0] - values[1]) / (2 * step), (values[2] - values[3]) / (4 * step)
        return (4.0 * near - far) / 3.0
