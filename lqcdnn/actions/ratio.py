"""Ratio of two determinants of operators without a common eigenbasis (physics.md 3.4; Hasenbusch, hep-lat/0107019)."""

from __future__ import annotations

from typing import Protocol

from lqcdnn.actions.pseudofermion import USUAL, NormalOperator, PseudofermionAction, PseudofermionField, SolverSettings
from lqcdnn.dirac.normal import StartVectors
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.lattice.geometry import Blocks


class RatioOperator(NormalOperator, Protocol):
    """An even-odd operator Q that can also be applied and differentiated between two fields."""

    def apply_even(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = Q psi or Q^dag psi on even sites."""

    def add_bilinear_derivative(self, Sigma: Blocks, X: Blocks, Y: Blocks, factor: float, local: float) -> None:
        """Sigma += d/dU of factor Re Y^dag Q X + local times the local action.

        The odd sites of X and Y may be changed.
        """


class RatioAction(PseudofermionAction):
    """S = phi^dag Q_h (Q^dag Q)^{-1} Q_h^dag phi + local parts: the integral over phi is |det Q|^2 / |det Q_h|^2.

    Parameters
    ----------
    operator
        Q, of the light mass.
    heavy
        Q_h.
    field, settings
        As :class:`PseudofermionAction`.
    """

    operator: RatioOperator

    def __init__(
        self,
        operator: RatioOperator,
        heavy: RatioOperator,
        field: PseudofermionField,
        settings: SolverSettings = USUAL,
    ) -> None:
        super().__init__(operator, field, settings)
        self.heavy = heavy
        self._y = operator.vector()

    @property
    def logs(self) -> list[SolverLog]:
        """Logs of both operators."""
        return [self.operator.log, self.heavy.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = (Q_h^dag)^{-1} Q^dag r: one solve with the heavy operator; the value is |r|^2 + local parts."""
        self._set_links(U)
        r2 = self.operator.heat_bath(self._y, stream, PSEUDOFERMION + self.field.index)
        self.heavy.solve_normal(self._x, self._y, self.settings.tolerance, self.settings.max_iterations)
        self.heavy.apply_even(self.field.renew(), self._x)
        return None if r2 is None else r2 + self.operator.local_action() - self.heavy.local_action()

    def value(self, U: Blocks) -> float:
        """S[U]."""
        missing = self._solve(U, self.settings.tolerance)
        return real_product(self._y, self._x) + missing + self.operator.local_action() - self.heavy.local_action()

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = 2 Re phi^dag dQ_h X - 2 Re (Q X)^dag dQ X + local parts, X = (Q^dag Q)^{-1} Q_h^dag phi."""
        self._solve(U, self.settings.md_tolerance, self.history.since(self.field.drawn))
        self._y["c"] = self.field.phi["c"]
        self.heavy.add_bilinear_derivative(Sigma, self._x, self._y, 2.0, -1.0)
        self.operator.add_derivative(Sigma, self._x)

    def _set_links(self, U: Blocks) -> None:
        self.operator.set_links(U)
        self.heavy.set_links(U)

    def _solve(self, U: Blocks, tolerance: float, starts: StartVectors | None = None) -> float:
        """y = Q_h^dag phi and x = (Q^dag Q)^{-1} y; returns Re <x, r>."""
        self._set_links(U)
        self._y["c"] = 0.0
        self.heavy.apply_even(self._y, self.field.phi, dagger=True)
        return self.operator.solve_normal(self._x, self._y, tolerance, self.settings.max_iterations, starts)
