"""Observables of quarks in momentum space, on links in Landau gauge: non-perturbative renormalisation."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Integer, ListOf, Text
from lqcdnn.config.tables.gaugefixing import OMEGA
from lqcdnn.config.tables.gaugefixing import TOLERANCE as TOLERANCE_OF_GAUGE
from lqcdnn.config.tables.measured import OfQuark

IN_MOMENTUM_SPACE = ("quark_propagator", "quark_vertices")
"""Observables of quarks on links in Landau gauge."""

_MODE = ListOf(Integer(-4096, 4096), 1, 4)


@dataclass(frozen=True, kw_only=True)
class InMomentumSpace(OfQuark):
    """Keys of the observables of quarks in Landau gauge."""

    gauge_tolerance: float = key(TOLERANCE_OF_GAUGE, "theta at which Landau gauge is fixed", 1e-12)
    gauge_steps: int = key(COUNT, "most sweeps; the run stops where theta is still too large", 10_000)
    gauge_omega: float = key(OMEGA, "overrelaxation of the sweeps; 1: none", 1.8)
    gauge_copies: int = key(Integer(1, 10_000), "starts, of which the one with the largest functional is taken", 1)
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkPropagatorConfig(InMomentumSpace):
    """``[observables.quark_propagator]``: quark propagator in momentum space, Landau gauge; Z_q and M(p) by analyze."""

    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(_MODE, 1, distinct=True), "k of momenta (2 pi k + phase) / L; absent: along the diagonal", None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkVerticesConfig(InMomentumSpace):
    """``[observables.quark_vertices]``: vertices of local bilinears in Landau gauge; RI'/MOM and RI/SMOM by analyze."""

    kinematics: str = key(
        Text(("exceptional", "symmetric")), "p1 = p2 (RI'/MOM), or p1^2 = p2^2 = (p1 - p2)^2 (RI/SMOM)", "exceptional"
    )
    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(_MODE, 1, distinct=True),
        "k of momenta (2 pi k + phase) / L; absent: along the diagonal",
        None,
        when=("kinematics", "exceptional"),
    )
    pairs: tuple[tuple[tuple[int, ...], ...], ...] | None = key(
        ListOf(ListOf(_MODE, 2, 2), 1, distinct=True),
        "k of both momenta of each pair; absent: (n, n, 0, 0) and (0, n, n, 0)",
        None,
        when=("kinematics", "symmetric"),
    )
