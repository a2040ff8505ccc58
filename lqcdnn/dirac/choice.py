"""Operators with the solver of normal equations that a fermion table asks for."""

from __future__ import annotations

from dataclasses import replace

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.dirac.bicgstab import TwoSolves
from lqcdnn.dirac.fatlinks import SmearingStaggeredOperator
from lqcdnn.dirac.mixed import EvenOddOperator, use_mixed_precision
from lqcdnn.dirac.shortlinks import LIGHTEST, use_short_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.staggered_density import StaggeredDensity
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Lattice


def choose_solver(operator: EvenOddOperator, config: QuarkConfig) -> None:
    """Solve the normal equations of ``operator`` as the table asks for."""
    if config.solver == "mixed":
        use_mixed_precision(operator)
    elif config.solver == "half" and isinstance(operator, StaggeredOperator):
        (use_short_links if operator.mass >= LIGHTEST else use_mixed_precision)(operator)
    elif config.solver == "bicgstab" and isinstance(operator, WilsonOperator):
        operator.solver = TwoSolves(operator)


def staggered_operator(
    config: QuarkConfig | None,
    mass: float,
    boundary: tuple[int, ...],
    lattice: Lattice,
    n: int,
    made_fat: bool = False,
    together: bool = False,
    theta: tuple[float, ...] | None = None,
) -> StaggeredOperator:
    """The staggered operator of a mass, boundary and phases there, solved as the table asks for, in double precision
    without one.

    If it is improved, it makes the links it is given fat, unless they are ``made_fat`` (``dirac.fatlinks``) before.
    ``together``: for several right-hand sides at once (``dirac.several``), for which links are read once but would be
    converted from 16 bits for each, so that mixed precision is as fast or faster.
    """
    improvement, flux = (None, None) if config is None else (config.improved(lattice.d), config.flux(lattice.d))
    if improvement is None or made_fat:
        weights = None if config is None else config.hop_weights(lattice.d)
        operator = StaggeredOperator(lattice, n, mass, boundary, improvement, theta, weights, flux)
    else:
        operator = SmearingStaggeredOperator(lattice, n, mass, boundary, improvement, theta, flux)
    if config is not None:
        choose_solver(operator, replace(config, solver="mixed") if together and config.solver == "half" else config)
    return operator


def density_operator(
    config: QuarkConfig, mass: float, boundary: tuple[int, ...], lattice: Lattice, n: int
) -> StaggeredDensity:
    """The staggered operator of a mass and boundary at the density of a table, in double precision.

    Raises
    ------
    InputError
        For another group than SU(2), an odd extent, improved fermions, or an electromagnetic field.
    """
    if config.improved(lattice.d) is not None:
        raise InputError(f"improvement = {config.improvement} at finite density: none")
    if config.hop_weights(lattice.d) is not None:
        raise InputError("staggered fermions at finite density have no anisotropy")
    if config.flux(lattice.d) is not None:
        raise InputError("staggered fermions at finite density see no electromagnetic field")
    return StaggeredDensity(lattice, n, mass, config.mu, config.diquark_source or 0.0, boundary)
