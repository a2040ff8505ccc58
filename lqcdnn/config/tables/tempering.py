"""Parallel tempering on boundary conditions: ``[update.tempering]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import Integer, ListOf, Number, Text

MOST_REPLICAS = 64
"""Each holds links and momenta of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperingConfig:
    """``[update.tempering]``: replicas whose links through a defect are weakened."""

    couplings: tuple[float, ...] = key(
        ListOf(Number(minimum=0.0, maximum=1.0), 2, MOST_REPLICAS),
        "factor of the links through the defect, for each replica; falling from 1, the theory itself",
    )
    side: int = key(Integer(1, 4096), "sites of the defect in each direction but its normal")
    normal: str = key(Text(("x", "y", "z", "t")), "direction of the links through the defect", "x")
