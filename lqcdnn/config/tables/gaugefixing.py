"""Observables of links in a gauge, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, Integer, ListOf, Number, Text
from lqcdnn.config.tables.measured import Measured

GAUGES = ("landau", "coulomb")
PROJECTING = ("abelian", "center")
"""Gauges for links that are projected afterwards."""
TOLERANCE = Number(minimum=1e-26, maximum=1e-2)
OMEGA = Number(minimum=1.0, below=2.0)


def tolerance_key() -> Any:
    """Where to stop."""
    return key(TOLERANCE, "theta, the mean square of the divergence, at which the gauge is fixed", 1e-12)


def steps_key() -> Any:
    """When to give up."""
    return key(COUNT, "most sweeps; the run stops where theta is still too large", 10_000)


def omega_key() -> Any:
    """How far to go."""
    return key(OMEGA, "overrelaxation of the sweeps; 1: none", 1.8)


def copies_key() -> Any:
    """How often to begin."""
    return key(Integer(1, 10_000), "starts, of which the one with the largest functional is taken", 1)


@dataclass(frozen=True, kw_only=True)
class InGauge(Measured):
    """Keys of every observable of links in a gauge."""

    gauge: str = key(Text(GAUGES), "links of all directions, or of space alone, as near to 1 as they can be", "landau")
    tolerance: float = tolerance_key()
    steps: int = steps_key()
    omega: float = omega_key()
    copies: int = copies_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeFixingConfig(InGauge):
    """``[observables.gauge_fixing]``: the gauge functional at its maximum, and how it was reached."""

    gauge: str = key(
        Text((*GAUGES, *PROJECTING)),
        "links of all directions, or of space alone, as near to 1 as can be; to diagonal ones; to the centre",
        "landau",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GluonPropagatorConfig(InGauge):
    """``[observables.gluon_propagator]``: propagator of gluons in momentum space; Coulomb gauge: at equal times."""

    momenta: str = key(
        Text(("axes", "cylinder", "all")), "momenta along the axes, near the diagonal of all directions, or all", "axes"
    )
    width: float | None = key(
        Number(minimum=0.0),
        "largest distance from the diagonal, in units of 2 pi / (smallest extent)",
        1.0,
        when=("momenta", "cylinder"),
    )
    momentum: float = key(
        Number(minimum=0.0), "largest magnitude of p in lattice units, p_mu = 2 sin(pi k / L); 0: no limit", 0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostPropagatorConfig(InGauge):
    """``[observables.ghost_propagator]``: propagator of ghosts in momentum space; Coulomb gauge: at equal times."""

    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(ListOf(Integer(-4096, 4096), 1, 4), distinct=True),
        "k of momenta 2 pi k / L, a number for each direction of the gauge; absent: all of its last direction",
        None,
    )
    residual: float = key(Number(minimum=1e-13, maximum=1e-2), "solver residual |r|/|b|", 1e-8)
