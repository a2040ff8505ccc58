"""Networks that learn what was measured: ``[surrogate.NAME]``, and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import COUNT, INT64, Boolean, Integer, ListOf, Number, Text
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part

NAME = r"[A-Za-z0-9_-]+"

SYMMETRIES = ("none", "spatial", "all")

ISOTROPIC = (
    "plaquette", "rectangle", "energy_plaquette", "energy_clover", "flow_t2E_plaquette", "flow_t2E_clover",
    "topological_charge", "topological_susceptibility",
)  # fmt: skip
"""Numbers in which no direction is special."""

SPATIAL = (
    "plaquette_space", "plaquette_time", "rectangle_space", "rectangle_time", "energy_clover_space",
    "energy_clover_time", "wilson_loop", "polyakov.re", "polyakov_trace.re", "polyakov_modulus", "polyakov_square",
    "polyakov_correlator", "plaquette_correlator", "condensate", "pion", "eigenvalues", "reweighting",
)  # fmt: skip
"""Numbers in which no direction of space is special, nor time from its end."""

ODD = ("topological_charge",)
"""Numbers that change their sign in a mirror."""


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
    runs: tuple[str, ...] = key(
        ListOf(Text(pattern=r".+", meaning="a run directory"), 0, distinct=True),
        "run directories whose configurations are taken in place of those of this run, one after the other",
        (),
    )
    channels: tuple[int, ...] = key(
        ListOf(Integer(1, 64), 0),
        "matrices of each bilinear layer; with a symmetry for each ordered pair of axes, the last layer apart",
        (2,),
    )
    reach: int = key(Integer(1, 16), "links of the longest straight way to a neighbour", 1)
    polyakov: str = key(
        Text(("none", "time", "all")), "directions of the loops around the lattice put in beside the plaquettes", "none"
    )
    symmetry: str = key(
        Text(SYMMETRIES),
        "weights that exchanges of axes of equal extent (spatial: those of space) and reflections leave as they are",
        derived="that of the target: all, spatial, or none if it is not known",
    )
    parity: str | None = key(
        Text(("even", "odd")),
        "whether the value stays or changes its sign in a mirror",
        derived="odd for the topological charge, else even",
        when=("symmetry", "spatial", "all"),
    )
    planar: bool | None = key(
        Boolean(),
        "layers multiply only what lies in one plane: few weights, and Wilson loops are among what they make",
        False,
        when=("symmetry", "spatial", "all"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideSurrogateConfig:
    """``[guide.surrogate]``: S += coefficient times the value of a network that lqcdnn train has taught."""

    weights: str = key(Text(pattern=r".+", meaning="a path"), "file of the network, RUN/train/NAME.surrogate.h5")
    coefficient: float = key(Number(), "factor of its value: of one that learned ln det it is -1", -1.0)


def derive_surrogates(draft: Draft) -> None:
    """Fill the symmetry and the parity of each target, in place."""
    for name in part(draft, "surrogate"):
        options = part(draft, "surrogate", name)
        target = good(options.get("target"))
        if target is None:
            continue
        kinds = {"all": ISOTROPIC, "spatial": SPATIAL}
        found = next((symmetry for symmetry, known in kinds.items() if _is_one_of(target, known)), "none")
        if good(options.setdefault("symmetry", found)) not in (None, "none"):
            options.setdefault("parity", "odd" if _is_one_of(target, ODD) else "even")


def _is_one_of(target: str, names: tuple[str, ...]) -> bool:
    """Whether a series is one of these, whatever its numbers and its prefix: flow_plaquette.3."""
    stem = re.sub(r"[\[.]\d.*$", "", target)
    return any(stem == name or stem.endswith(f"_{name}") for name in names)


def surrogate_names(draft: Draft) -> Iterator[Problem]:
    """Names that can be those of files."""
    for name in part(draft, "surrogate"):
        if not re.fullmatch(NAME, name):
            yield Problem(f"surrogate.{name}", "found another character", "letters, digits, _ and -")


def guide_surrogate(draft: Draft) -> Iterator[Problem]:
    """A network in the guide, and what it has not been put together with."""
    if not part(draft, "guide", "surrogate"):
        return
    others = {"train": draft, "transformation": part(draft, "update"), "tempering": part(draft, "update")}
    for name, table in others.items():
        if good(table.get(name)) is not None:
            found = "[train]" if name == "train" else f"update.{name}"
            yield Problem("guide.surrogate", f"given with {found}", "one of the two")
    if any(good(number) for number in part(draft, "lattice", "twist").values()):
        yield Problem("guide.surrogate", "given with [lattice.twist]", "no twist: its loops know of none")


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
        dims, channels = dims_of(draft), good(options.get("channels"))
        if dims and dims > 2 and good(options.get("parity")) == "odd":
            if good(options.get("planar")):
                allowed = 'false with parity = "odd": a plane is its own mirror image'
                yield Problem(f"surrogate.{name}.planar", "found true", allowed)
            if channels == ():
                yield Problem(f"surrogate.{name}.channels", "found []", 'one layer or more with parity = "odd"')


SURROGATE_RULES = (surrogate_names, surrogates, guide_surrogate)
