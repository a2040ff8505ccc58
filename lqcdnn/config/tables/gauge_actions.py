"""Gauge actions: named ones of plaquettes and rectangles, and terms of any closed loops."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key, table_list
from lqcdnn.config.language.values import Either, Number, Text
from lqcdnn.config.tables.loops import LOOPS, STEPS
from lqcdnn.config.tables.schroedinger import CT_NAMES

RECTANGLE_COEFFICIENT = {"wilson": 0.0, "symanzik": -1.0 / 12.0, "iwasaki": -0.331, "dbw2": -1.4088}
"""c1 of the named gauge actions (Wilson 1974; Luscher-Weisz 1985; Iwasaki 1983; Takaishi 1996)."""
GAUGE_KINDS = (*RECTANGLE_COEFFICIENT, "rectangle")


def plaquette_coefficient(c1: float) -> float:
    """c0 = 1 - 8 c1 (physics.md 2): the continuum limit of plaquettes and rectangles is that of plaquettes alone."""
    return 1.0 - 8.0 * c1


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeTermConfig:
    """``[[action.gauge.term]]``: S += coefficient times the sum over the loops W of a class of (1 - Re tr W/N)."""

    loops: str | tuple[int, ...] = key(
        Either((Text(LOOPS), STEPS)),
        "class of loops: a name, or steps of a closed path along axes 1, 2, ..., with all its images in the lattice",
    )
    coefficient: float = key(Number(), "coefficient (1 - Re tr W/N) for each loop, whatever its orientation")


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeConfig:
    """``[action.gauge]``: plaquettes and 1x2 rectangles, c0 = 1 - 8 c1, and terms of other loops."""

    kind: str = key(Text(GAUGE_KINDS), "plaquette only, a named choice of c1, or rectangle with c1 given", "wilson")
    beta: float = key(Number(minimum=0.0), "coupling: beta (1 - Re tr P/N) for each plaquette")
    c1: float | None = key(Number(), "coefficient of the rectangles", when=("kind", "rectangle"))
    ct: float | str | None = key(
        Either((Number(above=0.0), Text(CT_NAMES))),
        "weight of plaquettes of time beside fixed links: a number, or for SU(2) and SU(3) a name; absent: 1",
        None,
    )
    term: tuple[GaugeTermConfig, ...] = table_list(
        GaugeTermConfig, "one table for each class of loops that is added to the action of beta and kind"
    )
