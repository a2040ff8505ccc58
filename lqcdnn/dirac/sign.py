"""The sign of the hermitian Wilson operator Q = gamma_5 M, by eigenvectors and a rational approximation.

Of the lowest eigenvectors v_k of Q the signs are taken one by one; on what is orthogonal to them

    sign(Q) = Q (Q^2)^(-1/2),   (Q^2)^(-1/2) -> a_0 + sum_i a_i / (Q^2 + b_i),

with the approximation of x^(-1/2) of least relative error on the rest of the spectrum.  Times Q it is the one of the
sign that E. I. Zolotarev found (J. van den Eshof et al., hep-lat/0202025).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.lowmodes import Hermitian, LowModes, block_size, low_modes, restricted, turned
from lqcdnn.dirac.multishift import ShiftedEquations
from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.rational import RationalPower, rational_power
from lqcdnn.dirac.startvectors import dot
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.random import LOW_MODES, Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.kernels.linalg import add_multiple
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.multishift import shifted_residual
from lqcdnn.lattice.geometry import Blocks

POLYNOMIALS = 200
"""Applied at most to find them."""

PRECISION = 1e-14
"""|Q^2 v - q^2 v| of the eigenvectors, in units of the bound of Q^2."""

GAP = 1e-7
"""Eigenvalues of Q^2 closer than this, in the same units, are of one space, which is projected out whole or not."""

APPROXIMATION, SOLVES = 0.1, 0.3
"""Parts of the tolerance for the error of the rational approximation and for the residuals r_i of its solves.

These change the sign by sum_i a_i |Q (Q^2 + b_i)^{-1} r_i|, at most the largest |r_i|: sum_i a_i x / (x^2 + b_i) < 1.
Twice both is what |sign(Q)^2 - 1| may become.
"""


MORE_MODES = "raise low_modes of the quark (rounding grows with the condition number that is left), or sign_tolerance"


class SquaredWilson(ShiftedEquations):
    """(M^dag M + s_i) x_i = b on all sites; M^dag M = Q^2.

    Parameters
    ----------
    operator
        M, without clover term; solves are recorded in its log.
    """

    name = "multi-shift CG of the sign function"

    def __init__(self, operator: WilsonOperator) -> None:
        lattice, n, spins = operator.lattice, operator.n, operator.spins
        work = 4 * lattice.d * n * n * spins * lattice.volume
        super().__init__(lattice, n, spins, operator.log, work, lattice.blocks)
        self.operator, self._y = operator, self.vector()

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = Q^2 x."""
        self.operator.apply(self._y, x)
        self.operator.apply(out, self._y, dagger=True)

    def _arrays(self) -> tuple[object, ...]:
        return self.operator.hops, self.lattice.neighbours, self._y

    def residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (Q^2 + s_0) x_0|^2 of the first system, whose residual is the largest of all."""
        self.p["c"] = self.X["c"][0]
        self.apply(self._q, self.p)
        shifted_residual(self._part, b, self._q, self.p, shifts[0], self.last)
        return np.array([ordered_sum(self._part)])


class SignFunction:
    """sign(Q), Q = gamma_5 M, for a Wilson operator with its links set.

    Parameters
    ----------
    operator
        M.
    tolerance
        |sign(Q)^2 - 1| that :meth:`prepare` demands of a random vector.
    modes
        Eigenvectors that are projected out, at most.
    max_iterations
        Of a solve.

    Attributes
    ----------
    values
        Eigenvalues of Q whose vectors are projected out.
    approximation
        Of x^(-1/2) on the rest of the spectrum of Q^2.
    deviation
        |sign(Q)^2 x - x| / |x| of the random vector.
    """

    def __init__(self, operator: WilsonOperator, tolerance: float, modes: int, max_iterations: int) -> None:
        self.operator, self.tolerance, self.modes, self.max_iterations = operator, tolerance, modes, max_iterations
        self.squares = SquaredWilson(operator)
        bound = 1.0 + operator.kappa * 2 * operator.lattice.d  # |M| on every configuration
        self.A = Hermitian(self.squares.apply, bound**2, 0, operator.lattice.blocks)
        self.values: list[float] = []
        self.approximation: RationalPower | None = None
        self.deviation = math.nan
        self._vectors: list[Blocks] = []
        self.hermitian = hermitian_wilson(operator)
        self._rest, self._sum = operator.vector(), operator.vector()

    def prepare(self) -> None:
        """Find the eigenvectors and the approximation for the links of the operator; the same for the same links.

        Raises
        ------
        NumericalError
            If they are not found, or the sign is less accurate than demanded.
        """
        found = self._low_modes()
        count = projected(found.ritz[: len(found.values)], GAP * self.A.bound)
        self.values, self._vectors = self._eigenvectors(found.vectors[:count])
        self.approximation = self._approximation(float(found.values[count]))
        x, once, twice = (self.operator.vector() for _ in range(3))
        x["c"] = self._random(0)["c"]
        self.apply(once, x)
        self.apply(twice, once)
        twice["c"] -= x["c"]
        self.deviation = math.sqrt(real_product(twice, twice) / real_product(x, x))
        if not self.deviation <= self.tolerance:
            raise NumericalError(
                f"overlap: |sign^2 - 1| is {self.deviation:.2e} on a random vector, demanded {self.tolerance:.1e}",
                hint=MORE_MODES,
            )

    def apply(self, out: Blocks, psi: Blocks, tolerance: float = 0.0) -> None:
        """out = sign(Q) psi; ``tolerance``: of its error relative to psi, where that may be larger than demanded.

        Raises
        ------
        NumericalError
            If the solves do not converge.
        """
        approximation = self.approximation
        assert approximation is not None  # prepared
        rest, last = self._rest, self.A.last
        rest["c"] = psi["c"]
        components = self._project(rest)
        residual = SOLVES * max(self.tolerance, tolerance)
        try:
            self.squares.solve(rest, approximation.shifts, residual, self.max_iterations)
        except NumericalError as error:
            raise NumericalError(error.message, hint=MORE_MODES) from None
        self.squares.combine(self._sum, rest, approximation.constant, approximation.residues)
        self.hermitian(out, self._sum)
        self._project(out)
        for value, component, v in zip(self.values, components, self._vectors, strict=True):
            add_multiple(rows(out), math.copysign(1.0, value) * component, rows(v), 0, last)

    def _project(self, psi: Blocks) -> list[complex]:
        """Take the components along the eigenvectors out of psi, and return them."""
        components = []
        for v in self._vectors:
            components.append(dot(self.A, v, psi))
            add_multiple(rows(psi), -components[-1], rows(v), 0, self.A.last)
        return components

    def _low_modes(self) -> LowModes:
        """One eigenvector of Q^2 more than are projected out at most: its eigenvalue is where the rest begins."""
        op = self.operator
        size = op.lattice.volume * op.n * op.spins
        number = min(self.modes, size // 2 - 1) + 1
        start = [self._random(i) for i in range(block_size(number, size))]
        try:
            return low_modes(self.A, start, number, PRECISION, POLYNOMIALS)
        except NumericalError as error:
            raise NumericalError(f"overlap, low modes of the Wilson operator: {error.message}") from None

    def _random(self, index: int) -> Blocks:
        op = self.operator
        return gaussian_vector(op.lattice, op.n, Stream(0, 0), noise_purpose(index, LOW_MODES), op.spins)

    def _eigenvectors(self, vectors: list[Blocks]) -> tuple[list[float], list[Blocks]]:
        """Eigenvalues and vectors of Q in a space that Q maps to itself."""
        values, V = restricted(self.A, self.hermitian, vectors, [self.operator.vector()] * len(vectors))
        return values.tolist(), turned(self.A, vectors, V)

    def _approximation(self, lowest: float) -> RationalPower:
        """Of x^(-1/2) from ``lowest``, or a little below: by halves of the bound, so that few are ever computed."""
        upper = self.A.bound
        lower = upper
        while lower > 0.5 * upper or lower > (1.0 - 1e-6) * lowest > 0.0:
            lower *= 0.5
        try:
            return rational_power(-0.5, lower, upper, APPROXIMATION * self.tolerance)
        except InputError as error:
            raise NumericalError(f"overlap: the sign function has no approximation: {error.message}") from None


def hermitian_wilson(operator: WilsonOperator) -> Callable[[Blocks, Blocks], None]:
    """out = Q x."""

    def apply(out: Blocks, x: Blocks) -> None:
        operator.apply(out, x)
        lower = out["c"][:, :, operator.spins // 2 :]
        np.negative(lower, out=lower)

    return apply


def projected(squares: NDArray[np.float64], least: float) -> int:
    """How many of the lowest eigenvectors are projected out, given all their eigenvalues and one more, in rising order.

    As many as leave the largest gap behind them, in the upper half of what is possible or, where no gap is as large as
    ``least``, in all of it; none if there is no such gap at all.
    """
    most, gaps = len(squares) - 1, np.diff(squares)
    for first in ((most + 1) // 2, 1):
        where = range(max(1, first), most + 1)
        best = max(where, key=lambda k: gaps[k - 1], default=0)
        if best and gaps[best - 1] >= least:
            return best
    return 0
