"""Two flavours of domain wall fermions with their Pauli-Villars field, even-odd (physics.md 3.3)."""

from __future__ import annotations

from lqcdnn.actions.pseudofermion import USUAL, PseudofermionField, SolverSettings
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.normal import StartVectors
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.startvectors import History
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.lattice.geometry import Blocks, Lattice


class DomainWallAction:
    """S = phi^dag Mhat_PV [Mhat^dag Mhat]^{-1} Mhat_PV^dag phi on even sites, Mhat_PV the operator of mass 1.

    The integral over phi is |det Mhat|^2 / |det Mhat_PV|^2, which is det D^dag D / det D_PV^dag D_PV up to a factor
    that does not depend on the links.  At m = 1 the action is phi^dag phi.  With another mass M in place of 1 it is one
    link of a mass-preconditioning chain, det(m) / det(M) (physics.md 3.4).

    Parameters
    ----------
    operator
        D(m); its links are set to those the action is asked about.
    field
        phi [s5, block]; the same object in the exact action and in its guide.
    settings
        Of its solves.
    heavy_mass
        Mass of the determinant in the denominator; 1 is the Pauli-Villars field.
    """

    def __init__(
        self,
        operator: DomainWallOperator,
        field: PseudofermionField,
        settings: SolverSettings = USUAL,
        heavy_mass: float = 1.0,
    ) -> None:
        self.operator, self.field, self.settings = operator, field, settings
        self.history = History(settings.start_vectors)
        self.heavy = operator.with_mass(heavy_mass)
        self.name = f"fermion.{field.index + 1}"
        self.lattice: Lattice = operator.lattice
        self._x, self._y = operator.vector(), operator.vector()

    @property
    def logs(self) -> list[SolverLog]:
        """Where the solves of both masses are recorded."""
        return [self.operator.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = (Mhat_PV^dag)^{-1} Mhat^dag r, r complex Gaussian with <|r|^2> = 1: one solve at the heavy mass.

        The value is |r|^2.

        Raises
        ------
        NumericalError
            If a solve fails; so for the other methods.
        """
        op, heavy = self.operator, self.heavy
        op.set_links(U)
        r = op.noise(stream, PSEUDOFERMION + self.field.index)
        r2 = op.norm2(r)
        op.apply_even(self._y, r, dagger=True)
        heavy.solve_normal(self._x, self._y, self.settings.tolerance, self.settings.max_iterations)
        heavy.apply_even(self.field.renew(), self._x)
        return r2

    def value(self, U: Blocks) -> float:
        """S[U]."""
        missing = self._solve(U, self.settings.tolerance)
        return self.operator.product(self._y, self._x) + missing

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = 2 Re phi^dag dMhat_PV X - 2 Re (Mhat X)^dag dMhat X, X = (Mhat^dag Mhat)^{-1} Mhat_PV^dag phi.

        Both operators depend on the links: leaving out the first term breaks energy conservation unless m = 1.
        """
        self._solve(U, self.settings.md_tolerance, self.history.since(self.field.drawn))
        self.heavy.add_derivative(Sigma, self._x, self.field.phi, 2.0)
        self.operator.apply_even(self._y, self._x)
        self.operator.add_derivative(Sigma, self._x, self._y, -2.0)

    def _solve(self, U: Blocks, tolerance: float, starts: StartVectors | None = None) -> float:
        """y = Mhat_PV^dag phi and x = (Mhat^dag Mhat)^{-1} y; returns Re <x, r>."""
        self.operator.set_links(U)
        self.heavy.apply_even(self._y, self.field.phi, dagger=True)
        return self.operator.solve_normal(self._x, self._y, tolerance, self.settings.max_iterations, starts)
