"""Tables of currents: ``[observables.meson_currents]``, ``baryon_currents`` and ``vector_correlator``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Integer, ListOf, Number, Text
from lqcdnn.config.tables.measured import MASS, FromSources, common_noise_key, fermion_key
from lqcdnn.config.tables.quarkobservables import SmearedSource

CONSERVED = "conserved_time"
"""The point-split current in time, whose charge is that of the quark."""

MOMENTUM_FRACTION, HELICITY_FRACTION = "momentum_fraction", "helicity_fraction"
"""Currents with one derivative."""

FRACTIONS = (MOMENTUM_FRACTION, HELICITY_FRACTION)

VECTOR_LINE, AXIAL_LINE = "vector_line", "axial_line"
"""Currents whose ends lie apart, with a straight line of links between them."""

LINES = (VECTOR_LINE, AXIAL_LINE)

OF_CHARGE = ("scalar", "vector_time", CONSERVED, MOMENTUM_FRACTION, VECTOR_LINE)
"""Currents with a mean value in a hadron without spin, those of no line also with momentum transfer."""

OF_SPIN = ("axial", "tensor", HELICITY_FRACTION, AXIAL_LINE)
"""Currents with a mean value in a hadron of polarised spin."""

AXES = ("x", "y", "z")
"""Directions of space."""

LOCAL_LOCAL, CONSERVED_LOCAL, CONSERVED_CONSERVED = "local_local", "conserved_local", "conserved_conserved"
"""Vector currents at sink and source."""

VECTORS_OF = {
    "wilson": (LOCAL_LOCAL, CONSERVED_LOCAL, CONSERVED_CONSERVED),
    "domain_wall": (LOCAL_LOCAL, CONSERVED_LOCAL),
    "overlap": (LOCAL_LOCAL,),
    "staggered": (LOCAL_LOCAL, CONSERVED_CONSERVED),
}
"""Those of each kind of quark."""


def _currents(known: tuple[str, ...], default: tuple[str, ...]) -> Any:
    return key(ListOf(Text(known), 1, distinct=True), "currents qbar Gamma q", default)


@dataclass(frozen=True, kw_only=True)
class CurrentsConfig(SmearedSource):
    """Keys of three-point functions of hadrons."""

    separations: tuple[int, ...] = key(
        ListOf(Integer(1, 4096), 1, distinct=True), "times from source to sink, below the extent: each has its solves"
    )
    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(ListOf(Integer(0, 4096), 1, 3), 1, distinct=True),
        "momenta that the current transfers to the hadron, in units of 2 pi/L, averaged over directions",
        None,
    )
    sink_momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(ListOf(Integer(0, 4096), 1, 3), 1, distinct=True),
        "further momenta, in units of 2 pi/L, of the hadron at source and sink alike: each has its solves",
        None,
    )
    currents: tuple[str, ...] = _currents((*OF_CHARGE, *OF_SPIN), OF_CHARGE[:2])
    line_length: int | None = key(Integer(1, 2048), "links of the longest line of vector_line and axial_line", None)
    line_axis: str | None = key(Text(AXES), "direction of these lines; absent: the last of space", None)
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class MesonCurrentsConfig(CurrentsConfig):
    """``[observables.meson_currents]``: three-point functions of pseudoscalar mesons of quarks with spin."""

    currents: tuple[str, ...] = _currents(OF_CHARGE, ("scalar", "vector_time"))
    antiquark: str | None = fermion_key("that of fermion", "the other quark of the meson, which J does not see")
    antiquark_mass: float | None = key(Number(), MASS, None, derived="that of the antiquark, else mass")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaryonCurrentsConfig(CurrentsConfig):
    """``[observables.baryon_currents]``: three-point functions <N J Nbar> of the nucleon, for SU(3) in d = 4."""

    currents: tuple[str, ...] = _currents((*OF_CHARGE, *OF_SPIN), ("vector_time", "axial"))
    combinations: tuple[str, ...] = key(
        ListOf(Text(("isovector", "up", "down")), 1, distinct=True),
        "u - d, or u or d of the proton alone, without quark loops: each has its solves",
        ("isovector",),
    )
    polarization: tuple[str, ...] = key(
        ListOf(Text(AXES), 1, distinct=True),
        "directions of the spin that currents of spin are averaged over: each has its solves",
        ("z",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorCorrelatorConfig(FromSources):
    """``[observables.vector_correlator]``: -sum_x <j_k(x, t) j_k(0)> of vector currents, connected, in d = 2 and 4."""

    currents: tuple[str, ...] = key(
        ListOf(Text(VECTORS_OF["wilson"]), 1, distinct=True),
        "currents at sink and source; of conserved ones at the source each direction of space has its solves",
        (LOCAL_LOCAL,),
    )
    source: str = key(
        Text(("point", "noise_wall")), "the origin, or random numbers on all sites with t = 0", "point"
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("source", "noise_wall"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 1, when=("source", "noise_wall"))
    common_noise: bool | None = common_noise_key(("source", "noise_wall"))
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)
