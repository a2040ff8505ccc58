"""The staggered operator M = D + m and its even-odd solver (physics.md 3.1).

D is antihermitian and hops between parities, so M^dag M = m^2 - D^2 is block diagonal in parity and every solve
is conjugate gradients on half the sites.
"""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.solver import SolverLog, check_convergence
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import staggered as kernels
from lqcdnn.kernels.linalg import residual
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.packing import pack_links
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.timing import clock

EVEN, ODD = 0, 1
STEPS_PER_CALL = 0.2e9
"""Complex multiply-adds a solver call may spend before Python (and with it a signal) gets its turn."""


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

    Raises
    ------
    InputError
        On a lattice with an odd extent, where eta_mu is not periodic.
    """

    def __init__(self, lattice: Lattice, n: int, mass: float, boundary: tuple[int, ...]) -> None:
        if not lattice.has_parity:
            raise InputError(f"staggered fermions need even extents, not {lattice.shape}")
        self.lattice, self.n, self.mass, self.boundary = lattice, n, mass, boundary
        self.signs = lattice.site_field(lattice.staggered_signs(boundary))
        self.links = lattice.packed(n, 2 * lattice.d)
        self.log = SolverLog()
        self._work = [lattice.zeros(n, 1) for _ in range(4)]
        self._part = np.empty(lattice.half)
        work = 2 * lattice.d * n * n * lattice.volume
        self._chunk = max(1, int(STEPS_PER_CALL / work))

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] with phases and boundary signs."""
        pack_links(self.links, U, self.signs, self.lattice.neighbours, 0.5, -0.5)

    def vector(self) -> Blocks:
        """A zero colour vector."""
        return self.lattice.zeros(self.n, 1)

    def _range(self, parity: int | None) -> tuple[int, int]:
        half = self.lattice.half
        return (0, 2 * half) if parity is None else (parity * half, (parity + 1) * half)

    def hop(self, out: Blocks, psi: Blocks, parity: int | None = None) -> None:
        """out = D psi on all sites, or only on those of ``parity``."""
        kernels.hopping(out, self.links, psi, self.lattice.neighbours, *self._range(parity))

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False, parity: int | None = None) -> None:
        """out = (m + D) psi, or (m - D) psi with ``dagger``."""
        sign = -1.0 if dagger else 1.0
        kernels.massive_hopping(
            out, self.links, psi, self.lattice.neighbours, self.mass, sign, *self._range(parity)
        )

    def solve(self, x: Blocks, b: Blocks, parity: int, tolerance: float, max_iterations: int) -> None:
        """x = (m^2 - D^2)^{-1} b on the sites of ``parity``, from x = 0, to |r| <= tolerance |b|.

        Raises
        ------
        NumericalError
            If the true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        with clock("solver"):
            done, residual = self._conjugate_gradients(x, b, parity, tolerance, max_iterations)
        self.log.record(done, residual)
        check_convergence("staggered CG", done, max_iterations, residual, tolerance)

    def _conjugate_gradients(
        self, x: Blocks, b: Blocks, parity: int, tolerance: float, max_iterations: int
    ) -> tuple[int, float]:
        """Iterations done and the true relative residual."""
        half, nbr, W, part = self.lattice.half, self.lattice.neighbours, self.links, self._part
        r, p, t, q = self._work
        first, last = self._range(parity)
        x["c"][first:last] = 0.0
        p["c"][first:last] = r["c"][first:last] = b["c"][first:last]
        rr = bb = self._norm2(b, parity)
        done, mass2 = 0, self.mass**2
        while rr > tolerance**2 * bb and done < max_iterations:
            steps = min(self._chunk, max_iterations - done)
            n, rr = kernels.conjugate_gradients(
                x, r, p, t, q, part, W, nbr, mass2, half, parity, rr, tolerance**2 * bb, steps
            )
            done += n
        return done, self.true_residual(x, b, parity) if bb != 0.0 else 0.0

    def true_residual(self, x: Blocks, b: Blocks, parity: int) -> float:
        """|b - (m^2 - D^2) x| / |b| on one parity, computed afresh."""
        r, _p, t, q = self._work
        half, part = self.lattice.half, self._part
        kernels.normal_operator(part, q, t, self.links, x, self.lattice.neighbours, self.mass**2, half, parity)
        residual(part, r, b, q, *self._range(parity))
        return float((ordered_sum(part) / self._norm2(b, parity)) ** 0.5)

    def _norm2(self, b: Blocks, parity: int) -> float:
        r, _p, _t, q = self._work
        first, last = self._range(parity)
        q["c"][first:last] = 0.0
        residual(self._part, r, b, q, first, last)
        return float(ordered_sum(self._part))

    def add_derivative(self, Sigma: Blocks, X: Blocks, parity: int, factor: float = 1.0) -> None:
        """Sigma += factor d/dU of 2 Re <X, D (D X)> with X on ``parity`` and D X already stored on the other.

        That is the derivative of phi^dag (m^2 - D^2)^{-1} phi for X = (m^2 - D^2)^{-1} phi.
        """
        side = factor if parity == EVEN else -factor
        kernels.add_outer_products(Sigma, X, self.signs, self.lattice.neighbours, side, self.lattice.half)


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

    def heat_bath(self, phi: Blocks, stream: Stream, purpose: int) -> None:
        """phi = (m - D) r on the chosen sites, r complex Gaussian on all sites; zero elsewhere."""
        r = gaussian_vector(self.lattice, self.operator.n, stream, purpose)
        phi["c"] = 0.0
        for parity in self.parities:
            self.operator.apply(phi, r, dagger=True, parity=parity)

    def solve_normal(self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int) -> None:
        """x = (m^2 - D^2)^{-1} b on the chosen sites, one solve per parity; zero elsewhere."""
        x["c"] = 0.0
        for parity in self.parities:
            self.operator.solve(x, b, parity, tolerance, max_iterations)

    def add_derivative(self, Sigma: Blocks, X: Blocks, factor: float = 1.0) -> None:
        """dS = 2 Re <X, dD (D X)>."""
        for parity in self.parities:
            self._y["c"] = X["c"]
            self.operator.hop(self._y, X, parity=ODD if parity == EVEN else EVEN)
            self.operator.add_derivative(Sigma, self._y, parity, factor)

    def local_action(self) -> float:
        """No site has a determinant of its own."""
        return 0.0

    def add_local_gradient(self, Sigma: Blocks, factor: float = 1.0) -> None:
        """Nothing: see :meth:`local_action`."""
