"""Rational pseudofermions: any number of flavours (physics.md 3.5; Clark and Kennedy, hep-lat/0608015).

det A^{Nf/f} = prod over k fields of det A^p, p = Nf / (f k), with A the normal operator of a fermion of which
one determinant stands for f flavours; A^-p is applied as a0 + sum_i a_i (A + b_i)^-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.actions.pseudofermion import USUAL, PseudofermionField, SolverSettings
from lqcdnn.dirac.multishift import ShiftedSystem, Spectrum
from lqcdnn.dirac.rational import RationalPower, rational_power
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import NumericalError
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.lattice.geometry import Blocks, Lattice

ROOM = 1e-6
"""Relative excess over a bound of the spectrum that rounding may cause."""


WIDEN = "set {}.spectrum to a range that contains them with room, or leave it out"


@dataclass(frozen=True)
class Approximations:
    """x^{p/2} for the heat bath, x^-p for the Metropolis test, and a looser x^-p for molecular dynamics."""

    heat_bath: RationalPower
    metropolis: RationalPower
    dynamics: RationalPower

    @property
    def bounds(self) -> tuple[float, float]:
        """The range on which all of them hold."""
        return self.metropolis.lower, self.metropolis.upper


def approximations(power: float, bounds: tuple[float, float], error: float, md_error: float) -> Approximations:
    """Approximations for det A^power, 0 < power <= 1.

    Parameters
    ----------
    bounds
        Lower and upper bound of the spectrum of A.
    error
        Relative error of those for heat bath and Metropolis.
    md_error
        Relative error of that for molecular dynamics.

    Raises
    ------
    InputError
        If the lower bound is not above 0, or an error cannot be reached.
    """
    return Approximations(
        rational_power(0.5 * power, *bounds, error),
        rational_power(-power, *bounds, error),
        rational_power(-power, *bounds, md_error),
    )


def check_spectrum(spectrum: Spectrum, bounds: tuple[float, float], key: str, hint: str) -> None:
    """Stop the run where approximations that hold within ``bounds`` do not hold.

    Raises
    ------
    NumericalError
        If ``spectrum`` reaches outside; names ``key``, a table of the input.
    """
    lower, upper = bounds
    if spectrum.outside(lower * (1.0 - ROOM), upper * (1.0 + ROOM)):
        low, high = spectrum.ends()
        raise NumericalError(
            f"{key}: eigenvalues from {low:.6g} to {high:.6g} were met, outside [{lower:g}, {upper:g}], "
            "where the rational approximations hold",
            hint=hint,
        )


class RationalAction:
    """S = sum over fields of phi^dag r(A) phi, r(x) = a0 + sum_i a_i / (x + b_i) near x^-p, + local part.

    The gradient is that of the looser approximation for molecular dynamics, one multi-shift solve per field.

    Parameters
    ----------
    operator
        A with its solver.
    fields
        One phi per factor det A^p; the same objects in the exact action and in its guide.
    powers
        The three approximations.
    settings
        Of its solves: tolerances are those of every shifted system; they all start from zero.
    key
        The table of the input file this is, for messages.
    """

    knows_fixed = True
    """As far as its operator does, which says so itself."""

    def __init__(
        self,
        operator: ShiftedSystem,
        fields: Sequence[PseudofermionField],
        powers: Approximations,
        settings: SolverSettings = USUAL,
        key: str = "",
    ) -> None:
        self.operator, self.fields, self.powers, self.settings = operator, tuple(fields), powers, settings
        self.name = f"fermion.{fields[0].index + 1}"
        self.key = key or self.name
        self.local_factor = -powers.metropolis.power * len(self.fields)
        self.lattice: Lattice = operator.lattice

    @property
    def logs(self) -> list[SolverLog]:
        """Where the solves of this action are recorded."""
        return [self.operator.log]

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi = A^{p/2} r, r complex Gaussian, so that phi^dag A^-p phi = |r|^2 to the errors of the approximations.

        Raises
        ------
        NumericalError
            If a solve does not converge, or A has eigenvalues outside the range of the approximations.
        """
        power, s, r2, there = self.powers.heat_bath, self.settings, 0.0, slice(self.operator.last)
        self.operator.set_links(U)
        for field in self.fields:
            r = self.operator.noise(stream, PSEUDOFERMION + field.index)
            spectrum = self.operator.solve(r, power.shifts, s.tolerance, s.max_iterations)
            self.check(spectrum)
            field.phi["c"] = 0.0
            self.operator.combine(field.phi, r, power.constant, power.residues)
            r2 += real_product(r[there], r[there])
        return r2 + self.local_factor * self.operator.local_action()

    def value(self, U: Blocks) -> float:
        """S[U]; raises as :meth:`draw`."""
        power, s, total = self.powers.metropolis, self.settings, 0.0
        self.operator.set_links(U)
        for field in self.fields:
            spectrum = self.operator.solve(field.phi, power.shifts, s.tolerance, s.max_iterations)
            self.check(spectrum)
            out = np.zeros_like(field.phi)
            self.operator.combine(out, field.phi, power.constant, power.residues)
            total += real_product(field.phi, out)
        return total + self.local_factor * self.operator.local_action()

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = sum_i a_i d[phi^dag (A + b_i)^-1 phi] + local part."""
        power, s, local = self.powers.dynamics, self.settings, self.local_factor
        self.operator.set_links(U)
        for field in self.fields:
            self.operator.solve(field.phi, power.shifts, s.md_tolerance, s.max_iterations)
            self.operator.add_derivative(Sigma, power.residues, local)
            local = 0.0

    def check(self, spectrum: Spectrum) -> None:
        """Stop the run where the approximations do not hold.

        Raises
        ------
        NumericalError
            If ``spectrum`` reaches outside their range.
        """
        check_spectrum(spectrum, self.powers.bounds, self.key, WIDEN.format(self.key))
