"""A bias potential of the topological charge: ``[update.bias]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import INT64, Boolean, Integer, Number, Text
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part

MOST_BINS = 100_000
MOST_SMEARING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasConfig:
    """``[update.bias]``: S + V(Q) in place of S, Q the charge of stout-smeared links; exp(V) are weights."""

    build: int = key(
        Integer(0, INT64),
        "first trajectories, of the thermalization, after each of which the potential grows; 0: static",
        0,
    )
    file: str | None = key(
        Text(pattern=r".+", meaning="a path"), "potential to begin with, RUN/bias.h5 of an earlier run", None
    )
    range: float = key(Number(above=0.0), "magnitude of Q up to which the potential has a grid; beyond is a wall")
    bins: int = key(Integer(2, MOST_BINS), "intervals of the grid, from -range to range")
    height: float = key(Number(above=0.0), "what each trajectory adds to the potential at its Q", 0.1)
    factor: float = key(
        Number(above=0.0, maximum=1.0), "what multiplies the potential (not the wall) once it stays as it is", 1.0
    )
    wall: float = key(Number(minimum=0.0), "k of the wall k x^2, x the distance of Q from the grid", 100.0)
    interpolation: str = key(
        Text(("cubic", "linear")),
        "between the points of the grid: cubic B-spline, or straight lines with kinks",
        "cubic",
    )
    tempered: bool = key(
        Boolean(), "swap links with a chain that has no bias and is the one that is measured: no weights", False
    )
    symmetric: bool = key(Boolean(), "let the potential grow at Q and -Q, by half the height each", True)
    smearing: int = key(
        Integer(0, MOST_SMEARING),
        "steps of stout smearing of the links whose charge is Q",
        derived="4 in d = 4, else 0",
    )
    rho: float = key(Number(above=0.0, maximum=0.25), "weight of the staples in each of them", 0.1)


def derive_bias(draft: Draft) -> None:
    """Fill the steps of smearing, in place."""
    if good(part(draft, "update").get("bias")) is not None:
        part(draft, "update", "bias").setdefault("smearing", 4 if dims_of(draft) == 4 else 0)
