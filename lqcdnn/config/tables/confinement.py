"""Observables of projected links: monopoles and centre vortices."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.tables.measured import Measured

PROJECTION_OF = {"monopoles": "abelian", "center_vortices": "center"}
"""Observable -> kind of the projection of SU(N) that it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonopolesConfig(Measured):
    """``[observables.monopoles]``: monopoles of U(1), or of links = "NAME" of a projection of kind "abelian"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterVorticesConfig(Measured):
    """``[observables.center_vortices]``: vortices of links = "NAME" of a projection of kind "center"."""
