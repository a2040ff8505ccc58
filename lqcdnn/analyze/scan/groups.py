"""Points of a scan that lie on one line: a key varies along it, all others are fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from lqcdnn.errors import InputError

#: Differs between points without making them different theories.
SEED = "run.seed"


class Placed(Protocol):
    """A point of a grid."""

    @property
    def values(self) -> Mapping[str, object]:
        """Value of each key."""
        ...


Point = TypeVar("Point", bound=Placed)
Fit = TypeVar("Fit")
#: Short names of the fixed keys with their values, and the points.
Group = tuple[dict[str, object], list[Point]]


def full_key(name: str, keys: Mapping[str, str]) -> str | None:
    """The key of the grid that a name, short or in full, stands for."""
    return next((key for key, short in keys.items() if name in (key, short)), None)


def groups(points: Sequence[Point], keys: Mapping[str, str], *along: str | None) -> list[Group[Point]]:
    """Points by the values of all keys but some, in the order of the grid.

    Parameters
    ----------
    points
        Of the scan.
    keys
        Short name of each key of the grid.
    along
        The keys that vary; seeds vary too, and so does a key of which each place along these has one value, as a
        quark mass that is tuned for each coupling.
    """
    fixed = [key for key in keys if key not in (*along, SEED) and not follows(key, points, along)]
    found: dict[str, Group[Point]] = {}
    for point in points:
        where = {keys[key]: point.values[key] for key in fixed}
        found.setdefault(repr(where), (where, []))[1].append(point)
    return list(found.values())


def follows(key: str, points: Sequence[Placed], along: Sequence[str | None]) -> bool:
    """Whether a key changes, and has one value wherever some others have one value each."""
    values = [repr(point.values[key]) for point in points]
    others = [other for other in along if other is not None and other in points[0].values]
    where = [repr([point.values[other] for other in others]) for point in points]
    return len(set(values)) > 1 and len(set(zip(where, values, strict=True))) == len(set(where))


def place(where: Mapping[str, object]) -> str:
    """``mass = 0.3``; empty where nothing is fixed."""
    return ", ".join(f"{name} = {value}" for name, value in where.items())


def on_every_line(
    name: str, lines: Iterable[Group[Point]], fit: Callable[[dict[str, object], list[Point]], Fit], notes: list[str]
) -> list[Fit]:
    """The fit that a request, of that name, asks for on each line; ``notes`` gets a sentence for each that has none.

    Raises
    ------
    InputError
        There is none on any line: the reason on the first.
    """
    found, failed = [], []
    for where, points in lines:
        try:
            found.append(fit(where, points))
        except InputError as error:
            failed.append((where, error))
    if not found:
        where, first = failed[0]
        raise InputError(f"{place(where)}: {first.message}" if where else first.message, hint=first.hint)
    notes += [f"{place(where)}: no fit {name}: {reason.message}" for where, reason in failed]
    return found
