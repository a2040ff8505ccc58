"""Runs that were made one by one, by a loop of the shell say, as points of a scan over what differs in their inputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lqcdnn.analyze.comparison import is_theory
from lqcdnn.analyze.scan.groups import SEED
from lqcdnn.config.language.scanfits import ScanFitRequest
from lqcdnn.config.tree import flatten
from lqcdnn.errors import InputError
from lqcdnn.jobs.replicas import START
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanPoint

ABSENT = "-"
"""Value of a key that the input of a run does not have."""


@dataclass(frozen=True)
class Gathered:
    """Runs beside each other; as much of a `lqcdnn.storage.scandir.ScanDir` as an analysis needs.

    Attributes
    ----------
    path
        What messages call it: the directories.
    grid
        Values of each key that tells the points apart.
    points
        Each with its directory as its name, in the order of the values.
    notes
        Sentences about other keys in which the runs differ, and about seeds.
    """

    path: str
    grid: dict[str, list[Any]]
    points: tuple[ScanPoint, ...]
    notes: tuple[str, ...]

    def run_path(self, point: str) -> Path:
        """Run directory of a point."""
        return Path(point)


def gather(directories: Sequence[str | Path], wanted: Sequence[str] = ()) -> Gathered:
    """Runs as points over the keys in which their inputs differ.

    Those are the keys that mean values depend on, of lattice and action, and others that are wanted; only where there
    are none, any others. Seeds tell points apart that nothing else does.

    Parameters
    ----------
    directories
        Two run directories or more.
    wanted
        Names of keys, in full or their endings, over which fits go.

    Raises
    ------
    InputError
        Fewer than two, no run directory, or runs that do not differ.
    DataError
        A damaged manifest.
    """
    if len(directories) < 2:
        raise InputError("points of a scan are two run directories or more", hint="lqcdnn analyze DIR DIR ... --scan")
    inputs = {str(path): flatten(RunDir.open(path).physics) for path in directories}
    differing = [key for key in dict.fromkeys(key for one in inputs.values() for key in one)
                 if len({_text(one.get(key, ABSENT)) for one in inputs.values()}) > 1]  # fmt: skip
    others = [key for key in differing if key != SEED and key not in START]
    keys = [key for key in others if is_theory(key) or any(f".{key}".endswith(f".{name}") for name in wanted)] or others
    places = [[_text(one.get(key, ABSENT)) for key in keys] for one in inputs.values()]
    if len({tuple(place) for place in places}) < len(places) and SEED in differing:
        keys.append(SEED)
    if not keys:
        raise InputError("the inputs of the runs do not differ: they are no points of a scan")
    left = [key for key in others if key not in keys]
    notes = [f"the runs differ in {', '.join(left)} too, which no mean value depends on"] if left else []
    seeds = [one.get(SEED) for one in inputs.values()]
    if len({seed for seed in seeds if seed is not None}) < len([seed for seed in seeds if seed is not None]):
        notes.append(
            "runs of the same run.seed draw the same random numbers, but fits and curves take all runs as independent: "
            "errors and chi^2 are not to be trusted (give each run a seed of its own)"
        )
    points = [
        ScanPoint(path, {key: one.get(key, ABSENT) for key in keys}, int(one.get(SEED) or 0))
        for path, one in inputs.items()
    ]
    points.sort(key=lambda point: [_rank(value) for value in point.values.values()])
    grid = {key: list({_text(point.values[key]): point.values[key] for point in points}.values()) for key in keys}
    names = [str(path) for path in directories]
    shown = names if len(names) <= 3 else [names[0], "...", names[-1]]
    return Gathered(" + ".join(shown), grid, tuple(points), tuple(notes))


def _text(value: Any) -> str:
    return json.dumps(value)


def _rank(value: Any) -> tuple[int, Any]:
    """Numbers by their size, before lists of them, before words."""
    if isinstance(value, int | float):
        return 0, float(value)
    if isinstance(value, list) and all(isinstance(item, int | float) for item in value):
        return 1, [float(item) for item in value]
    return 2, _text(value)


def wanted_keys(requests: Sequence[ScanFitRequest]) -> list[str]:
    """Names that fits over the points go along: X, or the variables of a law."""
    found: list[str] = []
    for request in requests:
        for one in (request, *request.others):
            found += [one.x] if one.formula is None else one.formula.variables
    return found
