"""Ratio of two staggered determinants: one link of a mass-preconditioning chain (physics.md 3.4).

det A_m = det(A_m / A_M) det A_M with A_m = m^2 - D^2 on the even sites and a heavier mass M (Hasenbusch,
hep-lat/0107019); det(A_m / A_M) by S = phi^dag (A_M / A_m) phi = phi^dag phi + (M^2 - m^2) phi^dag A_m^{-1} phi.
"""

from __future__ import annotations

from lqcdnn.actions.pseudofermion import USUAL, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.lattice.geometry import Blocks


class StaggeredRatioAction(StaggeredAction):
    """S = phi^dag (A_M / A_m) phi on the sites of ``parities``; parameters as :class:`StaggeredAction`.

    Parameters
    ----------
    heavy
        D + M with M > m of ``operator``, on the same lattice with the same boundary.

    Raises
    ------
    InputError
        If M <= m.
    """

    def __init__(
        self,
        operator: StaggeredOperator,
        heavy: StaggeredOperator,
        field: PseudofermionField,
        parities: tuple[int, ...],
        settings: SolverSettings = USUAL,
    ) -> None:
        if heavy.mass <= operator.mass:
            raise InputError(f"mass preconditioning: {heavy.mass} must be above {operator.mass}")
        super().__init__(operator, field, parities, settings)
        self.light, self.heavy, self.parities = operator, heavy, parities
        self.weight = heavy.mass**2 - operator.mass**2
        self._y = operator.vector()

    @property
    def logs(self) -> list[SolverLog]:
        """Logs of both operators."""
        return [self.light.log, self.heavy.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = (M + D)^{-1} (m + D) r on the sites of the action, r complex Gaussian on all sites.

        Its covariance is (M + D)^{-1} (m + D) (m - D) (M - D)^{-1} = A_m / A_M, diagonal in parity.
        """
        r = gaussian_vector(self.lattice, self.light.n, stream, PSEUDOFERMION + self.field.index)
        self.light.set_links(U)
        self.heavy.set_links(U)
        self.light.apply(self._y, r)
        for parity in (EVEN, ODD):
            self.heavy.solve(self._x, self._y, parity, self.settings.tolerance, self.settings.max_iterations)
        phi = self.field.renew()
        for parity in self.parities:
            self.heavy.apply(phi, self._x, dagger=True, parity=parity)
        return real_product(r, r) if len(self.parities) == 2 else None

    def value(self, U: Blocks) -> float:
        """S[U]."""
        return real_product(self.field.phi, self.field.phi) + super().value(U)
