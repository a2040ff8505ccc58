"""One flavour of domain wall quarks without rational approximations (docs/physics/domainwall.md)."""

from __future__ import annotations

from lqcdnn.actions.pseudofermion import USUAL, PseudofermionField, SolverSettings
from lqcdnn.config.rules.walls import HEAVY
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.domainwall_quark import propagate
from lqcdnn.dirac.normal import StartVectors
from lqcdnn.dirac.oneflavor import ChiralBlock, apply_root
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.startvectors import History
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.lattice.geometry import Blocks, Lattice


class OneFlavorAction:
    """S = phi^dag (B_+ + B_-) phi, B_- = P_- D_4^{-1} P_-, B_+ = (P_+ D_4 P_+)^{-1} (``dirac.oneflavor``).

    The integral over phi is det D(m) / det D(1), without a factor that is left out.

    Parameters
    ----------
    operator
        D(m); its links are set to those the action is asked about.
    field
        phi [block], a four-dimensional spinor on all sites; the same object in the exact action and in its guide.
    settings
        Of its solves.
    """

    def __init__(
        self, operator: DomainWallOperator, field: PseudofermionField, settings: SolverSettings = USUAL
    ) -> None:
        self.operator, self.field, self.settings = operator, field, settings
        self.history = History(settings.start_vectors)
        self.mixed, self.heavy = operator.with_mass(operator.mass, HEAVY), operator.with_mass(HEAVY)
        self.plus, self.minus = ChiralBlock(self.mixed, 1), ChiralBlock(operator, -1)
        self.name = f"fermion.{field.index + 1}"
        self.lattice: Lattice = operator.lattice

    @property
    def operators(self) -> tuple[DomainWallOperator, ...]:
        """What is solved: D(m), with masses m and 1 for the two chiralities, and D(1)."""
        return self.operator, self.mixed, self.heavy

    @property
    def logs(self) -> list[SolverLog]:
        """Where the solves of all of them are recorded."""
        return [self.operator.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """Independent noise of the covariances B_+^{-1} and B_-^{-1}, exactly, by four solves, three at mass 1.

        B_+^{-1} = P_+ D_4 P_+ = P_+ G_+ G_+^dag P_+ (:func:`apply_root`), and Schur's complement is

        B_-^{-1} = P_- G_- G_-^dag P_- + F B_+^{-1} F^dag,   F = P_- (1 - m) S P_+ at masses m and 1 of the chiralities.

        Raises
        ------
        NumericalError
            If a solve fails; so for the other methods.
        """
        op, half, there = self.operator, self.operator.spins // 2, self.minus.there
        op.set_links(U)
        limits = self.settings.tolerance, self.settings.max_iterations

        def noise(k: int, side: float) -> Blocks:
            purpose = PSEUDOFERMION + self.field.index + (k << 8)  # as several fields of an action have them
            return apply_root(self.heavy, gaussian_vector(op.lattice, op.n, stream, purpose, op.spins), op.mass, side,
                              *limits)  # fmt: skip

        phi = self.field.renew()
        phi["c"][:, :, :half] = noise(0, 1.0)["c"][:, :, :half]
        phi["c"][:, :, there] = noise(1, -1.0)["c"][:, :, there]
        xi = noise(2, 1.0)
        xi["c"][:, :, there] = 0.0
        crossed = propagate(self.mixed, xi, *limits).quark["c"]
        phi["c"][:, :, there] += (HEAVY - op.mass) * crossed[:, :, there]
        return None

    def value(self, U: Blocks) -> float:
        """S[U]: a solve for each chirality."""
        self._solve(U, self.settings.tolerance)
        image = self.lattice.zeros(self.operator.n, self.operator.spins)
        for block in (self.plus, self.minus):
            block.image(image, self.field.phi)
        return real_product(self.field.phi, image)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """The derivatives of both blocks, from one solution each."""
        self._solve(U, self.settings.md_tolerance, self.history.since(self.field.drawn))
        for block in (self.plus, self.minus):
            block.add_derivative(Sigma)

    def _solve(self, U: Blocks, tolerance: float, starts: StartVectors | None = None) -> None:
        self.operator.set_links(U)
        for block in (self.plus, self.minus):
            block.solve(self.field.phi, tolerance, self.settings.max_iterations, starts)
