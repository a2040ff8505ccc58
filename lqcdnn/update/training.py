"""Training weights and couplings so that the guide's action equals the exact one (physics.md 4, arXiv:2103.11965).

Loss L = (1/2) |S_theta[U, phi] - S[U, phi]|^2 with phi from the exact heat bath, averaged over a batch; its gradient
is (S_theta - S) dS_theta/dtheta, by the pullback or, of couplings, by sums over loops.  In its place the forces may be
compared (``update.forces``).  Both change here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.transformed import TransformedHamiltonian
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.base import Network
from lqcdnn.network.optimizers import Optimizer
from lqcdnn.timing import clock
from lqcdnn.update.fitted import Couplings, Fitted, NetworkWeights, TransformationWeights, moved
from lqcdnn.update.forces import Forces

GRADIENT_TOLERANCE, STEPS = 1e-6, (1e-3, 3e-4)
FORCE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Sample:
    """One training sample: both actions, their difference S_theta - S, loss, and its equations [dr/dtheta, r]."""

    S: float
    S_theta: float
    difference: float
    loss: float
    equations: NDArray[np.float64]


class Trainer:
    """Fits the weights of one network, couplings of the guide's gauge action, or both.

    Parameters
    ----------
    exact, guide
        The two Hamiltonians, sharing their pseudofermions.
    network
        The network, which at least one term of the guide sees; its weights are changed in place. None: none is trained.
    optimizer
        SGD, Adam or least squares.
    batch
        Samples of one step.
    couplings
        Couplings of the guide; they are changed in place.
    by_forces
        Compare forces in place of actions.

    Raises
    ------
    InputError
        If no term of the guide sees the network, or there is nothing to train.
    """

    def __init__(
        self,
        exact: Hamiltonian,
        guide: Hamiltonian,
        network: Network | None,
        optimizer: Optimizer,
        batch: int = 1,
        couplings: Couplings | None = None,
        by_forces: bool = False,
    ) -> None:
        self.exact, self.guide, self.optimizer, self.batch, self.couplings = exact, guide, optimizer, batch, couplings
        self.parts: list[Fitted] = [] if network is None else [_weights(guide, network)]
        self.parts += [] if couplings is None else [couplings]
        if not self.parts:
            raise InputError("neither a network nor couplings to train")
        self.forces = Forces(exact, guide, self.parts) if by_forces else None
        self.pending: list[NDArray[np.float64]] = []

    @property
    def theta(self) -> NDArray[np.float64]:
        """What is trained as one vector: weights, then couplings."""
        return np.concatenate([part.theta for part in self.parts])

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        for part, (first, last) in zip(self.parts, self._ranges(), strict=True):
            part.theta = values[first:last]

    def _ranges(self) -> list[tuple[int, int]]:
        """Where each part is in theta."""
        ends = np.cumsum([0, *(part.theta.size for part in self.parts)]).tolist()
        return list(pairwise(ends))

    def sample(self, U: Blocks, stream: Stream) -> Sample:
        """Draw phi at U from the exact action, compare the actions, and step when the batch is full."""
        known = self.exact.draw(U, stream)
        with clock("training", cpu=True):
            one = self.evaluate(U, known)
            self.pending.append(self.optimizer.keep(one.equations))
            if len(self.pending) == self.batch:
                self.theta = self.optimizer.learn(self.theta, self.pending)
                self.pending = []
        if not np.isfinite(self.theta).all():
            raise NumericalError("training: a weight is not finite", hint="lower train.rate")
        return one

    def evaluate(self, U: Blocks, known: Mapping[str, float] | None = None) -> Sample:
        """Actions, loss and equations at U with the present phi; ``known`` as in ``Hamiltonian.potential``."""
        S = math.fsum(self.exact.potential(U, known).values())
        S_theta = math.fsum(self.guide.potential(U).values()) + (self.couplings.constant if self.couplings else 0.0)
        difference = S_theta - S
        if not math.isfinite(difference):
            raise NumericalError(f"training: S_theta - S is {difference}", hint="lower train.rate")
        if self.forces is None:
            equations, loss = np.append(self.derivative(U), difference)[None], 0.5 * difference**2
        else:
            equations, loss = self.forces.equations(U)
        return Sample(S, S_theta, difference, loss, equations)

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """dS_theta/dtheta."""
        return np.concatenate([part.derivative(U) for part in self.parts])

    def check_gradient(self, U: Blocks, stream: Stream) -> float:
        """Relative deviation of dS_theta/dtheta from a fourth-order finite difference, worst of weights and couplings.

        A smaller step is tried where the first one's own error, of fourth order, might be what deviates.  Where forces
        are compared, their derivatives are held against it too.

        Raises
        ------
        NumericalError
            If it exceeds 1e-6 of the largest component, of weights or of couplings, at every step, or derivatives of
            forces 1e-3: they would be trained wrongly.
        """
        self.exact.draw(U, stream)
        theta, exact, deviation = self.theta, self.derivative(U), math.inf
        for step in STEPS:
            found = []
            for part, (first, last) in zip(self.parts, self._ranges(), strict=True):
                numeric = np.array([_difference(part, U, i, step) for i in range(last - first)])
                scale = float(np.abs(numeric).max())
                found.append(float(np.abs(exact[first:last] - numeric).max()) / scale if scale else math.inf)
            self.theta = theta
            deviation = min(deviation, max(found))
            if deviation <= GRADIENT_TOLERANCE:
                break
        else:
            raise _deviates("dS/dtheta deviates from its finite difference", deviation, GRADIENT_TOLERANCE)
        if self.forces is not None:
            deviation = self.forces.deviation(U)
            if not deviation <= FORCE_TOLERANCE:
                raise _deviates("dF/dtheta deviates from that of dS/dtheta", deviation, FORCE_TOLERANCE)
        return deviation


def _deviates(what: str, deviation: float, allowed: float) -> NumericalError:
    return NumericalError(
        f"training: {what} by {deviation:.1e} (relative), allowed {allowed:.0e}",
        hint="tighten tolerance and md_tolerance of the guide's fermions",
    )


def _weights(guide: Hamiltonian, network: Network) -> Fitted:
    """What the guide depends on by the weights of a network."""
    if isinstance(guide, TransformedHamiltonian) and guide.transformation is network:
        return TransformationWeights(guide)
    return NetworkWeights(guide, network)


def _difference(part: Fitted, U: Blocks, i: int, step: float) -> float:
    """Fourth-order finite difference by the i-th number of a part."""
    values = []
    for k in (1, -1, 2, -2):
        with moved(part, i, k * step):
            values.append(part.value(U))
    near, far = (values[0] - values[1]) / (2 * step), (values[2] - values[3]) / (4 * step)
    return (4.0 * near - far) / 3.0
