"""What a training fits: weights of a network that the guide sees, couplings of the guide's gauge action."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.model import CovariantNetwork


class Fitted(Protocol):
    """Numbers theta of the guide."""

    @property
    def theta(self) -> NDArray[np.float64]:
        """Their present values."""

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        """Take over other values."""

    def value(self, U: Blocks) -> float:
        """The part of S_theta[U] that depends on them."""

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """dS_theta/dtheta."""


class NetworkWeights:
    """The weights of a network.

    Raises
    ------
    InputError
        If no term of the guide sees the network.
    """

    def __init__(self, guide: Hamiltonian, network: CovariantNetwork) -> None:
        self.network = network
        self._terms = [t for t in guide.terms if isinstance(t, Composed) and t.link_map is network]
        if not self._terms:
            raise InputError("no fermion of the guide sees the network that is to be trained")

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights, layer by layer."""
        return self.network.theta

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        self.network.theta = values

    def value(self, U: Blocks) -> float:
        """The actions that see the network."""
        return math.fsum(term.value(U) for term in self._terms)

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """By the pullback."""
        total = np.zeros_like(self.theta)
        for term in self._terms:
            total = total + term.weight_gradient(U)
        return total


class Couplings:
    """Couplings of the guide's gauge action; S_theta is linear in them, and its derivatives are sums over loops.

    Parameters
    ----------
    guide
        The guide, which is another Hamiltonian than the exact one.
    names
        "beta", "term.1", "term.2", ..., and "constant": a number added to S_theta in the loss, which moves no links.

    Raises
    ------
    InputError
        If the guide has no gauge action, or not so many terms.
    """

    def __init__(self, guide: Hamiltonian, names: Sequence[str]) -> None:
        found = [term for term in guide.terms if isinstance(term, GaugeAction)]
        if not found:
            raise InputError("the guide has no gauge action whose couplings could be trained")
        self.action, self.names, self.constant = found[0], tuple(names), 0.0
        self._terms = [int(name.partition(".")[2]) - 1 for name in names if name.startswith("term.")]
        last, count = max(self._terms, default=-1) + 1, len(self.coefficients)
        if last > count:
            raise InputError(f"term.{last} is to be trained, but the guide has {count} terms")

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """Those of all terms of the gauge action."""
        return np.empty(0) if self.action.terms is None else self.action.terms.coefficients

    @property
    def theta(self) -> NDArray[np.float64]:
        """The couplings in the order of their names."""
        return np.array([self._get(name) for name in self.names])

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        coefficients = self.coefficients.copy()
        for name, value in zip(self.names, values.tolist(), strict=True):
            if name == "constant":
                self.constant = value
            elif name == "beta":
                self.action.beta = value
            else:
                coefficients[int(name.partition(".")[2]) - 1] = value
        if self.action.terms is not None:
            self.action.terms.coefficients = coefficients

    def _get(self, name: str) -> float:
        if name in ("constant", "beta"):
            return self.constant if name == "constant" else self.action.beta
        return float(self.coefficients[int(name.partition(".")[2]) - 1])

    def by_name(self) -> dict[str, float]:
        """The couplings by name."""
        return {name: self._get(name) for name in self.names}

    def value(self, U: Blocks) -> float:
        """The gauge action and the constant."""
        return self.action.value(U) + self.constant

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """1, S_g/beta, and the sum of each term."""
        sums = self.action.terms.sums(U) if self._terms and self.action.terms is not None else ()
        known = {"constant": 1.0} | {f"term.{k + 1}": x for k, x in enumerate(sums)}
        if "beta" in self.names:
            known["beta"] = self.action.beta_sum(U)
        return np.array([known[name] for name in self.names])
