"""Rational pseudofermions of domain wall quarks: any number of flavours over their Pauli-Villars field.

[det A(m) / det A(1)]^{Nf/2} with A = Mhat^dag Mhat is shared by fields, each for a power of at most 1 of the whole
quotient: the heavy modes of the fifth dimension cancel within a field, in place of forces of opposite sign by two.
Powers by Clark and Kennedy, hep-lat/0608015.
"""

from __future__ import annotations

from collections.abc import Sequence

from lqcdnn.actions.pseudofermion import USUAL, PseudofermionField, SolverSettings
from lqcdnn.actions.rational import WIDEN, Approximations, check_spectrum
from lqcdnn.dirac.rational import RationalPower, rational_power
from lqcdnn.dirac.shifted_domainwall import ShiftedDomainWall
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.lattice.geometry import Blocks, Lattice

NEVER = "links of the group never lead there: check the configuration with lqcdnn verify"
"""Advice where bounds are left that hold on all links."""


def heavy_approximations(power: float, bounds: tuple[float, float], error: float, md_error: float) -> Approximations:
    """Approximations beside those of ``actions.rational.approximations``, for det A(1)^-power, 0 < power <= 1.

    x^{-power/2} for the heat bath, x^{power/2} for Metropolis test and molecular dynamics; parameters and errors as
    there.
    """
    return Approximations(
        rational_power(-0.5 * power, *bounds, error),
        rational_power(0.5 * power, *bounds, error),
        rational_power(0.5 * power, *bounds, md_error),
    )


class RationalRatioAction:
    """S = sum over fields of phi^dag h(A_h) r(A) h(A_h) phi, r(x) near x^-p, h(x) near x^{p/2}.

    The integral over a phi is [det A / det A_h]^p.  A_h is A at another mass, 1 for the Pauli-Villars field.

    Parameters
    ----------
    operator, heavy
        A and A_h with their solvers, on the same links.
    fields
        One phi per factor; the same objects in the exact action and in its guide.
    powers, heavy_powers
        The three approximations of each.
    settings
        Of its solves: tolerances are those of every shifted system; they all start from zero.
    key
        The table of the input file this is, for messages.
    """

    def __init__(
        self,
        operator: ShiftedDomainWall,
        heavy: ShiftedDomainWall,
        fields: Sequence[PseudofermionField],
        powers: Approximations,
        heavy_powers: Approximations,
        settings: SolverSettings = USUAL,
        key: str = "",
    ) -> None:
        self.operator, self.heavy, self.fields, self.settings = operator, heavy, tuple(fields), settings
        self.powers, self.heavy_powers = powers, heavy_powers
        self.name = f"fermion.{fields[0].index + 1}"
        self.key = key or self.name
        self.lattice: Lattice = operator.lattice
        self._y, self._z = operator.vector(), operator.vector()

    @property
    def logs(self) -> list[SolverLog]:
        """Where the solves of both masses are recorded."""
        return [self.operator.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = A_h^{-p/2} A^{p/2} r, r complex Gaussian, so that S = |r|^2 to the errors of the approximations.

        Raises
        ------
        NumericalError
            If a solve does not converge, or an operator has eigenvalues outside the range of the approximations.
        """
        light, heavy, r2 = self.powers.heat_bath, self.heavy_powers.heat_bath, 0.0
        self.operator.set_links(U)
        for field in self.fields:
            r = self.operator.noise(stream, PSEUDOFERMION + field.index)
            self._apply(self.operator, light, self._y, r)
            self._apply(self.heavy, heavy, field.renew(), self._y)
            r2 += self.operator.product(r, r)
        return r2

    def value(self, U: Blocks) -> float:
        """S[U]; raises as :meth:`draw`."""
        light, heavy, total = self.powers.metropolis, self.heavy_powers.metropolis, 0.0
        self.operator.set_links(U)
        for field in self.fields:
            self._apply(self.heavy, heavy, self._y, field.phi)
            self._apply(self.operator, light, self._z, self._y)
            total += self.operator.product(self._y, self._z)
        return total

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = 2 Re phi^dag dh(A_h) z + y^dag dr(A) y, y = h(A_h) phi, z = r(A) y, by the looser approximations.

        The first is the sum of h_j d[(A_h + c_j)^-1] between the solutions for phi and for z: two multi-shift solves at
        the heavy mass and one at the light.
        """
        light, heavy = self.powers.dynamics, self.heavy_powers.dynamics
        self.operator.set_links(U)
        for field in self.fields:
            self._solve(self.heavy, heavy, field.phi)
            self.heavy.keep()
            self.heavy.combine(self._y, field.phi, heavy.constant, heavy.residues)
            self._solve(self.operator, light, self._y)
            self.operator.add_derivative(Sigma, light.residues, 0.0)
            self.operator.combine(self._z, self._y, light.constant, light.residues)
            self._solve(self.heavy, heavy, self._z)
            self.heavy.add_bilinear_derivative(Sigma, heavy.residues)

    def _apply(self, system: ShiftedDomainWall, power: RationalPower, out: Blocks, b: Blocks) -> None:
        """out = power of the operator of ``system`` times b; stops the run where the approximation does not hold."""
        spectrum = system.solve(b, power.shifts, self.settings.tolerance, self.settings.max_iterations)
        hint = WIDEN.format(self.key) if system is self.operator else NEVER
        check_spectrum(spectrum, (power.lower, power.upper), self.key, hint)
        system.combine(out, b, power.constant, power.residues)

    def _solve(self, system: ShiftedDomainWall, power: RationalPower, b: Blocks) -> None:
        """The shifted systems of a power in molecular dynamics."""
        system.solve(b, power.shifts, self.settings.md_tolerance, self.settings.max_iterations)
