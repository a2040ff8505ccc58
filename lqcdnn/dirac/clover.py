"""The clover term of the Wilson operator on one gauge field: its blocks, their inverse and determinant, derivatives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields.opentime import of_lanes
from lqcdnn.kernels import clover as kernels
from lqcdnn.kernels import clover_derivative as derivatives
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.plaquette_layer import add_far_derivatives
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.kernels.simd.spin import gamma_matrices
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.programs import leaf_program
from lqcdnn.lattice.programs import planes as planes_of
from lqcdnn.lattice.schroedinger import fixed_sites, slices_beside


def plane_phases(d: int) -> NDArray[np.float64]:
    """gamma_mu gamma_nu of each plane by chirality: [plane, chirality, a, b, (re, im)]."""
    gamma = gamma_matrices(d)
    half = gamma.shape[-1] // 2
    out = np.empty((len(planes_of(d)), 2, half, half, 2))
    for p, (mu, nu) in enumerate(planes_of(d)):
        product = gamma[mu] @ gamma[nu]
        for c in range(2):
            block = product[c * half : (c + 1) * half, c * half : (c + 1) * half]
            out[p, c, ..., 0], out[p, c, ..., 1] = block.real, block.imag
    return out


def factors(lattice: Lattice, numbers: Sequence[complex]) -> Blocks:
    """Complex numbers, the same for all sites, as kernels multiply matrices by them."""
    out = aligned_zeros((len(numbers),), field_dtype(1, 1, lattice.width, lattice.real))
    for k, z in enumerate(numbers):
        out["c"][k, 0, 0, 0], out["c"][k, 0, 0, 1] = z.real, z.imag
    return out


def clover_term(
    lattice: Lattice,
    n: int,
    kappa: float,
    csw: float | tuple[float, float],
    twisted_mass: float,
    turned: Sequence[complex] | None,
    boundary: float = 0.0,
) -> CloverTerm | None:
    """The term of a coefficient, or of two, those of planes of space and with time; None where all are 0."""
    if not isinstance(csw, tuple):
        needed = bool(csw or boundary)
        return CloverTerm(lattice, n, kappa * csw, twisted_mass, None, turned, boundary) if needed else None
    return CloverTerm(lattice, n, kappa, twisted_mass, csw, turned) if any(csw) else None


class CloverTerm:
    """A = 1 - strength sum_(mu<nu) gamma_mu gamma_nu F_{mu nu} = 1 + i strength sum_(mu<nu) sigma F_{mu nu}.

    F_{mu nu} = (Q - Q^dag) / 8 with Q the sum of the four leaves, sigma = (i/2) [gamma_mu, gamma_nu] (Sheikholeslami
    and Wohlert, Nucl. Phys. B259 (1985) 572; in the form of hep-lat/9605038, eq. (2.6), with c_SW = strength / kappa).

    Parameters
    ----------
    lattice, n
        Lattice in d = 2 or 4 with even extents, number of colours.
    strength
        kappa c_SW.
    twisted_mass
        m of A + i m gamma_5, in the normalisation of A; 0: none.
    planes
        Weights of planes of space and of those with time.
    turned
        What the plaquettes of each plane are multiplied by, numbers of U(1): a uniform electromagnetic field; None: 1.
    boundary
        What is added to A in the slices next to fixed ones, in which A is 1.

    Attributes
    ----------
    A, inverse
        [block, chirality], hermitian matrices as in ``kernels.simd.hermitian``; the inverse on odd sites only, with a
        twisted mass (A^2 + m^2)^-1.
    log_determinant
        log |det (A_o + i m gamma_5)| of the odd sites, which is log det (A_o^2 + m^2) / 2.
    """

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        strength: float,
        twisted_mass: float = 0.0,
        planes: tuple[float, float] | None = None,
        turned: Sequence[complex] | None = None,
        boundary: float = 0.0,
    ) -> None:
        self.lattice, self.n, self.strength, self.twisted_mass = lattice, n, strength, twisted_mass
        self._phases = plane_phases(lattice.d)
        if planes is not None:
            of_plane = [planes[lattice.d - 1 in plane] for plane in planes_of(lattice.d)]
            self._phases *= np.reshape(of_plane, (-1, 1, 1, 1, 1))
        self._turns = None if turned is None else factors(lattice, turned)
        whole = lattice.zeros(n, n, (1,))  # with a phase a sum of SU(2) matrices is no quaternion
        self._field = lattice.links(n, (1,)) if turned is None else whole
        self.A, self.inverse = (self._matrices() for _ in range(2))
        self._leaves = leaf_program(lattice.d)
        self._part = np.empty(lattice.half)
        self.log_determinant = 0.0
        self._added = self._of_boundary(boundary) if boundary else None

    def _matrices(self) -> Blocks:
        """Zero hermitian matrices; those of SU(2) are symmetric in some basis, but not where it has phases."""
        n, d = self.n, self.lattice.d
        return self.lattice.clover_matrices(n) if self._turns is None else self.lattice.hermitian(n * d // 2)

    def _of_boundary(self, number: float) -> NDArray[np.float64]:
        """What is added to A: a number times 1 in slices next to fixed ones, [block, chirality, entry, lane]."""
        unit, none = self._matrices(), scratch(self._field, len(self._phases))
        none["c"] = 0.0
        kernels.clover_term(unit, none, self._phases, 0.0)
        added: NDArray[np.float64] = number * unit["c"] * slices_beside(self.lattice)[:, None, None]
        return added

    def _clear_walls(self, field: Blocks) -> None:
        """Zero for field strengths or insertions [plane, block] in fixed slices, where there are no quarks."""
        if self.lattice.fixed is not None:
            lower, upper = fixed_sites(self.lattice)
            for of_plane in field:
                of_lanes(of_plane)[lower | upper] = 0.0

    def set_links(self, U: Blocks) -> None:
        """Compute A and its inverse on odd sites for the links U [d, block], which are kept for the derivatives."""
        F, leaves, half = scratch(self._field, len(self._phases)), self._leaves, self.lattice.half
        paths = leaves.program, leaves.start, np.ones((1, 1))
        if self._turns is None:
            kernels.field_strength(F, U, self.lattice.neighbours, *paths)
        else:
            kernels.turned_field_strength(F, U, self._turns, self.lattice.neighbours, *paths)
        self._clear_walls(F)
        kernels.clover_term(self.A, F, self._phases, self.strength)
        if self._added is not None:
            self.A["c"] += self._added
        source, m = self.A, self.twisted_mass
        if m:
            kernels.multiply_commuting(self.inverse, self.A, self.A, m * m, half, 2 * half)
            source = self.inverse
        kernels.invert_hermitian(self._part, self.inverse, source, half, 2 * half)
        self.log_determinant = (0.25 if m else 0.5) * float(ordered_sum(self._part))
        self._U = U

    def insertions(self) -> Blocks:
        """Insertions into the leaves, [plane, block], none yet; those of all derivatives are summed here.

        A derivative by the links costs as much as many iterations of a solver, however many insertions there are.
        """
        Z = scratch(self._field, len(self._phases))
        Z["c"] = 0.0
        return Z

    def insert_bilinear(self, Z: Blocks, X: Blocks, Y: Blocks, factor: float) -> None:
        """Those of factor Re Y^dag A X, summed over all sites, added to Z."""
        derivatives.add_bilinear_insertions(Z, X, Y, self._phases, -factor * self.strength)

    def insert_determinant(self, Z: Blocks, factor: float) -> None:
        """Those of factor times :attr:`log_determinant` added to Z; with a twisted mass dA enters with A inverse."""
        half, inverse = self.lattice.half, self.inverse
        if self.twisted_mass:
            inverse = self._matrices()
            kernels.multiply_commuting(inverse, self.A, self.inverse, 0.0, half, 2 * half)
        derivatives.add_trace_insertions(Z, inverse, self._phases, -factor * self.strength, half, 2 * half)

    def add_derivative(self, Sigma: Blocks, Z: Blocks) -> None:
        """Sigma += d/dU of what the insertions Z belong to; those in fixed slices are set to zero."""
        d, nbr = self.lattice.d, self.lattice.neighbours
        self._clear_walls(Z)
        if self._turns is not None:
            turned = scratch(self._U, len(self._phases))
            derivatives.turn_insertions(turned, Z, self._turns)
            Z = turned
        far = scratch(Sigma, d * (d - 1))
        derivatives.near_insertions(Sigma, far, Z, self._U, nbr)
        add_far_derivatives(Sigma, far, nbr)
