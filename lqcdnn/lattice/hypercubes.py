"""Which fields hypercubic smearing is made of: links that are smeared in ever fewer directions (physics.md 1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Field = tuple[int, frozenset[int]]
"""Direction mu of the links, and the directions besides mu that no staple of them goes into."""


@dataclass(frozen=True)
class Blocked:
    """How a field of a level is made from the fields of the level before.

    Attributes
    ----------
    mu
        Direction of its links.
    staples
        [row, 3]: direction nu of two staples, numbers of the fields of their sides (along nu) and of their tops.
    """

    mu: int
    staples: NDArray[np.int64]


def hypercubic_levels(d: int, links: Iterable[int], outside: Iterable[int] = ()) -> list[list[Blocked]]:
    """Levels of fields, innermost first, of which the last are the smeared links.

    The first level is made from the links themselves, field mu in direction mu. V_mu;S has staples in all directions
    nu but mu and those in S: their sides are V_nu;S+mu, their tops V_mu;S+nu.

    Parameters
    ----------
    d
        Number of directions.
    links
        Directions whose links are wanted: the fields of the last level, in this order.
    outside
        Directions that no staple goes into at all.

    Returns
    -------
    d - 1 levels, less one for each direction outside.
    """
    wanted: list[Field] = [(mu, frozenset(outside)) for mu in links]
    levels: list[list[Blocked]] = []
    while free := d - 1 - len(wanted[0][1]):
        parts = {field for mu, kept in wanted for nu in _others(d, mu, kept) for field in _parts(mu, nu, kept)}
        below = sorted(parts, key=lambda field: (field[0], sorted(field[1])))
        number = {field: field[0] if free == 1 else k for k, field in enumerate(below)}  # last: the links themselves
        levels.insert(0, [_blocked(d, mu, kept, number) for mu, kept in wanted])
        wanted = below
    return levels


def _others(d: int, mu: int, kept: frozenset[int]) -> list[int]:
    return [nu for nu in range(d) if nu != mu and nu not in kept]


def _parts(mu: int, nu: int, kept: frozenset[int]) -> tuple[Field, Field]:
    """Sides and top of the staples in direction nu."""
    return (nu, kept | {mu}), (mu, kept | {nu})


def _blocked(d: int, mu: int, kept: frozenset[int], number: dict[Field, int]) -> Blocked:
    rows = [(nu, *(number[part] for part in _parts(mu, nu, kept))) for nu in _others(d, mu, kept)]
    return Blocked(mu, np.array(rows, dtype=np.int64))


@dataclass(frozen=True)
class Level:
    """A level of hypercubic exponential smearing.

    Attributes
    ----------
    staples
        Pairs of staples of each link.
    fields
        How many fields it has.
    planes
        [plane, 6] directions mu and nu, the fields of the level before whose links A along mu and B along nu close to
        plaquettes, and the fields of this level along mu and along nu that have their staples.
    """

    staples: int
    fields: int
    planes: NDArray[np.int64]


def hypercubic_planes(d: int) -> list[Level]:
    """The levels of :func:`hypercubic_levels`, of all links, outermost first, plane by plane.

    Field k d + mu of a level is the k-th along mu: d fields, one along each direction, lie side by side.
    """
    levels = []
    for kept in range(d - 1):
        rows = [
            (mu, nu, _number(d, mu, {*S, nu}), _number(d, nu, {*S, mu}), _number(d, mu, {*S}), _number(d, nu, {*S}))
            for S in combinations(range(d), kept)
            for mu, nu in combinations([k for k in range(d) if k not in S], 2)
        ]
        levels.append(Level(d - 1 - kept, d * comb(d - 1, kept), np.array(rows, dtype=np.int64)))
    return levels


def _number(d: int, mu: int, kept: set[int]) -> int:
    """Place of V_mu;kept among the fields of its level."""
    others = [set(S) for S in combinations([k for k in range(d) if k != mu], len(kept))]
    return others.index(kept) * d + mu
