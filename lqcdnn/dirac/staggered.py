"""The staggered operator M = D + m and its even-odd solver (physics.md 3.1).

D is antihermitian and hops between parities, so M^dag M = m^2 - D^2 is block diagonal in parity and every solve
is conjugate gradients on half the sites.  An improved operator has hops of three steps too, which are odd: as one with
twice as many directions it goes through the same kernels.
"""

from __future__ import annotations

import numpy as np

from lqcdnn.config.tables.improvements import Improvement
from lqcdnn.dirac.normal import WORK_PER_CALL, NormalEquations, StartVectors
from lqcdnn.dirac.phases import link_phases, of_turned_links, pack, room_for_links, weighted
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.kernels import staggered as kernels
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.blocks import has_two_rows
from lqcdnn.lattice.geometry import Blocks, Lattice

EVEN, ODD = 0, 1


class StaggeredOperator:
    """D + m on links given by :meth:`set_links`.

    Parameters
    ----------
    lattice
        All extents even.
    n
        Number of colours.
    mass
        m in lattice units.
    boundary
        +1 or -1 for each direction: sign of hops across the boundary.
    improvement
        Which fat and long links it is given (``dirac.fatlinks``); None: links of the group to the neighbours.
    theta
        Angles of the phases at the boundary (``dirac.phases``); None: there are none.
    flux
        Quanta of flux of an electromagnetic field through each plane (``lattice.background``); None: there is none.
    weights
        What hops of each direction count, without an improvement; None: once.

    Attributes
    ----------
    neighbours
        Where its hops lead to (``Lattice.hops``).
    norm
        A number |D| never exceeds.

    Raises
    ------
    InputError
        On a lattice with an odd extent, where eta_mu is not periodic, or one that hops of three steps wind around.
    """

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        mass: float,
        boundary: tuple[int, ...],
        improvement: Improvement | None = None,
        theta: tuple[float, ...] | None = None,
        weights: tuple[float, ...] | None = None,
        flux: Flux | None = None,
    ) -> None:
        if weights is not None and improvement is not None:
            raise InputError("hops of improved staggered fermions have no weights")
        if not lattice.has_parity:
            raise InputError(f"staggered fermions need even extents, not {lattice.shape}")
        if lattice.fixed is not None:
            raise InputError("staggered fermions know of no links that are fixed at the ends of time")
        lengths = (1,) if improvement is None else improvement.lengths
        if min(lattice.shape) <= max(lengths):
            raise InputError(f"improved staggered fermions need extents of at least 4, not {lattice.shape}")
        self.lattice, self.n, self.mass, self.boundary, self.improvement = lattice, n, mass, boundary, improvement
        self.theta, self.flux, self.phases = theta, flux, link_phases(lattice, n, theta, flux, lengths)
        self.weights, of_hops = weights, float(lattice.d) if weights is None else sum(weights)
        self.norm = of_hops if improvement is None else improvement.norm
        self.neighbours = lattice.hops(lengths)
        signs = lattice.site_field(np.concatenate([lattice.staggered_signs(boundary, k) for k in lengths]))
        self.signs = weighted(signs, weights)
        plain = self.phases is None and weights is None
        in_group = improvement is None and plain  # fat links are not in it, nor links with phases or weights
        self.links = room_for_links(lattice, n, self.phases, in_group and lattice.two_rows_pay(n, 1), len(lengths))
        self.log = SolverLog()
        work = tuple(self.vector() for _ in range(3))
        self.equations = tuple(StaggeredHalf(self, parity, work) for parity in (EVEN, ODD))

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block], which are in the group, with phases and boundary signs.

        With an improvement they are fat links and then long ones, [2 d, block].
        """
        pack(self.links, U, self.signs, self.neighbours, (0.5, -0.5), self.phases)

    def vector(self) -> Blocks:
        """A zero colour vector."""
        return self.lattice.zeros(self.n, 1)

    def _range(self, parity: int | None) -> tuple[int, int]:
        half = self.lattice.half
        return (0, 2 * half) if parity is None else (parity * half, (parity + 1) * half)

    def hop(self, out: Blocks, psi: Blocks, parity: int | None = None) -> None:
        """out = D psi on all sites, or only on those of ``parity``."""
        kernels.hopping(out, self.links, psi, self.neighbours, *self._range(parity))

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False, parity: int | None = None) -> None:
        """out = (m + D) psi, or (m - D) psi with ``dagger``."""
        sign = -1.0 if dagger else 1.0
        kernels.massive_hopping(
            out, self.links, psi, self.neighbours, self.mass, sign, *self._range(parity)
        )

    def solve(self, x: Blocks, b: Blocks, parity: int, tolerance: float, max_iterations: int) -> None:
        """x = (m^2 - D^2)^{-1} b on the sites of ``parity`` (see :meth:`NormalEquations.solve_normal`)."""
        self.equations[parity].solve_normal(x, b, tolerance, max_iterations)

    @property
    def packed(self) -> tuple[Blocks, ...]:
        """What depends on the links."""
        return (self.links,)

    def on(self, lattice: Lattice) -> StaggeredOperator:
        """The same operator, without links, on a lattice of other blocks or precision."""
        numbers = self.mass, self.boundary, self.improvement, self.theta, self.weights, self.flux
        other = StaggeredOperator(lattice, self.n, *numbers)
        if self.improvement is None and self.phases is None:
            other.links = lattice.packed_links(self.n, has_two_rows(self.links))
        return other

    def add_derivative(self, Sigma: Blocks, X: Blocks, parity: int, factor: float = 1.0) -> None:
        """Sigma += factor d/dU of 2 Re <X, D (D X)> with X on ``parity`` and D X already stored on the other.

        That is the derivative of phi^dag (m^2 - D^2)^{-1} phi for X = (m^2 - D^2)^{-1} phi.
        """
        side = factor if parity == EVEN else -factor
        with of_turned_links(self.phases, Sigma) as T:
            kernels.add_outer_products(T, X, self.signs, self.neighbours, side, self.lattice.half)


class StaggeredHalf(NormalEquations):
    """(m^2 - D^2) x = b on the sites of one parity."""

    name = "staggered CG"

    def __init__(self, operator: StaggeredOperator, parity: int, work: tuple[Blocks, ...]) -> None:
        lattice, n = operator.lattice, operator.n
        chunk = max(1, int(WORK_PER_CALL / (operator.links.shape[1] * n * n * lattice.volume)))
        super().__init__(operator.log, work, parity * lattice.half, (parity + 1) * lattice.half, chunk)
        self.operator, self.parity, self.half = operator, parity, lattice.half

    def apply_normal(self, out: Blocks, x: Blocks) -> None:
        """out = (m^2 - D^2) x."""
        op, t = self.operator, self.work[2]
        kernels.normal_operator(
            self.part, out, t, op.links, x, op.neighbours, op.mass**2, self.half, self.parity
        )

    def advance(self, x: Blocks, rr: float, target: float, steps: int) -> tuple[int, float]:
        """Iterations on x; returns (their number, |r|^2)."""
        op, (r, p, t) = self.operator, self.work
        done, rr = kernels.conjugate_gradients(
            x, r, p, t, self.part, op.links, op.neighbours, op.mass**2, self.half, self.parity,
            rr, target, steps,
        )  # fmt: skip
        return int(done), float(rr)


class StaggeredNormal:
    """m^2 - D^2 on one parity or on both, as a pseudofermion takes it (``actions.pseudofermion.NormalOperator``).

    Its factor Q is m + D from the sites of ``parities`` to all sites.
    """

    def __init__(self, operator: StaggeredOperator, parities: tuple[int, ...]) -> None:
        self.operator, self.parities = operator, parities
        self.lattice, self.log = operator.lattice, operator.log
        self._y = operator.vector()

    def set_links(self, U: Blocks) -> None:
        """Links of the operator."""
        self.operator.set_links(U)

    def vector(self) -> Blocks:
        """A zero colour vector."""
        return self.operator.vector()

    def heat_bath(self, phi: Blocks, stream: Stream, purpose: int) -> float | None:
        """phi = (m - D) r on the chosen sites, r complex Gaussian on all sites; |r|^2 if all sites are chosen."""
        r = gaussian_vector(self.lattice, self.operator.n, stream, purpose)
        phi["c"] = 0.0
        for parity in self.parities:
            self.operator.apply(phi, r, dagger=True, parity=parity)
        return real_product(r, r) if len(self.parities) == 2 else None

    def solve_normal(
        self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int, starts: StartVectors | None = None
    ) -> float:
        """x = (m^2 - D^2)^{-1} b on the chosen sites, one solve per parity; zero elsewhere.  Returns Re <x, r>."""
        x["c"] = 0.0
        solves = (self.operator.equations[parity].solve_normal for parity in self.parities)
        return sum(solve(x, b, tolerance, max_iterations, starts) for solve in solves)

    def add_derivative(self, Sigma: Blocks, X: Blocks, factor: float = 1.0) -> None:
        """dS = 2 Re <X, dD (D X)>."""
        for parity in self.parities:
            both = X
            if len(self.parities) == 2:  # else D X takes the other parity of X itself
                both = self._y
                both["c"] = X["c"]
            self.operator.hop(both, X, parity=ODD if parity == EVEN else EVEN)
            self.operator.add_derivative(Sigma, both, parity, factor)

    def local_action(self) -> float:
        """No site has a determinant of its own."""
        return 0.0
