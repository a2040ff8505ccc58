"""Evolutions out of equilibrium: ``[update.evolution]``."""

# ruff: noqa: RUF009 (key and table return dataclasses.field)
from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key, table
from lqcdnn.config.language.values import Integer, ListOf, Number, Text

MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDefectConfig:
    """``[update.evolution.defect]``: evolutions begin where the links through a defect are weakened."""

    coupling: float = key(
        Number(minimum=0.0, below=1.0), "factor of the links through the defect at the start; 0: open boundary", 0.0
    )
    side: int = key(Integer(1, 4096), "sites of the defect in each direction but its normal")
    normal: str = key(Text(("x", "y", "z", "t")), "direction of the links through the defect", "x")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvolutionConfig:
    """``[update.evolution]``: from a chain in equilibrium at a start to the action of the input, with a weight."""

    start_beta: float | None = key(
        Number(minimum=0.0), "beta of the chain whose configurations evolutions begin with; or the table defect", None
    )
    steps: int = key(
        Integer(1, MOST_STEPS), "steps of an evolution, in which beta or the factor of the defect changes linearly"
    )
    between: int = key(Integer(1, MOST_STEPS), "updates of the start chain before each evolution")
    updates: int = key(
        Integer(0, MOST_STEPS), "updates in each step, after the action has changed; 0: reweighting, or a flow alone", 1
    )
    networks: tuple[str, ...] = key(
        ListOf(Text(pattern=r"[A-Za-z0-9_-]+", meaning="the name of a masked network"), 0),
        "masked networks that turn links before the action changes; of several, weights are interpolated in the step",
        (),
    )
    defect: StartDefectConfig | None = table(
        StartDefectConfig, "start with links through a defect weakened, in place of another beta", optional=True
    )
