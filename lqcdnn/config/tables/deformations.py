"""Integration contours that are learned: ``[deformation.NAME]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, INT64, Integer, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DeformationConfig:
    """``[deformation.NAME]``: shifts of the angles of plaquettes, and the loops of which they take noise away."""

    target: str = key(
        Text(("wilson_loop", "polyakov_correlator")), "loops, or pairs of Polyakov loops", "wilson_loop"
    )
    space: int = key(COUNT, "longest loops in space, or largest distance of Polyakov loops; each size has its shifts")
    time: int | None = key(COUNT, "longest loops in time", when=("target", "wilson_loop"))
    configs: int = key(Integer(4, INT64), "saved configurations to train on: the first of this run")
    gap: int = key(
        Integer(0, INT64), "saved configurations after these that are left out of mean values as well", 5
    )
    steps: int = key(COUNT, "largest number of steps of the descent", 20)
