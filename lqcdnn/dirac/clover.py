"""The clover term of the Wilson operator on one gauge field: its blocks, their inverse and determinant, derivatives.

It is linear in the field strength, or the exponential of the linear one's second term (A. Francis, P. Fritzsch,
M. Luscher, A. Rago, arXiv:1911.04533): stabilised Wilson fermions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.kernels import clover as kernels
from lqcdnn.kernels import clover_derivative as derivatives
from lqcdnn.kernels import clover_exponential as exponential
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

LONGEST = 2.0
"""Largest norm of which the series of the exponential is summed: 28 terms."""
LARGEST = 80.0
"""Largest norm of an exponent: its exponential is a number in single precision, too."""


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
    exponentiated: bool = False,
) -> CloverTerm | None:
    """The term of a coefficient, or of two, those of planes of space and with time; None where all are 0."""
    kind = ExponentialClover if exponentiated else CloverTerm
    if not isinstance(csw, tuple):
        needed = bool(csw or boundary)
        return kind(lattice, n, kappa * csw, twisted_mass, None, turned, boundary) if needed else None
    return kind(lattice, n, kappa, twisted_mass, csw, turned) if any(csw) else None


def taylor_series(bound: float, sign: float = 1.0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Program and coefficients of exp(sign x), |x| <= bound, as ``kernels.clover_exponential`` takes them.

    That is (sum_k c_k x^k)^(2^n), c_k = (sign 2^-n)^k / k!; what the sum leaves out is below the rounding of exp |x|.
    """
    squarings = max(0, math.ceil(math.log2(bound / LONGEST))) if bound else 0
    size, count = bound / 2.0**squarings, 1
    while size ** (4 * count) > 2.0**-56 * math.factorial(4 * count):
        count += 1
    powers = [(1, 0, 0), (2, 0, 1), (3, 1, 1)]
    program = [*powers, *[(5, 3, 4)] * (count - 1), *[(5, 4, 4)] * squarings]
    numbers = [(sign * 0.5**squarings) ** k / math.factorial(k) for k in range(4 * count)]
    sums = [*np.reshape(numbers, (count, 4))[::-1], *np.zeros((squarings, 4))]
    return np.array(program), np.array(sums)


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
        kernels.clover_term(unit, none, self._phases, 1.0, 0.0)
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
        self._set_term(self.A, U, 1.0)
        if self._added is not None:
            self.A["c"] += self._added
        self._invert(self._squared() if self.twisted_mass else self.A)

    def _invert(self, source: Blocks) -> None:
        """The inverse and what is known of the determinant by it, of A or of what stands for it."""
        half = self.lattice.half
        kernels.invert_hermitian(self._part, self.inverse, source, half, 2 * half)
        self.log_determinant = (0.25 if self.twisted_mass else 0.5) * float(ordered_sum(self._part))

    def _squared(self) -> Blocks:
        """A^2 + m^2 on odd sites, in the place of the inverse."""
        half, m = self.lattice.half, self.twisted_mass
        kernels.multiply_commuting(self.inverse, self.A, self.A, m * m, half, 2 * half)
        return self.inverse

    def _set_term(self, A: Blocks, U: Blocks, constant: float) -> None:
        """A = constant - strength sum gamma_mu gamma_nu F for links, which are kept."""
        F, leaves = scratch(self._field, len(self._phases)), self._leaves
        paths = leaves.program, leaves.start, np.ones((1, 1))
        if self._turns is None:
            kernels.field_strength(F, U, self.lattice.neighbours, *paths)
        else:
            kernels.turned_field_strength(F, U, self._turns, self.lattice.neighbours, *paths)
        self._clear_walls(F)
        kernels.clover_term(A, F, self._phases, constant, self.strength)
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
        """Those of factor times :attr:`log_determinant` added to Z."""
        half, inverse = self.lattice.half, self._of_determinant() if self.twisted_mass else self.inverse
        derivatives.add_trace_insertions(Z, inverse, self._phases, -factor * self.strength, half, 2 * half)

    def _of_determinant(self) -> Blocks:
        """A (A^2 + m^2)^-1 on odd sites, with which dA enters the derivative of the logarithm with a twisted mass."""
        half, product = self.lattice.half, self._matrices()
        kernels.multiply_commuting(product, self.A, self.inverse, 0.0, half, 2 * half)
        return product

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


class ExponentialClover(CloverTerm):
    """A = exp(E), E = -strength sum_(mu<nu) gamma_mu gamma_nu F_{mu nu}: A has always an inverse, exp(-E).

    D + m has (m + d r) exp[c_SW / (m + d r) (i/4) sigma_{mu nu} F_{mu nu}] in place of m + d r + c_SW (i/4) sigma F
    (arXiv:1911.04533), as strength = c_SW / [2 (m + d r)].  The trace of E over spin vanishes, and det A is 1.

    Parameters are those of :class:`CloverTerm`.  In the slices next to fixed ones A = (1 + boundary) exp(E), and the
    exponent is that of the other slices, as in openQCD.  Insertions are matrices G [block, chirality] that stand for
    the sum of Re tr (G dA) until :meth:`add_derivative`, so that the exponential is differentiated once.

    Raises
    ------
    InputError
        If an exponent may be above ``LARGEST``.
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
        super().__init__(lattice, n, strength, twisted_mass, planes, turned)
        self._exponent = self._matrices()
        self._number = 1.0 + boundary * slices_beside(lattice)[:, None, None] if boundary else None
        of_planes = np.abs(self._phases).sum(axis=(2, 3, 4)).max(axis=1) / self._phases.shape[2]
        bound = abs(strength) * float(of_planes.sum())  # |F| <= 1 of each plane
        if bound > LARGEST:
            found = f"exponential clover term: exponents up to csw d (d - 1) / [4 (m + d r)] = {bound:.4g}"
            raise InputError(f"{found}; allowed: up to {LARGEST:g}, by a smaller csw or a larger mass")
        self._series, self._inverse_series = (taylor_series(bound, sign) for sign in (1.0, -1.0))
        if self._number is not None and not twisted_mass:
            odd = self._number[lattice.half :, 0]
            self.log_determinant = n * lattice.d * math.fsum(math.log(abs(x)) for x in odd.ravel())

    def set_links(self, U: Blocks) -> None:
        """As :meth:`CloverTerm.set_links`."""
        self._set_term(self._exponent, U, 0.0)
        half, blocks = self.lattice.half, self.lattice.blocks
        exponential.exponentials(self.A, self._exponent, *self._series, 0, blocks)
        if self._number is not None:
            self.A["c"] *= self._number
        if self.twisted_mass:
            self._invert(self._squared())
            return
        exponential.exponentials(self.inverse, self._exponent, *self._inverse_series, half, blocks)
        if self._number is not None:
            self.inverse["c"][half:] /= self._number[half:]

    def insertions(self) -> Blocks:
        """G = 0."""
        return self._matrices()

    def insert_bilinear(self, Z: Blocks, X: Blocks, Y: Blocks, factor: float) -> None:
        """G += factor X Y^dag, as far as hermitian matrices see it."""
        exponential.add_outer_products(Z, X, Y, factor)

    def insert_determinant(self, Z: Blocks, factor: float) -> None:
        """That of factor times :attr:`log_determinant`, which depends on links beside a twisted mass alone."""
        if self.twisted_mass:
            Z["c"] += factor * self._of_determinant()["c"]

    def add_derivative(self, Sigma: Blocks, Z: Blocks) -> None:
        """As :meth:`CloverTerm.add_derivative`; Z is changed."""
        if self._number is not None:
            Z["c"] *= self._number
        exponential.differentiate_exponentials(Z, Z, self._exponent, *self._series)
        leaves = super().insertions()
        derivatives.add_trace_insertions(leaves, Z, self._phases, -self.strength, 0, self.lattice.blocks)
        super().add_derivative(Sigma, leaves)
