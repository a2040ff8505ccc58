"""The determinant of a fermion itself as an action, from dense matrices on small lattices: no pseudofermions.

With it in the Metropolis test nothing but the links is random, so that what proposes new links may come as close to the
exact action as it can (Y. Nagai, A. Tanaka, A. Tomiya, arXiv:2010.11900, for proposals by heat bath).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

import numpy as np

from lqcdnn.dirac.dense import Factors
from lqcdnn.dirac.determinant import Determinant
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.lattice.geometry import Blocks, Lattice

REMEMBERED = 2
"""Links whose value is not computed again: the start of a trajectory is the end of the last one, or its start."""


class ActionOfLinks(ABC):
    """An action without auxiliary fields, whose values are dear and remembered for the last links.

    Parameters
    ----------
    lattice, name
        Where it is, and what its term is called.
    """

    def __init__(self, lattice: Lattice, name: str) -> None:
        self.lattice, self.name = lattice, name
        self._known: deque[tuple[Blocks, float]] = deque(maxlen=REMEMBERED)

    @property
    def logs(self) -> list[SolverLog]:
        """Nothing is solved."""
        return []

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U]; errors as :meth:`compute`."""
        for links, value in self._known:
            if np.array_equal(links["c"], U["c"]):
                return value
        found = self.compute(U)
        self._known.append((aligned_copy(U), found))
        return found

    @abstractmethod
    def compute(self, U: Blocks) -> float:
        """S[U], computed afresh."""

    @abstractmethod
    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += gradient (``actions.base``)."""


class DeterminantAction(ActionOfLinks):
    """S = -power ln det (D + m) of a staggered field, -power ln |det (D + m)|^2 of Wilson and clover quarks.

    Parameters
    ----------
    operator
        D + m; its links are set to those the action is asked about.
    power
        Flavours over those that one staggered field, or two Wilson quarks, are.
    name
        Of the term.
    """

    knows_fixed = True
    """As far as its operator does, which says so itself."""

    def __init__(self, operator: StaggeredOperator | WilsonOperator, power: float, name: str) -> None:
        super().__init__(operator.lattice, name)
        self.determinant, self.power = Determinant(operator), power
        self._factors: tuple[Blocks, Factors] | None = None

    def compute(self, U: Blocks) -> float:
        """S[U].

        Raises
        ------
        NumericalError
            If there is a zero mode, or the links hold NaN.
        """
        if self._factors is not None and np.array_equal(self._factors[0]["c"], U["c"]):
            return -self.power * self.determinant.logarithm(self._factors[1])
        self._factors = None  # they would be of other links than the operator holds
        self.determinant.operator.set_links(U)
        return -self.power * self.determinant.logarithm()

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma -= power times the gradient of the logarithm (``dirac.determinant``; errors as :meth:`compute`)."""
        self.determinant.subtract_derivative(Sigma, self._factorized(U), self.power)

    def _factorized(self, U: Blocks) -> Factors:
        """Factors for links, which the operator holds from now on; not computed again for those of the last time."""
        if self._factors is None or not np.array_equal(self._factors[0]["c"], U["c"]):
            self._factors = aligned_copy(U), self.determinant.factorize(U)
        return self._factors[1]
