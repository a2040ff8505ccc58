"""Domain wall operators of Shamir and Moebius kind and their even-odd solver (physics.md 3.3).

D(m) = b5 D_W + 1 + (c5 D_W - 1) Lambda,   D_W = d - M5 - H/2,

with H the Wilson hop and Lambda the step s -> s+1 for gamma_5 = -1, s -> s-1 for gamma_5 = +1, times -m across the
walls (Shamir 1993: b5 = 1, c5 = 0; Brower, Neff, Orginos, arXiv:1206.5214).  At a site all is a function of Lambda:
A = b5 + c5 Lambda, K0 = d0 - d1 Lambda, d0 = 1 + (d - M5) b5, d1 = 1 - (d - M5) c5, T = A/K0, and with K = H/2

D = (1 - K T) K0,   Mhat = 1 - T K_eo T K_oe on even sites,   det D = (d0^L5 + m d1^L5)^(N S V) det Mhat

for S spin components and V sites.  The first factor does not depend on the links.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.walls import site_coefficients, spectrum_bounds
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.dirac.normal import WORK_PER_CALL, NormalEquations, StartVectors
from lqcdnn.dirac.phases import link_phases, of_turned_links, pack, room_for_links
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import domainwall as kernels
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.geometry import Blocks, Lattice


@dataclass(frozen=True)
class FifthDimension:
    """M5, L5, b5, c5.

    Attributes
    ----------
    M5
        Domain-wall height, 0 < M5 < 2 for one light quark; the Wilson mass is -M5.
    L5
        Extent of the fifth dimension.
    b5, c5
        Moebius coefficients; 1 and 0 are Shamir's operator.
    """

    M5: float
    L5: int
    b5: float = 1.0
    c5: float = 0.0


def fifth_dimension(fermion: QuarkConfig) -> FifthDimension:
    """M5, L5, b5, c5 of a table of the input with kind = "domain_wall".

    Raises
    ------
    ValueError
        For a table of another kind.
    """
    if fermion.M5 is None or fermion.L5 is None or fermion.b5 is None or fermion.c5 is None:
        raise ValueError(f"{fermion.kind} fermions have no fifth dimension")
    return FifthDimension(fermion.M5, fermion.L5, fermion.b5, fermion.c5)


def rational_rows(
    numerator: tuple[float, float], denominator: tuple[float, float], masses: tuple[float, float], L5: int
) -> NDArray[np.float64]:
    """(n0 + n1 Lambda) / (d0 - d1 Lambda) as the kernels take it (see ``kernels.domainwall``).

    ``masses`` are those at which Lambda steps across the walls, of gamma_5 = +1 and of -1.
    """
    (n0, n1), (d0, d1) = numerator, denominator
    ratio = d1 / d0
    walls = [-mass / (1.0 + mass * ratio**L5) for mass in masses]
    return np.array([n0 / d0, n1 / d0, ratio, *(wall * ratio**k for wall in walls for k in range(L5))])


class DomainWallOperator(NormalEquations):
    """D(m) on links given by :meth:`set_links`, and the equations Mhat^dag Mhat x = b on even sites.

    Vectors are spinors [s5, block] as :meth:`vector` makes them: those of all s5 at a block lie side by side in memory.

    Parameters
    ----------
    lattice
        All extents even, d = 2 or 4.
    n
        Number of colours.
    mass
        Quark mass m in lattice units; 1 is the Pauli-Villars field.
    fifth
        M5, L5, b5, c5.
    boundary
        +1 or -1 for each direction: sign of hops across the boundary.
    family
        An operator on the same lattice that differs in the mass alone: links, work space and log are shared with it.
    theta
        Angles of the phases at the boundary (``dirac.phases``); None: there are none.
    flux
        Quanta of flux of an electromagnetic field through each plane (``lattice.background``); None: there is none.
    minus_mass
        Mass at which gamma_5 = -1 steps across the walls; None: as gamma_5 = +1, at m.

    Raises
    ------
    InputError
        On a lattice with an odd extent, open time or d = 3, or if D is singular at every site whatever the links.
    """

    name = "domain wall CG"

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        mass: float,
        fifth: FifthDimension,
        boundary: tuple[int, ...],
        family: DomainWallOperator | None = None,
        theta: tuple[float, ...] | None = None,
        flux: Flux | None = None,
        minus_mass: float | None = None,
    ) -> None:
        if lattice.d not in (2, 4):
            raise InputError(f"domain wall fermions live in 2 or 4 dimensions, not {lattice.d}")
        if not lattice.has_parity:
            raise InputError(f"domain wall fermions need even extents, not {lattice.shape}")
        if lattice.open_time:
            raise InputError("domain wall fermions know of no open time; allowed: staggered or wilson")
        self.lattice, self.n, self.mass, self.fifth, self.boundary = lattice, n, mass, fifth, boundary
        self.masses = mass, mass if minus_mass is None else minus_mass
        self.spins = spins(lattice.d)
        self.theta, self.flux, self.phases = theta, flux, link_phases(lattice, n, theta, flux)
        self._set_constants()
        if family is None:
            self.signs = lattice.site_field(lattice.boundary_signs(boundary))
            self.links = room_for_links(lattice, n, self.phases)
            log, work = SolverLog(), tuple(self.vector() for _ in range(4))
        else:
            self.signs, self.links = family.signs, family.links
            log, work = family.log, family.work
        cost = 4 * lattice.d * n * n * self.spins * fifth.L5 * lattice.volume
        super().__init__(log, work, 0, lattice.half, max(1, int(WORK_PER_CALL / cost)))

    def _set_constants(self) -> None:
        f = self.fifth
        self.d0, self.d1 = site_coefficients(self.lattice.d, f.M5, f.b5, f.c5)
        if abs(self.d0) < 1e-8 or min(abs(self._at_wall(mass)) for mass in self.masses) < 1e-8:
            raise InputError(f"domain wall operator with M5 = {f.M5}, b5 = {f.b5}, c5 = {f.c5}: singular at every site")
        one, A, K0 = (1.0, 0.0), (f.b5, f.c5), (self.d0, self.d1)
        self.A, self.K0, self.inverse, self.T = (
            rational_rows(numerator, denominator, self.masses, f.L5)
            for numerator, denominator in ((A, one), ((self.d0, -self.d1), one), (one, K0), (A, K0))
        )

    @property
    def site_determinant(self) -> float:
        """1 + m (d1/d0)^L5: determinant of K0 / d0 for one site, colour and spin component.

        The factor d0^L5 is that of every mass, and may be more than a number holds.
        """
        return self._at_wall(self.mass)

    def _at_wall(self, mass: float) -> float:
        """That of a mass."""
        return 1.0 + mass * (self.d1 / self.d0) ** self.fifth.L5

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Bounds of the spectrum of Mhat^dag Mhat that hold on all unitary links; None where none are known."""
        f = self.fifth
        return spectrum_bounds(self.lattice.d, self.mass, f.M5, f.L5, f.b5, f.c5)

    def with_mass(self, mass: float, minus_mass: float | None = None) -> DomainWallOperator:
        """The operator of another mass, or of one for each chirality, on the same links, shared from now on."""
        numbers = self.fifth, self.boundary, self, self.theta, self.flux, minus_mass
        return DomainWallOperator(self.lattice, self.n, mass, *numbers)

    @property
    def equations(self) -> tuple[NormalEquations, ...]:
        """Itself: Mhat^dag Mhat x = b."""
        return (self,)

    @property
    def packed(self) -> tuple[Blocks, ...]:
        """What depends on the links."""
        return (self.links,)

    def on(self, lattice: Lattice) -> DomainWallOperator:
        """The same operator, without links, on a lattice of other blocks or precision."""
        mass, minus_mass = self.masses
        numbers = self.fifth, self.boundary, None, self.theta, self.flux, minus_mass
        return DomainWallOperator(lattice, self.n, mass, *numbers)

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] with 1/2 and boundary signs."""
        pack(self.links, U, self.signs, self.lattice.neighbours, (0.5, 0.5), self.phases)

    def vector(self) -> Blocks:
        """A zero five-dimensional spinor field [s5, block] of n x S matrices (colour, spin)."""
        return self.lattice.stack(self.n, self.spins, self.fifth.L5)

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian five-dimensional spinor with <|r|^2> = 1 per component."""
        L5, n, spins, lattice = self.fifth.L5, self.n, self.spins, self.lattice
        r = gaussian_vector(lattice, L5 * n * spins, stream, purpose)["c"]
        out = self.vector()
        out["c"] = r.reshape(lattice.blocks, L5, n, spins, 2, lattice.width).swapaxes(0, 1)
        return out

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = D psi or D^dag psi on all sites; out is not psi."""
        nbr, last, work = self.lattice.neighbours, self.lattice.blocks, self.work[0]
        if dagger:
            kernels.hopping(work, self.A, self.links, psi, nbr, -1.0, 0, last)
            kernels.fifth(out, self.K0, psi, -1.0, 0, last)
            out["c"] -= work["c"]
        else:
            kernels.fifth(work, self.A, psi, 1.0, 0, last)
            kernels.fifth(out, self.K0, psi, 1.0, 0, last)
            kernels.minus_hopping(out, self.links, out, work, nbr, 1.0, 0, last)

    def apply_even(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = Mhat psi or Mhat^dag psi on the even sites; the odd ones of ``out`` are left alone."""
        half, nbr, t = self.lattice.half, self.lattice.neighbours, self.work[3]
        if dagger:
            kernels.fifth(t, self.T, psi, -1.0, 0, half)
            kernels.hopping(t, self.T, self.links, t, nbr, -1.0, half, 2 * half)
            kernels.minus_hopping(out, self.links, psi, t, nbr, -1.0, 0, half)
        else:
            kernels.even_operator(self.part, out, t, t, self.T, self.links, psi, nbr, half)

    def apply_normal(self, out: Blocks, x: Blocks) -> None:
        """out = Mhat^dag Mhat x."""
        half, nbr, (_r, _p, q, t) = self.lattice.half, self.lattice.neighbours, self.work
        kernels.even_operator(self.part, q, t, t, self.T, self.links, x, nbr, half)
        kernels.hopping(t, self.T, self.links, t, nbr, -1.0, half, 2 * half)
        kernels.minus_hopping(out, self.links, q, t, nbr, -1.0, 0, half)

    def advance(self, x: Blocks, rr: float, target: float, steps: int) -> tuple[int, float]:
        """Iterations on x; returns (their number, |r|^2)."""
        half, nbr, (r, p, q, t) = self.lattice.half, self.lattice.neighbours, self.work
        done, rr = kernels.conjugate_gradients(
            x, r, p, t, q, t, self.part, self.T, self.links, nbr, half, rr, target, steps
        )
        return int(done), float(rr)

    def invert(
        self, psi: Blocks, eta: Blocks, tolerance: float, max_iterations: int, starts: StartVectors | None = None
    ) -> None:
        """psi = D^{-1} eta on all sites, with |r| <= tolerance |b| in the normal equation on even sites.

        That is solved as ``starts`` says. psi' = A psi solves (1 - T K) psi' = T eta, and psi = K0^{-1} (eta + K psi').

        Raises
        ------
        NumericalError
            As :meth:`solve_normal`.
        """
        half, nbr, W = self.lattice.half, self.lattice.neighbours, self.links
        x, b = self.vector(), self.vector()
        kernels.fifth(b, self.T, eta, 1.0, half, 2 * half)
        kernels.hopping(b, self.T, W, b, nbr, 1.0, 0, half)  # T K T eta_o
        kernels.fifth(psi, self.T, eta, 1.0, 0, 2 * half)
        psi["c"][:, :half] += b["c"][:, :half]
        self.apply_even(b, psi, dagger=True)
        self.solve_normal(x, b, tolerance, max_iterations, starts)
        kernels.hopping(x, self.T, W, x, nbr, 1.0, half, 2 * half)
        x["c"][:, half:] += psi["c"][:, half:]
        kernels.minus_hopping(psi, W, eta, x, nbr, 1.0, 0, 2 * half)
        psi["c"] = 2.0 * eta["c"] - psi["c"]  # eta + K psi'
        kernels.fifth(psi, self.inverse, psi, 1.0, 0, 2 * half)

    def add_derivative(self, Sigma: Blocks, X: Blocks, Y: Blocks, factor: float) -> None:
        """Sigma += factor d/dU of Re Y^dag Mhat X, X and Y on even sites; fills the odd sites of X.

        With X_o = T K_oe X_e, y_e = T^dag Y_e, y_o = T^dag (K^dag)_oe y_e this is -factor d/dU of Re y^dag K X.
        """
        half, nbr, y = self.lattice.half, self.lattice.neighbours, self.work[0]
        kernels.hopping(X, self.T, self.links, X, nbr, 1.0, half, 2 * half)
        kernels.fifth(y, self.T, Y, -1.0, 0, half)
        kernels.hopping(y, self.T, self.links, y, nbr, -1.0, half, 2 * half)
        self.add_wilson_derivative(Sigma, X, y, factor)

    def add_wilson_derivative(self, Sigma: Blocks, X: Blocks, Y: Blocks, factor: float) -> None:
        """Sigma += factor d/dU of Re Y^dag D_W X, X and Y on all sites."""
        with of_turned_links(self.phases, Sigma) as T:
            kernels.add_hop_derivative(T, X, Y, self.signs, self.lattice.neighbours, -0.5 * factor)
