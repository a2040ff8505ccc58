"""Boundary fields of the Schroedinger functional: the angles of its fixed links, and their phases.

Luscher, Narayanan, Weisz, Wolff, hep-lat/9207009.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.config.tables.schroedinger import Angles, standard_fields

DIGITS = 50
"""Of the decimal numbers in which phases are computed: the same on every machine, unlike sines of its own."""


@dataclass(frozen=True)
class BoundaryFields:
    """Angles of the fixed links, and how they depend on parameters.

    Attributes
    ----------
    lower, upper
        phi of the first slice and phi' of the last one, an angle for each colour.
    lower_slope, upper_slope
        Their derivatives by eta.
    lower_mixed, upper_mixed
        Those of these by nu where eta = 0, at which the angles themselves do not depend on nu.
    """

    lower: Angles
    upper: Angles
    lower_slope: Angles
    upper_slope: Angles
    lower_mixed: Angles
    upper_mixed: Angles

    @property
    def n(self) -> int:
        """Number of colours."""
        return len(self.lower)

    @property
    def varies(self) -> bool:
        """Whether there is an eta."""
        return any((*self.lower_slope, *self.upper_slope))

    @property
    def mixes(self) -> bool:
        """Whether there is a nu, of which the coupling is a linear function."""
        return any((*self.lower_mixed, *self.upper_mixed))


def boundary_fields(config: LatticeConfig) -> BoundaryFields | None:
    """The boundary fields that a table ``[lattice]`` asks for; None where time is periodic or open."""
    given, n = config.schroedinger, config.colors
    if config.time != "schroedinger" or given is None:
        return None
    none = (0.0,) * n
    if given.fields == "A":
        found = standard_fields(config.group, given.eta, given.nu)
        assert found is not None
        standard = BoundaryFields(*found)
        return replace(standard, lower_mixed=none, upper_mixed=none) if given.eta else standard
    lower, upper = given.lower or none, given.upper or none
    return BoundaryFields(lower, upper, given.lower_slope or none, given.upper_slope or none, none, none)


@lru_cache(maxsize=4096)
def phase(angle: Decimal) -> tuple[Decimal, Decimal]:
    """(cos, sin) of an angle by their series, in numbers of ``DIGITS`` digits."""
    with localcontext() as context:
        context.prec = 2 * DIGITS  # terms are as large as e to the angle
        parts, term, k = [Decimal(1), Decimal(0)], Decimal(1), 0
        while abs(term) > Decimal(10) ** -DIGITS or k < abs(angle):
            k += 1
            term = term * angle / k
            parts[k % 2] += -term if k % 4 > 1 else term
        return parts[0], parts[1]


def phases(angles: tuple[Decimal, ...], extent: int) -> NDArray[np.float64]:
    """exp(i phi / L) of each colour: [colour, (re, im)], rounded correctly."""
    with localcontext() as context:
        context.prec = DIGITS
        found = [phase(angle / extent) for angle in angles]
    return np.array([[float(re), float(im)] for re, im in found])


def at_time(fixed: BoundaryFields, t: int, last: int) -> tuple[Decimal, ...]:
    """Angles of the classical field at a time: they lead from phi to phi' in equal steps."""
    with localcontext() as context:
        context.prec = DIGITS
        pairs = zip(fixed.lower, fixed.upper, strict=True)
        return tuple((Decimal(a) * (last - t) + Decimal(b) * t) / last for a, b in pairs)


def text_of_fields(fixed: BoundaryFields) -> str:
    """The angles, "phi1, phi2, ...; phi'1, phi'2, ..." with all of their digits."""
    return "; ".join(", ".join(map(repr, angles)) for angles in (fixed.lower, fixed.upper))
