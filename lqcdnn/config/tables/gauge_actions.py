"""Gauge actions: named ones of plaquettes and rectangles, and terms of any closed loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lqcdnn.config.language.keys import key, table_list
from lqcdnn.config.language.values import Either, Number, Text
from lqcdnn.config.tables.loops import LOOPS, STEPS
from lqcdnn.config.tables.schroedinger import CT_NAMES

RECTANGLE_COEFFICIENT = {"wilson": 0.0, "symanzik": -1.0 / 12.0, "iwasaki": -0.331, "dbw2": -1.4088}
"""c1 of the named gauge actions (Wilson 1974; Luscher-Weisz 1985; Iwasaki 1983; Takaishi 1996)."""
SYMANZIK_SPACE = "symanzik_space"
GAUGE_KINDS = (*RECTANGLE_COEFFICIENT, SYMANZIK_SPACE, "rectangle")


def plaquette_coefficient(c1: float) -> float:
    """c0 = 1 - 8 c1 (physics.md 2): the continuum limit of plaquettes and rectangles is that of plaquettes alone."""
    return 1.0 - 8.0 * c1


class LoopWeights(NamedTuple):
    """What 1 - Re tr W/N of each loop counts in S / beta (physics.md 22).

    Attributes
    ----------
    plaquette_space, plaquette_time
        Plaquettes of planes without and with time.
    rectangle_space, rectangle_short, rectangle_long
        1x2 rectangles of planes without time, of planes with time with one, and with two links along time.
    """

    plaquette_space: float
    plaquette_time: float
    rectangle_space: float = 0.0
    rectangle_short: float = 0.0
    rectangle_long: float = 0.0


def loop_weights(c1: float, anisotropy: float = 1.0) -> LoopWeights:
    """Plaquettes c0 and rectangles c1, of planes of space over the bare anisotropy, of those with time times it.

    Wilson's action as in T. R. Klassen, hep-lat/9803010; rectangles as in S. Ejiri et al., hep-lat/0301029.
    """
    c0, xi = plaquette_coefficient(c1), anisotropy
    return LoopWeights(c0 / xi, c0 * xi, c1 / xi, c1 * xi, c1 * xi)


def improved_in_space(anisotropy: float, us: float, ut: float) -> LoopWeights:
    """Symanzik's action without rectangles of two links in time: no error of O(a_s^2), one of O(a_t^2).

    S_II of Morningstar and Peardon, hep-lat/9704011, eq. (5); ``us`` and ``ut`` are the mean links of space and time.
    """
    xi = anisotropy
    return LoopWeights(
        5.0 / (3.0 * xi * us**4),
        4.0 * xi / (3.0 * us**2 * ut**2),
        -1.0 / (12.0 * xi * us**6),
        -xi / (12.0 * us**4 * ut**2),
    )


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
    anisotropy: float | None = key(
        Number(above=0.0), "bare xi_0: planes of space count 1/xi_0, those with time xi_0 times; absent: 1", None
    )
    us: float | None = key(Number(above=0.0), "mean link of space u_s", 1.0, when=("kind", SYMANZIK_SPACE))
    ut: float | None = key(Number(above=0.0), "mean link of time u_t", 1.0, when=("kind", SYMANZIK_SPACE))
    term: tuple[GaugeTermConfig, ...] = table_list(
        GaugeTermConfig, "one table for each class of loops that is added to the action of beta and kind"
    )

    @property
    def weights(self) -> LoopWeights:
        """What plaquettes and rectangles count in S / beta."""
        xi = self.anisotropy or 1.0
        if self.kind == SYMANZIK_SPACE:
            return improved_in_space(xi, self.us or 1.0, self.ut or 1.0)
        return loop_weights(RECTANGLE_COEFFICIENT[self.kind] if self.c1 is None else self.c1, xi)
