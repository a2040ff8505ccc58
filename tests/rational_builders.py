"""Rational actions on the small lattices of ``builders``."""

from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.actions.rational_ratio import RationalRatioAction, heavy_approximations
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.mixedshift import use_mixed_precision
from lqcdnn.dirac.shifted import ShiftedStaggered, ShiftedWilson
from lqcdnn.dirac.shifted_domainwall import ShiftedDomainWall
from lqcdnn.dirac.wilson import WilsonOperator

UNIT = {2: 2, 3: 2, 4: 4}
"""Flavours of one staggered determinant by dimension."""


def fields_of(system, count, index=0):
    """Pseudofermions of an action, with the indices the input file gives them."""
    return [PseudofermionField(system.vector(), index + (k << 8)) for k in range(count)]


def rational_staggered(
    p, flavors, mass=0.4, fields=1, md_error=1e-14, tolerance=1e-13, bounds=None, index=0, mixed=False
):
    """det A^(flavors / unit) shared by ``fields`` pseudofermions (a number, or those of another action)."""
    system = ShiftedStaggered(p.operator(mass))
    if mixed:
        use_mixed_precision(system)
    phi = fields_of(system, fields, index) if isinstance(fields, int) else fields
    powers = approximations(flavors / (UNIT[p.d] * len(phi)), bounds or system.bounds, 1e-14, md_error)
    return RationalAction(system, phi, powers, SolverSettings(tolerance, tolerance))


def rational_wilson(p, flavors, kappa=0.11, csw=0.0, fields=1, bounds=(0.01, 30.0), tolerance=1e-13, error=1e-14):
    """Wilson or clover fermions; 2 flavours for each determinant."""
    system = ShiftedWilson(WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic(), csw))
    powers = approximations(flavors / (2 * fields), bounds, error, error)
    return RationalAction(system, fields_of(system, fields), powers, SolverSettings(tolerance, tolerance))


SHAMIR = FifthDimension(1.0, 4)


def rational_walls(p, flavors, mass=0.1, fifth=SHAMIR, fields=1, tolerance=1e-13, error=1e-14, **given):
    """Domain wall quarks over their Pauli-Villars field; ``given``: ``md_error``, ``bounds`` or ``index``."""
    operator = DomainWallOperator(p.lattice, p.n, mass, fifth, p.antiperiodic())
    light, heavy = ShiftedDomainWall(operator), ShiftedDomainWall(operator.with_mass(1.0))
    phi = fields_of(light, fields, given.get("index", 0)) if isinstance(fields, int) else fields
    power, md_error = flavors / (2 * len(phi)), given.get("md_error", error)
    powers = approximations(power, given.get("bounds") or operator.bounds, error, md_error)
    heavy_powers = heavy_approximations(power, heavy.operator.bounds, error, md_error)
    return RationalRatioAction(light, heavy, phi, powers, heavy_powers, SolverSettings(tolerance, tolerance))
