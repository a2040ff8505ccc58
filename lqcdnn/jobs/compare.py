"""``lqcdnn compare``: several runs against the first one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lqcdnn.analyze.comparison import Comparison, compared, judge_agreement
from lqcdnn.analyze.data.cost import Cost, mean_cost
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir

_TIMING_KEYS = ("first", "trajectory", "start", "cpu", "cpu_update", "wall", "threads")


def compare_runs(
    directories: Sequence[str | Path],
    thermalization: int | None = None,
    observables: Sequence[str] | None = None,
    derive: Sequence[str] = (),
) -> Comparison:
    """Mean values, distributions, autocorrelation and cost of runs, each beside the first. Writes nothing.

    Parameters
    ----------
    directories
        Two run directories or more.
    thermalization, observables, derive
        As for `lqcdnn.jobs.analyze.analyze_run`.

    Raises
    ------
    InputError
        Fewer than two directories, the same one twice, or as `analyze_run`.
    DataError
        A damaged file.
    """
    paths = [Path(directory) for directory in directories]
    if len(paths) < 2:
        raise InputError("compare needs two run directories or more", hint="lqcdnn compare DIR DIR")
    if len({path.resolve() for path in paths}) < len(paths):
        raise InputError("a run cannot be compared with itself", hint="name different directories")
    analyses = tuple(analyze_run(path, thermalization, observables, derive=derive) for path in paths)
    costs = tuple(run_cost(path, one.thermalization.trajectory) for path, one in zip(paths, analyses, strict=True))
    physics = [flat_physics(RunDir.open(path).physics) for path in paths]
    differing = tuple(differences(physics[0], one) for one in physics)
    found = compared(analyses, costs)
    return Comparison(
        runs=tuple(str(path) for path in paths),
        analyses=analyses,
        costs=costs,
        differing=differing,
        observables=found,
        verdict=judge_agreement(found, differing),
    )


def run_cost(directory: Path, cut: int) -> Cost | None:
    """Time of one trajectory after the cut; None where nothing was recorded.

    Raises
    ------
    DataError
        A record without the usual keys.
    """
    path = RunDir.open(directory).timing_path
    records = Journal(path).records().records
    for number, record in enumerate(records, start=1):
        if not all(isinstance(record.get(key), int | float) for key in _TIMING_KEYS):
            raise DataError(f"{path}: line {number} is damaged: it needs {', '.join(_TIMING_KEYS)}")
    return mean_cost(records, cut)


def flat_physics(tree: Any, prefix: str = "") -> dict[str, str]:
    """Dotted keys of the physics in a manifest and their values as text: words without quotation marks, else JSON."""
    if isinstance(tree, Mapping):
        return {k: v for key, item in tree.items() for k, v in flat_physics(item, f"{prefix}.{key}".strip(".")).items()}
    return {prefix: tree if isinstance(tree, str) else json.dumps(tree)}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Keys with unlike values, the seed left out, and both values."""
    keys = [key for key in dict.fromkeys((*one, *other)) if key != "run.seed" and one.get(key) != other.get(key)]
    return {key: (one.get(key, "-"), other.get(key, "-")) for key in keys}
