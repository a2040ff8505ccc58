"""Networks that learn what was measured: ``[surrogate.NAME]``, and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import COUNT, INT64, Integer, ListOf, Number, Text
from lqcdnn.config.tables.drafts import Draft, good, part

NAME = r"[A-Za-z0-9_-]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateConfig:
    """``[surrogate.NAME]``: a lattice gauge-equivariant convolutional network and what it is to learn."""

    target: str = key(
        Text(pattern=r"[A-Za-z_][A-Za-z0-9_.\[\]]*", meaning="the name of a series, such as wilson_loop[2][2]"),
        "number measured on saved configurations of this run, as lqcdnn analyze calls it",
    )
    configs: int = key(
        Integer(4, INT64),
        "configurations to train on: the first of those saved that have the target; the others judge",
    )
    channels: tuple[int, ...] = key(
        ListOf(Integer(1, 64), 0), "matrices that each bilinear layer makes, first layer first", (2,)
    )
    reach: int = key(Integer(1, 16), "links of the longest straight way to a neighbour", 1)
    polyakov: str = key(
        Text(("none", "time", "all")), "directions of the loops around the lattice put in beside the plaquettes", "none"
    )
    value: str = key(Text(("mean", "sum")), "the value is a mean over sites, or a sum", "mean")
    optimizer: str = key(
        Text(("least_squares", "adam")), "Gauss-Newton steps on all configurations, or adam on a batch", "least_squares"
    )
    steps: int = key(COUNT, "steps of the optimizer", 10)
    penalty: float | None = key(
        Number(above=0.0),
        "factor of the squared distance from the first weights; absent: by cross-validation in each step",
        None,
        when=("optimizer", "least_squares"),
    )
    rate: float | None = key(Number(above=0.0), "learning rate", 1e-3, when=("optimizer", "adam"))
    batch: int | None = key(COUNT, "configurations of one step", 10, when=("optimizer", "adam"))
    seed: int = key(Integer(0, INT64), "seed of the first weights and of the batches", 1)


def surrogate_names(draft: Draft) -> Iterator[Problem]:
    """Names that can be those of files."""
    for name in part(draft, "surrogate"):
        if not re.fullmatch(NAME, name):
            yield Problem(f"surrogate.{name}", "found another character", "letters, digits, _ and -")


def surrogates(draft: Draft) -> Iterator[Problem]:
    """One kind of training for an input, loops that know of no twist, batches of what there is."""
    tables = part(draft, "surrogate")
    if tables and draft.get("train") is not None:
        yield Problem("surrogate", "given with [train]", "one of the two: lqcdnn train does what the input asks for")
    twist = part(draft, "lattice", "twist")
    if tables and any(good(number) for number in twist.values()):
        yield Problem("surrogate", "given with [lattice.twist]", "no twist: its loops know of none")
    for name in tables:
        options = part(draft, "surrogate", name)
        batch, configs = good(options.get("batch")), good(options.get("configs"))
        if batch and configs and batch > configs:
            yield Problem(f"surrogate.{name}.batch", f"found {batch}", f"at most surrogate.{name}.configs = {configs}")


SURROGATE_RULES = (surrogate_names, surrogates)
