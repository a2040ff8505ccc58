"""Pseudofermions with the inverse of a normal operator: two degenerate Wilson flavours, four staggered ones, ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lqcdnn.dirac.normal import StartVectors
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.staggered import EVEN, StaggeredNormal, StaggeredOperator
from lqcdnn.dirac.startvectors import History
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.lattice.geometry import Blocks, Lattice


@dataclass
class PseudofermionField:
    """phi, shared by the exact action that draws it and the guide that only sees it.

    Parameters
    ----------
    phi
        Colour vector or spinor [block].
    index
        Which pseudofermion this is: its own random numbers.
    drawn
        How often it was drawn.
    """

    phi: Blocks
    index: int
    drawn: int = 0

    def renew(self) -> Blocks:
        """phi set to zero, to be drawn anew: what is known of solves with the old one becomes void."""
        self.phi["c"] = 0.0
        self.drawn += 1
        return self.phi


@dataclass(frozen=True)
class SolverSettings:
    """How the solves of a pseudofermion action end and start.

    Attributes
    ----------
    tolerance, md_tolerance
        Relative residual |r|/|b| for heat bath and value, and for the gradient.
    max_iterations
        Limit of a solve.
    start_vectors
        Solutions in whose span a solve for the gradient starts; those for heat bath and value start from zero.
    """

    tolerance: float = 1e-10
    md_tolerance: float = 1e-10
    max_iterations: int = 10000
    start_vectors: int = 0


USUAL = SolverSettings()


class NormalOperator(Protocol):
    """A factor Q of the positive operator Q^dag Q, and what a pseudofermion needs of it."""

    lattice: Lattice

    @property
    def log(self) -> SolverLog:
        """Where its solves are recorded."""

    def set_links(self, U: Blocks) -> None:
        """The links [d, block] that Q is made of."""

    def vector(self) -> Blocks:
        """A zero field of the kind Q acts on."""

    def heat_bath(self, phi: Blocks, stream: Stream, purpose: int) -> float | None:
        """phi = Q^dag r, r complex Gaussian with <|r|^2> = 1 per component; zero where the action has no phi.

        Returns |r|^2 where it is phi^dag (Q^dag Q)^{-1} phi.
        """

    def solve_normal(
        self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int, starts: StartVectors | None = None
    ) -> float:
        """x = (Q^dag Q)^{-1} b to the relative residual ``tolerance``, from zero or as ``starts`` says.

        Returns Re <x, r>, what makes the error of Re <b, x> one of second order in r (``dirac.normal``).
        """

    def add_derivative(self, Sigma: Blocks, X: Blocks, factor: float = 1.0) -> None:
        """Sigma += factor d/dU of phi^dag (Q^dag Q)^{-1} phi + :meth:`local_action`.

        X = (Q^dag Q)^{-1} phi may be changed.
        """

    def local_action(self) -> float:
        """Part of -log det of the flavours that Q leaves out and that needs no pseudofermion; 0 where there is none."""


class PseudofermionAction:
    """S = weight phi^dag (Q^dag Q)^{-1} phi + local part, weight = 1.

    With Wilson's even-odd operator Q = Mhat it is two flavours; the local part is -2 log det A_o of the clover term.

    Parameters
    ----------
    operator
        Q; its links are set to those the action is asked about.
    field
        phi; the same object in the exact action and in its guide.
    settings
        Of its solves.
    """

    weight = 1.0
    knows_fixed = True
    """As far as its operator does, which says so itself."""

    def __init__(
        self, operator: NormalOperator, field: PseudofermionField, settings: SolverSettings = USUAL
    ) -> None:
        self.operator, self.field, self.settings = operator, field, settings
        self.history = History(settings.start_vectors)
        self.name = f"fermion.{field.index + 1}"
        self.lattice: Lattice = operator.lattice
        self._x = operator.vector()

    @property
    def logs(self) -> list[SolverLog]:
        """Where the solves of this action are recorded."""
        return [self.operator.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = Q^dag r; the value is |r|^2 + local part if r lives on the sites of phi alone."""
        self.operator.set_links(U)
        r2 = self.operator.heat_bath(self.field.renew(), stream, PSEUDOFERMION + self.field.index)
        return None if r2 is None else r2 + self.operator.local_action()

    def value(self, U: Blocks) -> float:
        """S[U]."""
        self.operator.set_links(U)
        s = self.settings
        missing = self.operator.solve_normal(self._x, self.field.phi, s.tolerance, s.max_iterations)
        return self.weight * (real_product(self.field.phi, self._x) + missing) + self.operator.local_action()

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = -2 weight Re <Q X, dQ X> + local part, X = (Q^dag Q)^{-1} phi: one solve."""
        self.operator.set_links(U)
        s, starts = self.settings, self.history.since(self.field.drawn)
        self.operator.solve_normal(self._x, self.field.phi, s.md_tolerance, s.max_iterations, starts)
        self.operator.add_derivative(Sigma, self._x, self.weight)


class StaggeredAction(PseudofermionAction):
    """S = phi^dag (m^2 - D^2)^{-1} phi on the even sites (one field: 4 flavours in d = 4) or on all sites (twice).

    Parameters
    ----------
    operator
        D + m.
    field, settings
        See :class:`PseudofermionAction`.
    parities
        (EVEN,) or (EVEN, ODD).
    """

    def __init__(
        self,
        operator: StaggeredOperator,
        field: PseudofermionField,
        parities: tuple[int, ...] = (EVEN,),
        settings: SolverSettings = USUAL,
    ) -> None:
        super().__init__(StaggeredNormal(operator, parities), field, settings)
