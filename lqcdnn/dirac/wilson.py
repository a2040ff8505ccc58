"""The Wilson and Wilson-clover operators and their even-odd solvers (physics.md 3.2).

M = A - kappa H, H = sum_mu [(1 - gamma_mu) U_mu(n) delta_{n+mu} + (1 + gamma_mu) U_mu(n-mu)^dag delta_{n-mu}], A = 1 or
the clover term, linear or exponential: the kappa form.  The mass form is D + m = M / (2 kappa) with 1 / (2 kappa) =
m + d.  Both are gamma_5-hermitian, M^dag = gamma_5 M gamma_5.  Wilson's parameter r is 1; another one puts r - gamma_mu
and r + gamma_mu into H and m + d r into 1 / (2 kappa) (K. G. Wilson, New Phenomena in Subnuclear Physics (1977) 69).

With a chemical potential mu of SU(2) quarks hops in time have the factors exp(+-mu) (``dirac.chemical``), and M^dag =
gamma_5 M(-mu) gamma_5: M^dag has links of its own, those of -mu.  det M is real, so that det (M^dag M) is two flavours
(S. Hands, S. Kim, J.-I. Skullerud, hep-lat/0604004).

With a twisted mass mu, D + m + i mu gamma_5 tau_3 of two flavours, M is that of the first, A + 2 kappa i mu gamma_5 -
kappa H, and M^dag = gamma_5 M(-mu) gamma_5, so that det (M^dag M) is both (R. Frezzotti, P. A. Grassi, S. Sint,
P. Weisz, hep-lat/0101001).  In what follows A is the whole diagonal term.
On an anisotropic lattice the hops of each direction have a weight f_mu, and planes of space and with time two
coefficients of the clover term: 1 / (2 kappa) = m + r sum_mu f_mu (R. G. Edwards, B. Joo, H.-W. Lin, arXiv:0803.3960).

Between fixed links (the Schroedinger functional) quarks are zero in the first and the last slice, all hops from and to
these left out; A is 1 there, so that they have no part in anything.  In the slices next to them D + m has ct_tilde - 1
more on the diagonal (M. Luescher, S. Sint, R. Sommer, P. Weisz, hep-lat/9605038, section 4).

Eliminating the odd sites leaves Mhat = A_e - kappa^2 H_eo A_o^-1 H_oe on the even ones; det M = det A_o det Mhat.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lqcdnn.config.tables.fermions import mass_of_kappa
from lqcdnn.dirac.chemical import check_colours, signs_of_sides, weigh_hops
from lqcdnn.dirac.clover import clover_term
from lqcdnn.dirac.normal import WORK_PER_CALL, NormalEquations
from lqcdnn.dirac.phases import link_phases, of_turned_links, pack, room_for_links, weighted
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import wilson as kernels
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.blocks import has_two_rows
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.schroedinger import inner_hops

Term = Blocks | tuple[object, ...] | None
"""A diagonal term as the kernels take it (``kernels.wilson``)."""


class WilsonOperator(NormalEquations):
    """M = A - kappa H on links given by :meth:`set_links`, and the equations Mhat^dag Mhat x = b on even sites.

    Parameters
    ----------
    lattice
        d = 2 or 4, with even and odd sites.
    n
        Number of colours.
    kappa
        Hopping parameter.
    boundary
        +1 or -1 for each direction: sign of hops across the boundary.
    csw
        Coefficient c_SW of the clover term, or two: of planes of space and of those with time; 0: none.
    r
        Wilson's parameter, above 0.
    theta
        Angles of the phases at the boundary (``dirac.phases``), which the clover term does not see; None: none.
    weights
        What hops of each direction count; None: once.
    mu
        Chemical potential of a quark in lattice units, of SU(2), which the clover term does not see either.
    twisted_mass
        mu of D + m + i mu gamma_5, in lattice units, of either sign; 0: none.
    flux
        Quanta of flux of an electromagnetic field through each plane (``lattice.background``), which the clover term
        sees; None: there is none.
    ct_tilde
        Improvement coefficient of the slices next to fixed ones, where links are fixed; 1 at tree level.
    exponential_clover
        Whether A is the exponential of what the clover term adds to 1 (``dirac.clover.ExponentialClover``).

    Attributes
    ----------
    reach
        Sum of the weights of the hops of each direction.
    links, back
        Packed links of M and of M^dag: the same, unless there is a chemical potential.

    Raises
    ------
    InputError
        On a lattice with an odd extent, which has no even and odd sites, or with d = 3; for a chemical potential
        of another group, beside a twisted mass or beside phases; for what has no definition between fixed links.
    """

    name = "Wilson CG"

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        kappa: float,
        boundary: tuple[int, ...],
        csw: float | tuple[float, float] = 0.0,
        r: float = 1.0,
        theta: tuple[float, ...] | None = None,
        mu: float = 0.0,
        twisted_mass: float = 0.0,
        weights: tuple[float, ...] | None = None,
        flux: Flux | None = None,
        ct_tilde: float = 1.0,
        exponential_clover: bool = False,
    ) -> None:
        if not lattice.has_parity:
            raise InputError(f"even-odd Wilson fermions need even extents, not {lattice.shape}")
        if lattice.fixed is not None:
            _refuse_fixed(r, theta, mu, weights, flux)
        elif ct_tilde != 1.0:
            raise InputError(f"ct_tilde = {ct_tilde} without links that are fixed at the ends of time")
        if lattice.d == 3:
            raise InputError("Wilson fermions are for d = 2 and d = 4")
        if csw and lattice.open_time and lattice.fixed is None:
            raise InputError(f"csw = {csw} where time is open; allowed: 0, no clover term at the ends of time")
        if mu and twisted_mass:
            raise InputError("a chemical potential beside a twisted mass; allowed: one of the two")
        self.lattice, self.n, self.kappa, self.boundary, self.csw = lattice, n, kappa, boundary, csw
        self.weights, self.reach = weights, float(lattice.d) if weights is None else sum(weights)
        self.r, self.mass = r, mass_of_kappa(kappa, 1, r * self.reach)
        self.spins = spins(lattice.d)
        signs = lattice.boundary_signs(boundary) * (1.0 if lattice.fixed is None else inner_hops(lattice))
        self.signs, self.ct_tilde = weighted(lattice.site_field(signs), weights), ct_tilde
        self.theta, self.flux, self.phases = theta, flux, link_phases(lattice, n, theta, flux)
        if mu and self.phases:
            raise InputError("a chemical potential beside phases; allowed: one of the two, or det M is complex")
        self.mu = mu
        in_group = self.phases is None and weights is None and lattice.fixed is None
        self.links = room_for_links(lattice, n, self.phases, in_group and lattice.two_rows_pay(n, self.spins))
        self.back = self.links
        if mu:
            check_colours(n)
            self.back, self._sides = lattice.packed_links(n), signs_of_sides(lattice, self.signs, mu)
        self.twisted_mass, self._twist = twisted_mass, 2.0 * kappa * twisted_mass
        turned = None if self.phases is None else self.phases.of_planes
        self.exponential_clover, beside = exponential_clover, 2.0 * kappa * (ct_tilde - 1.0)
        self.clover = clover_term(lattice, n, kappa, csw, self._twist, turned, beside, exponential_clover)
        self._part = np.empty(lattice.blocks)
        cost = 2 * lattice.volume * n * n * self.spins * (2 * lattice.d * self._hops + (self.spins if csw else 0))
        work, chunk = tuple(self.vector() for _ in range(4)), max(1, int(WORK_PER_CALL / cost))
        super().__init__(SolverLog(), work, 0, lattice.half, chunk)

    @property
    def equations(self) -> tuple[NormalEquations, ...]:
        """Itself: Mhat^dag Mhat x = b."""
        return (self,)

    @property
    def packed(self) -> tuple[Blocks, ...]:
        """What depends on the links."""
        links = (self.links, self.back) if self.mu else (self.links,)
        return (*links, self.clover.A, self.clover.inverse) if self.clover else links

    def on(self, lattice: Lattice) -> WilsonOperator:
        """The same operator, without links, on a lattice of other blocks or precision."""
        numbers = self.kappa, self.boundary, self.csw, self.r, self.theta, self.mu, self.twisted_mass, self.weights
        other = WilsonOperator(lattice, self.n, *numbers, self.flux, self.ct_tilde, self.exponential_clover)
        if not self.mu and self.phases is None:
            other.links = other.back = lattice.packed_links(self.n, has_two_rows(self.links))
        return other

    @property
    def _hops(self) -> int:
        """How many hops of half spinors H is the sum of."""
        return 1 if self.r == 1.0 else 2

    @property
    def hops(self) -> Blocks | tuple[Blocks, float]:
        """K as the kernels take it: the packed links, with the weight of the second hop where r is not 1."""
        return self.hops_of(self.links)

    @property
    def hops_back(self) -> Blocks | tuple[Blocks, float]:
        """K^dag in the same way, to be taken with the side of K^dag."""
        return self.hops_of(self.back)

    def hops_of(self, links: Blocks) -> Blocks | tuple[Blocks, float]:
        """The same with other links, packed alike."""
        return links if self._hops == 1 else (links, (self.r - 1.0) / (self.r + 1.0))

    @property
    def terms(self) -> tuple[Term, Term]:
        """A and A_o^-1 as the kernels take them; None is 1."""
        found, m = (self.clover.A, self.clover.inverse) if self.clover else (None, None), self._twist
        if not m:
            return found
        A, inverse = found
        return ((m,), (1.0 / (1.0 + m * m), -m)) if A is None else ((A, m), (A, inverse, -m))

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block], which are in the group, with kappa and signs, and compute the clover term."""
        first = 0.5 * (self.r + 1.0) * self.kappa
        pack(self.links, U, self.signs, self.lattice.neighbours, (first, first), self.phases)
        if self.mu:
            self.back["c"] = self.links["c"]
            weigh_hops(self.links, self.mu)
            weigh_hops(self.back, -self.mu)
        if self.clover:
            self.clover.set_links(U if self.phases is None else self.phases.beside_photons(U))

    def vector(self) -> Blocks:
        """A zero spinor field [block] of n x S matrices (colour, spin)."""
        return self.lattice.zeros(self.n, self.spins)

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = M psi or M^dag psi on all sites."""
        side, nbr, last = -1.0 if dagger else 1.0, self.lattice.neighbours, self.lattice.blocks
        hops = self.hops_back if dagger else self.hops
        kernels.massive_hopping(self._part, out, self.terms[0], hops, psi, psi, nbr, side, 0, last)

    def apply_even(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = Mhat psi or Mhat^dag psi on the even sites; work space on the odd ones is left alone."""
        self._even(out, psi, -1.0 if dagger else 1.0)

    def _even(self, out: Blocks, psi: Blocks, side: float) -> float:
        """Mhat psi or Mhat^dag psi, and its squared norm."""
        t, half, (A, inverse) = self.work[2], self.lattice.half, self.terms
        nbr, hops = self.lattice.neighbours, self.hops if side > 0.0 else self.hops_back
        return float(kernels.even_operator(self.part, out, t, A, inverse, hops, psi, nbr, side, half))

    def heat_bath(self, phi: Blocks, stream: Stream, purpose: int) -> float | None:
        """phi = Mhat^dag r on the even sites, zero on the odd ones, r complex Gaussian, <|r|^2> = 1; gives |r|^2."""
        r = gaussian_vector(self.lattice, self.n, stream, purpose, self.spins)
        phi["c"] = 0.0
        self.apply_even(phi, r, dagger=True)
        return self.norm2(r)

    def apply_normal(self, out: Blocks, x: Blocks) -> None:
        """out = Mhat^dag Mhat x."""
        q = self.work[3]
        self._even(q, x, 1.0)
        self._even(out, q, -1.0)

    def advance(self, x: Blocks, rr: float, target: float, steps: int) -> tuple[int, float]:
        """Iterations on x; returns (their number, |r|^2)."""
        half, nbr, (A, inverse) = self.lattice.half, self.lattice.neighbours, self.terms
        r, p, t, q = self.work
        done, rr = kernels.conjugate_gradients(
            x, r, p, t, q, self.part, A, inverse, self.hops, self.hops_back, nbr, half, rr, target, steps
        )
        return int(done), float(rr)

    def add_derivative(self, Sigma: Blocks, X: Blocks, factor: float = 1.0) -> None:
        """Sigma += factor d/dU of phi^dag (Mhat^dag Mhat)^{-1} phi + :meth:`local_action`; fills odd sites of X.

        X = (Mhat^dag Mhat)^{-1} phi.
        """
        self.add_derivatives(Sigma, (X,), (factor,), factor)

    def add_derivatives(self, Sigma: Blocks, X: Iterable[Blocks], weights: Sequence[float], local: float) -> None:
        """Sigma += d/dU of sum_i weights_i phi^dag (Mhat^dag Mhat + s_i)^{-1} phi + local times :meth:`local_action`.

        X_i = (Mhat^dag Mhat + s_i)^{-1} phi, whose odd sites are filled: -2 Re (Mhat X_i)^dag dMhat X_i.
        """
        Z, Y = self.insertions(), self.work[3]
        for x, weight in zip(X, weights, strict=True):
            self._even(Y, x, 1.0)
            self._add_bilinear(Sigma, Z, x, Y, -2.0 * weight)
        self.add_clover_derivative(Sigma, Z, local)

    def add_bilinear_derivative(self, Sigma: Blocks, X: Blocks, Y: Blocks, factor: float, local: float) -> None:
        """Sigma += d/dU of factor Re Y^dag Mhat X + local times :meth:`local_action`; X and Y on even sites.

        Fills their odd sites.
        """
        Z = self.insertions()
        self._add_bilinear(Sigma, Z, X, Y, factor)
        self.add_clover_derivative(Sigma, Z, local)

    def _add_bilinear(self, Sigma: Blocks, Z: Blocks | None, X: Blocks, Y: Blocks, factor: float) -> None:
        """The derivative of factor Re Y^dag Mhat X: that of the hops to Sigma, the rest as insertions to Z.

        With X and Y continued to the odd sites by A_o^-1 K_oe X and A_o^-1 (K^dag)_oe Y, K = kappa H, the derivative of
        Re Y_e^dag Mhat X_e is that of Re Y^dag M X at fixed X and Y.
        """
        half, nbr, inverse = self.lattice.half, self.lattice.neighbours, self.terms[1]
        kernels.hopping(X, inverse, self.hops, X, nbr, 1.0, half, 2 * half)
        kernels.hopping(Y, inverse, self.hops_back, Y, nbr, -1.0, half, 2 * half)
        self.add_whole_bilinear(Sigma, Z, X, Y, factor)

    def add_whole_bilinear(self, Sigma: Blocks, Z: Blocks | None, X: Blocks, Y: Blocks, factor: float) -> None:
        """The derivative of factor Re Y^dag M X, X and Y on all sites: to Sigma and to Z."""
        nbr = self.lattice.neighbours
        with of_turned_links(self.phases, Sigma) as T:
            for signs, x, y in self._by_side(X, Y):
                kernels.add_hop_derivative(T, x, y, signs, nbr, -factor * (0.5 * (self.r + 1.0) * self.kappa))
                if self._hops == 2:  # Re Y^dag H_1^dag X = Re X^dag H_1 Y
                    kernels.add_hop_derivative(T, y, x, signs, nbr, -factor * (0.5 * (self.r - 1.0) * self.kappa))
        if self.clover and Z is not None:
            self.clover.insert_bilinear(Z, X, Y, factor)

    def _by_side(self, X: Blocks, Y: Blocks) -> Iterator[tuple[Blocks, Blocks, Blocks]]:
        """Signs and fields of which the derivatives of the hops add up.

        With a chemical potential hops to even sites, then hops to odd ones (``chemical.signs_of_sides``).
        """
        if not self.mu:
            yield self.signs, X, Y
            return
        half = self.lattice.half
        for parity, signs in enumerate(self._sides):
            here, there = (slice(p * half, (p + 1) * half) for p in (parity, 1 - parity))
            x, y = self.vector(), self.vector()
            x["c"][there], y["c"][here] = X["c"][there], Y["c"][here]
            yield signs, x, y

    def insertions(self) -> Blocks | None:
        """Insertions into the clover term, none yet; None without one."""
        return self.clover.insertions() if self.clover and self.clover.strength else None

    def add_clover_derivative(self, Sigma: Blocks, Z: Blocks | None, local: float) -> None:
        """The derivative of the clover term from insertions Z and the determinant."""
        if self.clover and Z is not None:
            self.clover.insert_determinant(Z, -2.0 * local)
            self.clover.add_derivative(Sigma, Z)

    def local_action(self) -> float:
        """-2 log |det A_o|: what phi^dag (Mhat^dag Mhat)^{-1} phi leaves out of two flavours."""
        if self.clover:
            return -2.0 * self.clover.log_determinant
        m, rows = self._twist, self.lattice.volume // 2 * self.n * self.spins
        return -rows * math.log(1.0 + m * m) if m else 0.0


def _refuse_fixed(
    r: float,
    theta: Sequence[float] | None,
    mu: float,
    weights: Sequence[float] | None,
    flux: Flux | None,
) -> None:
    """Refuse what has no definition where links are fixed, or none that is known here."""
    if r != 1.0:
        raise InputError(f"r = {r} between fixed links; allowed: 1, whose hops in time are projectors")
    if (theta or (0.0,))[-1]:
        raise InputError(f"theta = {theta} between fixed links; allowed: angles in space, 0 in time")
    if mu or weights is not None or any(flux or ()):
        raise InputError("between fixed links quarks have no chemical potential, anisotropy or electromagnetic field")
