"""What can be measured, as tables of the input file: one class per observable, ``[observables.NAME]``."""


from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lqcdnn.config.keys import key
from lqcdnn.config.values import BOUNDARY, COUNT, TOLERANCE, Number, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaquetteConfig:
    """``[observables.plaquette]``: mean Re tr P / N, also of space and time planes."""

    every: int = key(COUNT, "measure every n trajectories", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyakovConfig:
    """``[observables.polyakov]``: winding loops in every direction."""

    every: int = key(COUNT, "measure every n trajectories", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CondensateConfig:
    """``[observables.condensate]``: (1/V) d ln Z / dm, for staggered fermions (Nf/4) Tr (D + m)^-1 / V."""

    every: int = key(COUNT, "measure every n trajectories", 1)
    mass: float = key(Number(minimum=0.0), "bare mass in lattice units", derived="that of the first action fermion")
    boundary: tuple[int, ...] = key(
        BOUNDARY,
        "boundary sign of each direction",
        derived="that of the first action fermion, else 1 in space, -1 in time",
    )
    method: str = key(Text(("exact", "noise")), "trace over all sites and colours, or noise vectors", "exact")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=("method", "noise"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 10, when=("method", "noise"))
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PionConfig:
    """``[observables.pion]``: pion correlator from the origin; for domain wall fermions also the residual mass."""

    every: int = key(COUNT, "measure every n trajectories", 1)
    mass: float = key(Number(), "bare mass in lattice units", derived="that of the first action fermion")
    boundary: tuple[int, ...] = key(
        BOUNDARY, "boundary sign of each direction", derived="that of the first action fermion"
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


ObservableConfig = PlaquetteConfig | PolyakovConfig | CondensateConfig | PionConfig

OBSERVABLES: dict[str, type[Any]] = {
    "plaquette": PlaquetteConfig,
    "polyakov": PolyakovConfig,
    "condensate": CondensateConfig,
    "pion": PionConfig,
}
