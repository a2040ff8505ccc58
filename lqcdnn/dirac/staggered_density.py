"""Staggered quarks of SU(2) at a real chemical potential, with a source of diquarks.

M = m + D(mu), hops in time with exp(+-mu) (``dirac.chemical``).  D(mu)^dag = -D(-mu) is neither hermitian nor
antihermitian, so that M^dag M mixes even and odd sites, and what is solved is

    (M^dag M + j^2) x = b on all sites.

tau_2 D tau_2 = D^*: eigenvalues of M come in pairs lambda, lambda^*, real ones twice, and det M >= 0 on every
configuration (S. Hands, J. B. Kogut, M.-P. Lombardo, S. E. Morrison, hep-lat/9902034).  A source j / 2 of
chi^T tau_2 chi + chibar tau_2 chibar^T makes of det M the Pfaffian det^(1/2) (M^dag M + j^2) (J. B. Kogut,
D. Toublan, D. K. Sinclair, hep-lat/0205019).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lqcdnn.config.tables.fermions import MOST_FIELDS
from lqcdnn.dirac.chemical import check_colours, signs_of_sides, weigh_hops
from lqcdnn.dirac.normal import WORK_PER_CALL, NormalEquations
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.kernels import staggered, staggered_density
from lqcdnn.kernels.linalg import recur
from lqcdnn.kernels.packing import pack_links
from lqcdnn.lattice.geometry import Blocks, Lattice

SECOND_FIELD = MOST_FIELDS << 8
"""Added to the purpose of a heat bath that draws two fields: beyond the pseudofermions that a table may have."""


class StaggeredDensity(NormalEquations):
    """M = m + D(mu) on links given by :meth:`set_links`, and the equations (M^dag M + j^2) x = b on all sites.

    Parameters
    ----------
    lattice
        All extents even.
    n
        2 colours.
    mass, mu, source
        m, the chemical potential mu of a quark and the source j >= 0 of diquarks in lattice units.
    boundary
        +1 or -1 for each direction: sign of hops across the boundary.

    Raises
    ------
    InputError
        For another group than SU(2), or an odd extent.
    """

    name = "staggered CG at finite density"

    def __init__(
        self, lattice: Lattice, n: int, mass: float, mu: float, source: float, boundary: tuple[int, ...]
    ) -> None:
        check_colours(n)
        if not lattice.has_parity:
            raise InputError(f"staggered fermions need even extents, not {lattice.shape}")
        self.lattice, self.n, self.mass, self.mu, self.source, self.boundary = lattice, n, mass, mu, source, boundary
        self.neighbours = lattice.hops((1,))
        self.signs = lattice.site_field(lattice.staggered_signs(boundary, 1))
        self._sides = signs_of_sides(lattice, self.signs, mu)
        self.links, self.back = (lattice.packed_links(n) for _ in range(2))
        work, cost = tuple(self.vector() for _ in range(3)), 4 * lattice.d * n * n * lattice.volume
        super().__init__(SolverLog(), work, 0, lattice.blocks, max(1, int(WORK_PER_CALL / cost)))
        self._fields = tuple(self.vector() for _ in range(2))

    @property
    def equations(self) -> tuple[NormalEquations, ...]:
        """Itself."""
        return (self,)

    @property
    def packed(self) -> tuple[Blocks, ...]:
        """What depends on the links: those of mu and of -mu."""
        return self.links, self.back

    def on(self, lattice: Lattice) -> StaggeredDensity:
        """The same operator, without links, on a lattice of other blocks or precision."""
        return StaggeredDensity(lattice, self.n, self.mass, self.mu, self.source, self.boundary)

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] with the factors of the chemical potential and boundary signs."""
        pack_links(self.links, U, self.signs, self.neighbours, 0.5, -0.5)
        self.back["c"] = self.links["c"]
        weigh_hops(self.links, self.mu)
        weigh_hops(self.back, -self.mu)

    def vector(self) -> Blocks:
        """A zero colour vector."""
        return self.lattice.zeros(self.n, 1)

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = M psi, or M^dag psi."""
        W, sign = (self.back, -1.0) if dagger else (self.links, 1.0)
        staggered.massive_hopping(out, W, psi, self.neighbours, self.mass, sign, 0, self.lattice.blocks)

    def apply_normal(self, out: Blocks, x: Blocks) -> None:
        """out = (M^dag M + j^2) x."""
        y = self.work[2]
        self.apply(y, x)
        self.apply(out, y, dagger=True)
        if self.source:
            recur(out[None], 1.0, 0.0, y[None], self.source**2, x[None], 0, self.lattice.blocks)

    def advance(self, x: Blocks, rr: float, target: float, steps: int) -> tuple[int, float]:
        """Iterations on x; returns (their number, |r|^2)."""
        r, p, y = self.work
        done, rr = staggered_density.conjugate_gradients(
            x, r, p, y, self.part, self.links, self.back, self.neighbours, self.mass, self.source**2, rr, target, steps
        )
        return int(done), float(rr)

    def heat_bath(self, phi: Blocks, stream: Stream, purpose: int) -> float | None:
        """phi = M^dag r + j s on all sites, r and s complex Gaussian, <|r|^2> = 1; gives |r|^2 without a source."""
        r = gaussian_vector(self.lattice, self.n, stream, purpose)
        self.apply(phi, r, dagger=True)
        if not self.source:
            return real_product(r, r)
        s = gaussian_vector(self.lattice, self.n, stream, purpose + SECOND_FIELD)
        recur(phi[None], 1.0, 0.0, r[None], self.source, s[None], 0, self.lattice.blocks)
        return None

    def propagate(self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int) -> None:
        """x = (M^dag M + j^2)^{-1} M^dag b, without a source M^{-1} b; the residual is relative to M^dag b."""
        self.apply(self._fields[0], b, dagger=True)
        self.solve_normal(x, self._fields[0], tolerance, max_iterations)

    def add_derivative(self, Sigma: Blocks, X: Blocks, factor: float = 1.0) -> None:
        """Sigma += factor d/dU of phi^dag (M^dag M + j^2)^{-1} phi, X = (M^dag M + j^2)^{-1} phi."""
        self.add_derivatives(Sigma, (X,), (factor,))

    def add_derivatives(self, Sigma: Blocks, X: Iterable[Blocks], weights: Sequence[float]) -> None:
        """Sigma += d/dU of sum_i weights_i phi^dag (M^dag M + j^2 + s_i)^{-1} phi: -2 Re (M X_i)^dag dD X_i."""
        half, (even, odd), y = self.lattice.half, self._fields, self.work[2]
        for x, weight in zip(X, weights, strict=True):
            self.apply(y, x)
            even["c"][:half], even["c"][half:] = y["c"][:half], x["c"][half:]
            odd["c"][:half], odd["c"][half:] = x["c"][:half], y["c"][half:]
            for field, signs, side in ((even, self._sides[0], -weight), (odd, self._sides[1], weight)):
                staggered.add_outer_products(Sigma, field, signs, self.neighbours, side, half)

    def local_action(self) -> float:
        """No site has a determinant of its own."""
        return 0.0

