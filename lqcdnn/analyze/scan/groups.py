"""Points of a scan that lie on one line: a key varies along it, all others are fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

#: Differs between points without making them different theories.
SEED = "run.seed"


class Placed(Protocol):
    """A point of a grid."""

    @property
    def values(self) -> Mapping[str, object]:
        """Value of each key."""
        ...


Point = TypeVar("Point", bound=Placed)
#: Short names of the fixed keys with their values, and the points.
Group = tuple[dict[str, object], list[Point]]


def full_key(name: str, keys: Mapping[str, str]) -> str | None:
    """The key of the grid that a name, short or in full, stands for."""
    return next((key for key, short in keys.items() if name in (key, short)), None)


def groups(points: Sequence[Point], keys: Mapping[str, str], along: str | None) -> list[Group[Point]]:
    """Points by the values of all keys but one, in the order of the grid.

    Parameters
    ----------
    points
        Of the scan.
    keys
        Short name of each key of the grid.
    along
        The key that varies; seeds vary too.
    """
    fixed = [key for key in keys if key not in (along, SEED)]
    found: dict[str, Group[Point]] = {}
    for point in points:
        where = {keys[key]: point.values[key] for key in fixed}
        found.setdefault(repr(where), (where, []))[1].append(point)
    return list(found.values())


def place(where: Mapping[str, object]) -> str:
    """``mass = 0.3``; empty where nothing is fixed."""
    return ", ".join(f"{name} = {value}" for name, value in where.items())
