"""Tables of currents: ``[observables.meson_currents]``, ``baryon_currents`` and ``vector_correlator``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Integer, ListOf, Number, Text
from lqcdnn.config.tables.measured import MASS, FromSources, common_noise_key, fermion_key
from lqcdnn.config.tables.quarkobservables import SmearedSource
from lqcdnn.errors import InputError

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


OF_CURRENTS = ("ratio", "plateau", "summation", "two_state", "reduced_distribution")
"""Kinds of fits of three-point functions."""

_SERIES = re.compile(r"((?:\w+_)?(?:meson|baryon)_current)_(\w+?)(?:_s(\d+))?((?:_(?:p|sink)\d+(?:_\d+)*)?)")
"""Stem of an observable, current, separation, and the end of a momentum."""


@dataclass(frozen=True)
class ThreePoint:
    """A current of an observable, with a momentum or without.

    Attributes
    ----------
    stem, current, end
        ``meson_current`` after any prefix, the current after any combination of quarks, the end of a momentum:
        ``_p1_0_0`` if the current transfers it, ``_sink1_0_0`` if source and sink have it.
    """

    stem: str
    current: str
    end: str

    @property
    def split(self) -> bool:
        """Whether the current lies between t and t + 1."""
        return self.current.endswith(CONSERVED)

    @property
    def in_motion(self) -> bool:
        """Whether the hadron has the momentum behind the current, too."""
        return self.end.startswith("_sink")

    @property
    def transfers(self) -> bool:
        """Whether the current transfers a momentum."""
        return bool(self.end) and not self.in_motion

    def series(self, separation: int) -> str:
        """Name of the list of a separation."""
        return f"{self.stem}_{self.current}_s{separation}{self.end}"

    def times(self, separation: int, skip: int | None = None) -> list[int]:
        """t at least ``skip`` away from source and sink; None: as close as R is defined, without the contact terms."""
        nearest = 0 if self.split and not self.transfers else 2 if self.current.endswith(FRACTIONS) else 1
        skip = nearest if skip is None else skip
        if skip < nearest:
            raise InputError(f"{self.series(separation)} has no ratio nearer than {nearest} to source and sink")
        return list(range(skip, separation - skip + (0 if self.split else 1)))

    def check_separation(self, kind: str, separation: int | None, known: Collection[int] = ()) -> None:
        """Refuse a fit of one separation without it, or with one that is not known, and one of all of them with it."""
        if kind in ("ratio", "plateau", "reduced_distribution"):
            if separation not in known:
                of_one = f"{kind} is of one separation"
                found = of_one if separation is None else f"there is no {self.series(separation)}"
                hint = f"there are {', '.join(map(self.series, sorted(known))) or 'none of this current'}"
                raise InputError(found, hint=hint)
        elif separation is not None:
            name = f"{self.stem}_{self.current}{self.end}"
            raise InputError(f"{kind} is of all separations together", hint=f"{kind}({name})")
        if kind == "two_state" and self.transfers:
            raise InputError("two_state is of currents without momentum transfer: the gap is that of source and sink")

    def check_range(self, separation: int, first: float, last: float) -> None:
        """Refuse times at which there is no ratio."""
        known = self.times(separation)
        if not (first <= last and known and known[0] <= first and last <= known[-1]):
            where = f"{known[0]} to {known[-1]}" if known else "no times"
            raise InputError(f"FIRST and LAST must lie within {where}, FIRST not the larger one")


def three_point(series: str) -> tuple[ThreePoint, int | None]:
    """What a series is of, and its separation, if its name has one.

    Raises
    ------
    InputError
        It is no three-point function.
    """
    match = _SERIES.fullmatch(series)
    if not match or match[2] == "two_point":
        hint = "its name is such as meson_current_vector_time_s8"
        raise InputError(f"{series} is no three-point function", hint=hint)
    return ThreePoint(match[1], match[2], match[4]), int(match[3]) if match[3] else None


def line_in_motion(series: str, first: float, last: float) -> tuple[ThreePoint, int]:
    """What a series of lines of links without their length is of, and its separation, for sums over these times.

    Raises
    ------
    InputError
        It is none, or of a hadron at rest, or the times are none between source and sink.
    """
    what, separation = three_point(series)
    if separation is None or not what.in_motion or not what.current.endswith(LINES):
        hint = "its name is such as meson_current_vector_line_s8_sink0_0_1, without z"
        raise InputError(f"{series} is no current with a line in motion", hint=hint)
    if not 1 <= first <= last <= separation - 1:
        raise InputError(f"FIRST and LAST must lie within 1 to {separation - 1}, FIRST not the larger one")
    return what, separation


def check_separations(kind: str, series: str, numbers: Sequence[float], separations: Collection[int]) -> None:
    """Refuse a fit of three-point functions with these separations.

    Raises
    ------
    InputError
        Another series, separation or range.
    """
    if kind not in OF_CURRENTS:
        return
    if kind == "reduced_distribution":
        line, of_line = line_in_motion(series, *numbers)
        line.check_separation(kind, of_line, separations)
        return
    what, separation = three_point(series)
    what.check_separation(kind, separation, separations)
    if kind == "plateau" and separation is not None:
        what.check_range(separation, *numbers)
    if kind in ("summation", "two_state"):
        skip = int(numbers[0]) if numbers else None
        places = [what.times(T, skip) for T in separations]
        if kind == "summation" and (len(places) < 2 or not all(places)):
            raise InputError(f"{series} has no two separations or more with times to sum over")
        if kind == "two_state" and (count := sum(map(len, places))) < 4:
            raise InputError(f"{count} points do not determine 4 parameters")
