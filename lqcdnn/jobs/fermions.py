"""From a fermion table of the input to its pseudofermions and its action."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.oneflavor import OneFlavorAction
from lqcdnn.actions.overlap import OverlapAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.actions.rational import Approximations, RationalAction, approximations
from lqcdnn.actions.rational_ratio import RationalRatioAction, heavy_approximations
from lqcdnn.config.tables.fermions import (
    EXACT_FLAVORS,
    FLAVORS_OF_SPLIT,
    ONE_FLAVOR,
    STAGGERED_FLAVORS,
    FermionConfig,
    kappa_of_mass,
)
from lqcdnn.dirac.choice import choose_solver, density_operator, staggered_operator
from lqcdnn.dirac.domainwall import DomainWallOperator, fifth_dimension
from lqcdnn.dirac.doublet import DoubletOperator, ShiftedDoublet
from lqcdnn.dirac.mixedshift import use_mixed_precision
from lqcdnn.dirac.multishift import ShiftedSystem
from lqcdnn.dirac.shifted import ShiftedDensity, ShiftedStaggered, ShiftedWilson
from lqcdnn.dirac.shifted_domainwall import ShiftedDomainWall
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.propagators import overlap_operator

FermionAction = (
    PseudofermionAction
    | RationalAction
    | DomainWallAction
    | RationalRatioAction
    | OneFlavorAction
    | DeterminantAction
    | OverlapAction
)


def build_fields(config: FermionConfig, grid: Lattice, gauge_group: Group, index: int) -> list[PseudofermionField]:
    """The pseudofermions of table number ``index`` (from 0), shared by the exact action and the guide.

    The k-th one has k in the second byte of its index, so that each has its own random numbers.
    """
    components = 1 if config.kind == "staggered" else spins(grid.d)
    n, count = gauge_group.n, config.pseudofermions or 1
    flat = config.L5 is None or config.determinant == ONE_FLAVOR
    return [
        PseudofermionField(
            grid.zeros(n, components) if flat else grid.stack(n, components, config.L5 or 1), index + (k << 8)
        )
        for k in range(count)
    ]


def build_fermion(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> FermionAction:
    """The action of a fermion; ``key`` is its table in the input, for messages."""
    if config.determinant == "exact":
        return build_determinant(config, grid, gauge_group, fields[0].index)
    if config.kind == "wilson":
        return build_wilson(config, grid, gauge_group, fields, key)
    if config.determinant == ONE_FLAVOR:
        return build_one_flavor(config, grid, gauge_group, fields[0])
    if config.kind == "domain_wall" and config.rational:
        return build_rational_walls(config, grid, gauge_group, fields, key)
    if config.kind == "domain_wall":
        return build_domain_wall(config, grid, gauge_group, fields[0])
    return build_staggered(config, grid, gauge_group, fields, key)


def build_determinant(
    config: FermionConfig, grid: Lattice, gauge_group: Group, index: int
) -> DeterminantAction | OverlapAction:
    """The determinant of a fermion itself; ``index`` is that of its table, from 0."""
    if config.kind == "overlap":
        operator = overlap_operator(config, config.mass, config.boundary, grid, gauge_group.n, config.theta)
        return OverlapAction(operator, config.flavors, f"fermion.{index + 1}")
    plain, unit = replace(config, solver="cg"), EXACT_FLAVORS[config.kind][grid.d][0]
    make = wilson_operator if config.kind == "wilson" else action_operator
    return DeterminantAction(make(plain, grid, gauge_group), config.flavors / unit, f"fermion.{index + 1}")


def build_wilson(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> FermionAction:
    """Two Wilson or clover flavours, or any number with powers of the determinant of two.

    Raises
    ------
    InputError
        Another number without ``rational``, or ``rational`` without ``spectrum``.
    """
    if config.mass_splitting:
        return build_doublet(config, config.mass_splitting, grid, gauge_group, fields, key)
    operator = wilson_operator(single_solves(config), grid, gauge_group)
    if config.rational:
        if config.spectrum is None:
            raise InputError(f"{key}.spectrum is missing: no bound is known for wilson fermions")
        return build_rational(config, ShiftedWilson(operator), fields, 2, config.spectrum, key)
    if config.flavors != 2:
        raise InputError(f"wilson flavors = {config.flavors}: 2, or rational = true")
    return PseudofermionAction(operator, fields[0], solver_settings(config))


def build_doublet(
    config: FermionConfig,
    splitting: float,
    grid: Lattice,
    gauge_group: Group,
    fields: Sequence[PseudofermionField],
    key: str,
) -> RationalAction:
    """Two Wilson or clover flavours of different masses, ``splitting`` = mu_delta.

    Raises
    ------
    InputError
        Another number of flavours; no bounds of the spectrum are known.
    """
    mu, flavors = config.twisted_mass or 0.0, FLAVORS_OF_SPLIT
    if config.flavors != flavors or not config.rational:
        raise InputError(f"wilson flavors = {config.flavors} with mass_splitting: {flavors}, and rational = true")
    root = math.sqrt(max(0.0, (mu - splitting) * (mu + splitting)))
    quark = wilson_operator(replace(single_solves(config), twisted_mass=root), grid, gauge_group)
    operator = DoubletOperator(quark, mu, splitting)
    bounds = config.spectrum or operator.bounds
    if bounds is None:
        raise InputError(f"{key}.spectrum is missing: no bound is known with a clover term")
    return build_rational(config, ShiftedDoublet(operator), fields, 2 * flavors, bounds, key)


def wilson_operator(config: FermionConfig, grid: Lattice, gauge_group: Group) -> WilsonOperator:
    """The Wilson or clover operator of a table."""
    kappa = config.kappa or kappa_of_mass(config.mass, grid.d, config.wilson_term(grid.d))
    n, r, twisted, weights = gauge_group.n, config.r or 1.0, config.twisted_mass or 0.0, config.hop_weights(grid.d)
    clover, flux = config.clover_coefficients, config.flux(grid.d)
    numbers = config.boundary, clover, r, config.theta, config.mu, twisted, weights, flux
    operator = WilsonOperator(grid, n, kappa, *numbers, config.ct_tilde or 1.0, config.exponential_clover)
    choose_solver(operator, config)
    return operator


def build_domain_wall(
    config: FermionConfig, grid: Lattice, gauge_group: Group, field: PseudofermionField, heavy_mass: float = 1.0
) -> DomainWallAction:
    """Two domain wall flavours over their Pauli-Villars field, or over a heavier mass.

    Raises
    ------
    InputError
        Another number of flavours.
    """
    if config.flavors != 2:
        raise InputError(f"domain_wall flavors = {config.flavors}: 2, or rational = true")
    operator = domain_wall_operator(config, grid, gauge_group)
    action = DomainWallAction(operator, field, solver_settings(config), heavy_mass)
    choose_solver(operator, config)
    choose_solver(action.heavy, config)
    return action


def domain_wall_operator(config: FermionConfig, grid: Lattice, gauge_group: Group) -> DomainWallOperator:
    """D(m) of a table."""
    fifth = fifth_dimension(config)
    phases = config.theta, config.flux(grid.d)
    return DomainWallOperator(grid, gauge_group.n, config.mass, fifth, config.boundary, None, *phases)


def build_rational_walls(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> RationalRatioAction:
    """Any number of domain wall flavours over their Pauli-Villars field, by powers of the determinants.

    Raises
    ------
    InputError
        No bounds of the spectrum are known, or it cannot be approximated; names the key that decides.
    """
    operator = domain_wall_operator(config, grid, gauge_group)
    light, heavy = ShiftedDomainWall(operator), ShiftedDomainWall(operator.with_mass(1.0))
    bounds, heavy_bounds = config.spectrum or operator.bounds, heavy.operator.bounds
    if bounds is None or heavy_bounds is None:
        raise InputError(f"{key}.L5: no bounds of the spectrum are known for these M5, L5, b5, c5 and mass")
    if config.solver == "mixed":
        use_mixed_precision(light)
        use_mixed_precision(heavy)
    power = config.flavors / (2 * len(fields))
    powers = powers_of(config, power, bounds, key)
    heavy_powers = heavy_approximations(power, heavy_bounds, *errors_of(config))
    return RationalRatioAction(light, heavy, fields, powers, heavy_powers, solver_settings(config), key)


def build_one_flavor(
    config: FermionConfig, grid: Lattice, gauge_group: Group, field: PseudofermionField
) -> OneFlavorAction:
    """One domain wall flavour over its Pauli-Villars field, by an operator for each chirality."""
    action = OneFlavorAction(domain_wall_operator(config, grid, gauge_group), field, solver_settings(config))
    for operator in action.operators:
        choose_solver(operator, config)
    return action


def build_staggered(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> FermionAction:
    """A staggered fermion on half the sites, on all, or with a power of the determinant; of fat links if improved.

    At finite density it is on all.
    """
    if config.at_density:
        return build_density(config, grid, gauge_group, fields, key)
    operator = action_operator(single_solves(config), grid, gauge_group)
    if config.rational:
        shifted, one = ShiftedStaggered(operator), STAGGERED_FLAVORS[grid.d][0]
        return build_rational(config, shifted, fields, one, config.spectrum or shifted.bounds, key)
    parities = staggered_parities(config, grid)
    return StaggeredAction(operator, fields[0], parities, solver_settings(config))


def build_density(
    config: FermionConfig, grid: Lattice, gauge_group: Group, fields: Sequence[PseudofermionField], key: str
) -> FermionAction:
    """A staggered fermion at finite density, on all sites, or with a power of the determinant.

    Raises
    ------
    InputError
        A number of flavours that needs a power without ``rational``, or ``rational`` without ``spectrum``.
    """
    operator = density_operator(config, config.mass, config.boundary, grid, gauge_group.n)
    both = STAGGERED_FLAVORS[grid.d][1]
    if config.rational:
        if config.spectrum is None:
            raise InputError(f"{key}.spectrum is missing: no bound is known at finite density")
        return build_rational(config, ShiftedDensity(operator), fields, both, config.spectrum, key)
    if config.flavors != both:
        raise InputError(f"staggered flavors = {config.flavors} at finite density: {both}, or rational = true")
    choose_solver(operator, config)
    return PseudofermionAction(operator, fields[0], solver_settings(config))


def action_operator(config: FermionConfig, grid: Lattice, gauge_group: Group) -> StaggeredOperator:
    """The staggered operator of a table, on links that an action has made fat if it is improved."""
    n, theta = gauge_group.n, config.theta
    return staggered_operator(config, config.mass, config.boundary, grid, n, made_fat=True, theta=theta)


def single_solves(config: FermionConfig) -> FermionConfig:
    """The table for an operator by itself: with a rational approximation it is not solved, only its shifted systems."""
    return replace(config, solver="cg") if config.rational else config


def solver_settings(config: FermionConfig) -> SolverSettings:
    """Those of a table."""
    return SolverSettings(config.tolerance, config.md_tolerance, config.max_iterations, config.start_vectors)


def staggered_parities(config: FermionConfig, grid: Lattice) -> tuple[int, ...]:
    """Sites of a staggered field whose determinant needs no power.

    Raises
    ------
    InputError
        A number of flavours that needs one.
    """
    one, both = STAGGERED_FLAVORS[grid.d]
    parities = {one: (EVEN,), both: (EVEN, ODD)}.get(int(config.flavors))
    if parities is None:
        raise InputError(f"staggered flavors = {config.flavors}: {one} or {both} in d = {grid.d}, or rational = true")
    return parities


def build_rational(
    config: FermionConfig,
    shifted: ShiftedSystem,
    fields: Sequence[PseudofermionField],
    unit: int,
    bounds: tuple[float, float],
    key: str,
) -> RationalAction:
    """A power of a determinant that stands for ``unit`` flavours, shared by ``fields``.

    Raises
    ------
    InputError
        The spectrum cannot be approximated; names the key that bounds it.
    """
    if config.solver == "mixed":
        use_mixed_precision(shifted)
    powers = powers_of(config, config.flavors / (unit * len(fields)), bounds, key)
    return RationalAction(shifted, fields, powers, solver_settings(config), key)


def powers_of(config: FermionConfig, power: float, bounds: tuple[float, float], key: str) -> Approximations:
    """The approximations of a table for det A^power.

    Raises
    ------
    InputError
        The spectrum cannot be approximated; names the key that bounds it.
    """
    try:
        return approximations(power, bounds, *errors_of(config))
    except InputError as error:
        name = "mass_splitting" if config.mass_splitting else "mass"
        name = name if config.spectrum is None else "spectrum"
        raise InputError(f"{key}.{name}: {error.message}", error.hint) from None


def errors_of(config: FermionConfig) -> tuple[float, float]:
    """Of the approximations for heat bath and Metropolis step, and for molecular dynamics."""
    return config.action_error or 1e-14, config.md_error or 1e-8
