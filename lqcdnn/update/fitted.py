"""What a training fits: weights of a network that the guide sees, couplings of the guide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.scaled import ScaledAction
from lqcdnn.actions.transformed import TransformedHamiltonian
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.base import Network


class Fitted(Protocol):
    """Numbers theta of the guide."""

    @property
    def theta(self) -> NDArray[np.float64]:
        """Their present values."""

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        """Take over other values."""

    @property
    def term_names(self) -> list[str]:
        """Of the terms of the guide that depend on them."""

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

    def __init__(self, guide: Hamiltonian, network: Network) -> None:
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

    @property
    def term_names(self) -> list[str]:
        """Of the actions that see the network."""
        return [term.name for term in self._terms]

    def value(self, U: Blocks) -> float:
        """The actions that see the network."""
        return math.fsum(term.value(U) for term in self._terms)

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """By the pullback."""
        total = np.zeros_like(self.theta)
        for term in self._terms:
            total = total + term.weight_gradient(U)
        return total


class TransformationWeights:
    """The weights of a field transformation, which all of S_theta[V] = S[F(V)] - log |det dF/dV| depends on."""

    def __init__(self, guide: TransformedHamiltonian) -> None:
        self.guide = guide

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights, layer by layer."""
        return self.guide.transformation.theta

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        self.guide.transformation.theta = values

    @property
    def term_names(self) -> list[str]:
        """All."""
        return self.guide.names

    def value(self, U: Blocks) -> float:
        """S_theta."""
        return math.fsum(self.guide.potential(U).values())

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """By the pullback."""
        return self.guide.gradients(U, self.term_names)[1]


class Couplings:
    """Couplings of the guide; S_theta is linear in them, and its derivatives are sums over loops and unscaled actions.

    Parameters
    ----------
    guide
        The guide, which is another Hamiltonian than the exact one.
    names
        "beta", "term.1", "term.2", ... of the gauge action; "fermion.1", "fermion.2", ..., the coefficient of such a
        term; and "constant": a number added to S_theta in the loss, which moves no links.

    Raises
    ------
    InputError
        If the guide has no gauge action, not so many terms, or no such fermion with a coefficient.
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
        self._fermions = {name: _scaled(guide, name) for name in names if name.startswith("fermion.")}

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
            elif name in self._fermions:
                self._fermions[name].action.coefficient = value
            else:
                coefficients[int(name.partition(".")[2]) - 1] = value
        if self.action.terms is not None:
            self.action.terms.coefficients = coefficients

    def _get(self, name: str) -> float:
        if name in ("constant", "beta"):
            return self.constant if name == "constant" else self.action.beta
        if name in self._fermions:
            return self._fermions[name].action.coefficient
        return float(self.coefficients[int(name.partition(".")[2]) - 1])

    def by_name(self) -> dict[str, float]:
        """The couplings by name."""
        return {name: self._get(name) for name in self.names}

    @property
    def term_names(self) -> list[str]:
        """The gauge action, if it has one of them, and the fermions."""
        of_gauge = [self.action.name] if self._terms or "beta" in self.names else []
        return [*of_gauge, *self._fermions]

    def value(self, U: Blocks) -> float:
        """The gauge action, the constant, and the fermions whose coefficients are trained."""
        value = self.action.value(U) + self.constant
        for fermion in self._fermions.values():
            value += fermion.action.coefficient * fermion.unscaled(U)
        return value

    def derivative(self, U: Blocks) -> NDArray[np.float64]:
        """1, S_g/beta, the sum of each term, and the action of each fermion without its coefficient."""
        sums = self.action.terms.sums(U) if self._terms and self.action.terms is not None else ()
        known = {"constant": 1.0} | {f"term.{k + 1}": x for k, x in enumerate(sums)}
        if "beta" in self.names:
            known["beta"] = self.action.beta_sum(U)
        known |= {name: fermion.unscaled(U) for name, fermion in self._fermions.items()}
        return np.array([known[name] for name in self.names])


@contextmanager
def moved(part: Fitted, i: int, step: float) -> Iterator[None]:
    """With the i-th number of a part moved by a step."""
    theta = part.theta
    there = theta.copy()
    there[i] += step
    part.theta = there
    try:
        yield
    finally:
        part.theta = theta


@dataclass(frozen=True)
class ScaledFermion:
    """A fermion of the guide with a coefficient, and the map through which it sees the links, if any."""

    action: ScaledAction
    composed: Composed | None

    def unscaled(self, U: Blocks) -> float:
        """dS/dcoefficient."""
        return self.action.action.value(U if self.composed is None else self.composed.seen(U))


def _scaled(guide: Hamiltonian, name: str) -> ScaledFermion:
    """The term ``name`` of a guide."""
    for term in guide.terms:
        composed = term if isinstance(term, Composed) else None
        action = term if composed is None else composed.action
        if term.name == name and isinstance(action, ScaledAction):
            return ScaledFermion(action, composed)
    raise InputError(f"{name} is to be trained, but the guide has no such fermion with a coefficient")
