"""A bias potential of the topological charge or the mean plaquette: ``[update.bias]``."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import INT64, REFUSED, Boolean, Either, Integer, ListOf, Number, Text
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part

CHARGE, PLAQUETTE = "topological_charge", "plaquette"

MOST_BINS = 100_000
MOST_SMEARING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasConfig:
    """``[update.bias]``: S + V(Q) in place of S, Q charge of smeared links or mean plaquette; exp(V) are weights."""

    variable: str = key(
        Text((CHARGE, PLAQUETTE)),
        "what Q, which the potential is a function of, is: charge of smeared links, or mean of Re tr P / N",
        CHARGE,
    )

    build: int = key(
        Integer(0, INT64),
        "first trajectories, of the thermalization, after each of which the potential grows; 0: static",
        0,
    )
    file: str | None = key(
        Text(pattern=r".+", meaning="a path"), "potential to begin with, RUN/bias.h5 of an earlier run", None
    )
    range: float | tuple[float, float] = key(
        Either((Number(above=0.0), ListOf(Number(), 2, 2))),
        "where the potential has a grid, beyond is a wall: largest |Q| of the charge; lowest and highest plaquette",
    )
    bins: int = key(Integer(2, MOST_BINS), "intervals of the grid, all over the range")
    height: float = key(Number(above=0.0), "what each trajectory adds to the potential at its Q", 0.1)
    factor: float = key(
        Number(above=0.0, maximum=1.0), "what multiplies the potential (not the wall) once it stays as it is", 1.0
    )
    wall: float = key(
        Number(minimum=0.0),
        "k of the wall k x^2, x the distance of Q from the grid",
        derived="100; of the plaquette the number of plaquettes",
    )
    interpolation: str = key(
        Text(("cubic", "linear")),
        "between the points of the grid: cubic B-spline, or straight lines with kinks",
        "cubic",
    )
    tempered: bool = key(
        Boolean(), "swap links with a chain that has no bias and is the one that is measured: no weights", False
    )
    symmetric: bool | None = key(
        Boolean(), "let the potential grow at Q and -Q, by half the height each", True, when=("variable", CHARGE)
    )
    smearing: int | None = key(
        Integer(0, MOST_SMEARING),
        "steps of stout smearing of the links whose charge is Q",
        derived="4 in d = 4, else 0",
        when=("variable", CHARGE),
    )
    rho: float | None = key(
        Number(above=0.0, maximum=0.25), "weight of the staples in each of them", 0.1, when=("variable", CHARGE)
    )

    @property
    def interval(self) -> tuple[float, float]:
        """First and last point of the grid."""
        return self.range if isinstance(self.range, tuple) else (-self.range, self.range)


def derive_bias(draft: Draft) -> None:
    """Fill the steps of smearing and the wall, in place."""
    if good(part(draft, "update").get("bias")) is None:
        return
    options = part(draft, "update", "bias")
    if options.get("variable", CHARGE) == PLAQUETTE:
        dims, shape = dims_of(draft), good(part(draft, "lattice").get("shape"))
        options.setdefault("wall", prod(shape) * dims * (dims - 1) / 2 if dims and shape else REFUSED)
        return
    options.setdefault("smearing", 4 if dims_of(draft) == 4 else 0)
    options.setdefault("wall", 100.0)
