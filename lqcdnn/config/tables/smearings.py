"""Smearings of the links that observables see: ``[smearing.NAME]``, their defaults and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED, Integer, ListOf, Number, Text
from lqcdnn.config.tables.drafts import Draft, bad_link_names, dims_of, good, part

ALPHAS = (0.75, 0.6, 0.3)
"""Of Hasenfratz and Knechtli, hep-lat/0103029, for d = 4; the inner levels of fewer dimensions are the last of them."""
DIRECTIONS = ("all", "time", "space")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmearingConfig:
    """``[smearing.NAME]``: hypercubic smearing, for observables with ``links = "NAME"``."""

    kind: str = key(Text(("hyp",)), "hypercubic blocking", "hyp")
    steps: int = key(Integer(1, 10000), "smearing steps", 1)
    alphas: tuple[float, ...] | None = key(
        ListOf(Number(above=0.0, maximum=1.0), 1, 3),
        "weight of the staples in each level, outermost first",
        None,
        derived="the last d - 1 of 0.75, 0.6, 0.3 (space: d - 2)",
    )
    directions: str = key(
        Text(DIRECTIONS), "the links that are smeared; space: in cubes of space, time: in whole hypercubes", "all"
    )


def levels_of(dims: int, directions: str) -> int:
    """How many levels the smearing has: one for each direction that staples go into, less one for the link's own."""
    return dims - 2 if directions == "space" else dims - 1


def default_alphas(dims: int, directions: str) -> tuple[float, ...]:
    """Return the weights of the levels, outermost first; none where space has no staples."""
    return ALPHAS[len(ALPHAS) - levels_of(dims, directions) :]


def derive_smearings(draft: Draft) -> None:
    """Fill the weights of smearings whose levels are known, in place."""
    dims = dims_of(draft)
    for name in part(draft, "smearing"):
        options = part(draft, "smearing", name)
        directions = options.get("directions", "all")
        if dims and directions is not REFUSED and levels_of(dims, directions):
            options.setdefault("alphas", default_alphas(dims, directions))


def smearing_names(draft: Draft) -> Iterator[Problem]:
    """A smearing has a name of its own."""
    bad = bad_link_names(draft, "smearing")
    yield from bad.values()
    for name in part(draft, "smearing"):
        others = [table for table in ("network", "flow") if name in part(draft, table)]
        if others and name not in bad:
            yield Problem(f"smearing.{name}", f"there is also a {others[0]}.{name}", "different names")


def smearings(draft: Draft) -> Iterator[Problem]:
    """See :func:`smearing_problems`, where the number of dimensions is known."""
    for name in part(draft, "smearing"):
        options, dims = part(draft, "smearing", name), dims_of(draft)
        directions, alphas = good(options.get("directions")), good(options.get("alphas"))
        if dims and directions:
            yield from smearing_problems(name, directions, alphas, dims)


def smearing_problems(
    name: str, directions: str, alphas: tuple[float, ...] | None, dims: int
) -> Iterator[Problem]:
    """A weight for each level, and staples where links of space alone are smeared; ``alphas`` None: the default."""
    levels = levels_of(dims, directions)
    if not levels:
        allowed = '"all" or "time" in d = 2, where space links have no staples in space'
        yield Problem(f"smearing.{name}.directions", f'found "{directions}"', allowed)
    elif alphas is not None and len(alphas) != levels:
        count = f"{levels} number{'s' * (levels > 1)}"
        allowed = f'{count}, one for each level with directions = "{directions}" in d = {dims}'
        yield Problem(f"smearing.{name}.alphas", f"found {shown(list(alphas))}", allowed)


SMEARING_RULES = (smearing_names, smearings)
