"""The photon fields of quenched QED: ``[photons]``, and the charges of quarks that see them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import Boolean, Integer, Number, Text
from lqcdnn.config.tables.drafts import Draft, good

ALPHA = 0.0072973525693
"""Fine-structure constant at low energies (CODATA 2018)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonsConfig:
    """``[photons]``: fields drawn for each configuration, for valence quarks with a ``charge``."""

    alpha: float = key(Number(minimum=0.0, maximum=10.0), "e^2 / (4 pi), in d < 4 in lattice units", ALPHA)
    gauge: str = key(Text(("feynman", "coulomb")), "gauge of the photon fields", "feynman")
    zero_modes: str = key(
        Text(("QED_L", "QED_TL")), "without the waves of no momentum in space, or without the constant one", "QED_L"
    )
    fields: int = key(Integer(1, 10_000), "photon fields for a configuration", 1)
    both_signs: bool = key(Boolean(), "each with e and with -e: what is odd in e drops out", True)

    @property
    def e(self) -> float:
        """The elementary charge."""
        return math.sqrt(4.0 * math.pi * self.alpha)


def charge_of(quark: Draft | None) -> float:
    """The charge of the quark of a table, 0 where there is none; None: a staggered field without."""
    return (good(quark.get("charge")) or 0.0) if quark else 0.0
