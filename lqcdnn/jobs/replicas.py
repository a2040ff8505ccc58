"""Several runs of the same physics with different seeds, analysed as replicas of one ensemble."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from lqcdnn.analyze.comparison import shared_setup
from lqcdnn.analyze.data.rundata import RunData, read_run
from lqcdnn.analyze.data.series import DESCRIPTIONS, Series, is_effort
from lqcdnn.analyze.estimate import replica_estimate
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.analyze.result import Analysis
from lqcdnn.analyze.verdicts.run import judge_replicas, judge_statistics
from lqcdnn.config.tables.starts import START_KEYS
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import choose, find_cut, series_after
from lqcdnn.jobs.compare import differences, flat_physics
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir

#: Where a chain starts and what is thrown away is no physics of its equilibrium.
START = (
    "run.initial", "run.thermalization", "update.accept_first", *(f"run.{name}" for name in START_KEYS),
)  # fmt: skip
#: What does not say which mean values the numbers of an observable have: how they were found, names of quarks.
_NO_MEANING = frozenset((
    "method", "noise", "vectors", "dilution", "tolerance", "loose_tolerance", "exact_vectors", "sources",
    "exact_sources", "seed", "config", "common_noise", "fermion", "fields", "both_signs",
))  # fmt: skip
#: Series of the update, and where the analysis keeps them.
_UPDATE = {
    "accepted": "acceptance",
    "acceptance_probability": "acceptance_probability",
    "exp_minus_dH": "exp_minus_dH",
    "dH": "dH",
}


def are_replicas(directories: Sequence[str | Path]) -> bool:
    """True if the runs have the same physics, as their manifests record it, and all different seeds."""
    physics = [flat_physics(RunDir.open(directory).physics) for directory in directories]
    seeds = {one.get("run.seed") for one in physics}
    if len(directories) < 2 or None in seeds or len(seeds) < len(physics):
        return False
    return all(set(differences(physics[0], one)) <= set(START) for one in physics[1:])


def analyze_replicas(
    directories: Sequence[str | Path],
    thermalization: int | None = None,
    observables: Sequence[str] | None = None,
    request: Request = Request(),  # noqa: B008
) -> Analysis:
    """Common mean values of replicas, with the probability of their spread. Writes nothing.

    The latest cut of all replicas applies to each; series that one of them lacks are left out, and those of observables
    that were measured with other masses, charges, links, ..., with a warning.

    Parameters
    ----------
    directories
        Runs for which `are_replicas` holds.
    thermalization, observables
        As for `lqcdnn.jobs.analyze.analyze_run`.
    request
        What to compute, and how.

    Raises
    ------
    InputError
        No replicas, or as `analyze_run`.
    DataError
        A damaged file.
    """
    if not are_replicas(directories):
        raise InputError("the runs are no replicas: they must have the same physics and different seeds")
    runs = [read_run(directory) for directory in directories]
    cut = max((find_cut(run, thermalization) for run in runs), key=lambda one: one.trajectory)
    unlike = measured_differently(runs)
    parts = _in_all([_without(series_after(run, cut.trajectory), unlike) for run in runs])
    wanted = observables or runs[0].physics.observables
    chosen = [item for item in choose(runs[0].observables, wanted, observables is not None) if item.name in parts[0]]
    if len({run.physics.masses for run in runs}) > 1 and any(target.key != "beta" for target in request.targets):
        raise InputError("the replicas have weights of different masses", hint="reweighting needs the same in all")
    found = quantities(parts, chosen, runs[0].physics, request, runs[0].axes)
    update: dict[str, Any] = {
        field: replica_estimate([part[name] for part in parts], request.method) if name in parts[0] else None
        for name, field in _UPDATE.items()
    }
    judged = [item for item in found.observables if not is_effort(item.name)]
    if runs[0].physics.windows is not None:
        judged = list(found.derived)
    verdicts = judge_statistics(judged), judge_replicas(judged), found.own, found.verdict
    return Analysis(
        kind="replicas",
        source=" + ".join(str(run.directory) for run in runs),
        group=runs[0].physics.group,
        shape=runs[0].physics.shape,
        trajectories=sum(run.last for run in runs),
        expected=None,
        thermalization=cut,
        observables=found.observables,
        **update,
        training=None,
        verdicts=tuple(verdict for verdict in verdicts if verdict is not None),
        warnings=(*(warning for run in runs for warning in run.warnings), *unlike.values(), *found.warnings),
        derived=found.derived,
        fits=found.fits,
        reweighted=found.reweighted,
        setup=shared_setup([run.physics.setup for run in runs]),
    )


def _in_all(parts: Sequence[dict[str, Series]]) -> list[dict[str, Series]]:
    """The series that every replica has."""
    common = set.intersection(*(set(part) for part in parts))
    return [{name: item for name, item in part.items() if name in common} for part in parts]


def _without(part: dict[str, Series], files: Container[str]) -> dict[str, Series]:
    """The series of other files than those of ``measure/``."""
    return {name: item for name, item in part.items() if Path(item.source).name not in files}


def measured_differently(runs: Sequence[RunData]) -> dict[str, str]:
    """Names of files in ``measure/`` whose numbers have not the same mean values in all runs, and a word on each."""
    found = {}
    for name in sorted({path.name for run in runs for path in (run.directory / "measure").glob("*.jsonl")}):
        files = [run.directory / "measure" / name for run in runs]
        records = [Journal(path).records().records for path in files if path.exists()]
        said = [_meaning(one[-1]) for one in records if one]
        for key in sorted(set().union(*said)):
            values = dict.fromkeys(str(one.get(key) or "none") for one in said)
            if len(values) > 1:
                told = ", ".join(value if len(value) < 40 else f"{value[:36]} ..." for value in values)
                found[name] = f"{name.removesuffix('.jsonl')} is left out of the replicas: {key} = {told}"
                break
    return found


def _meaning(record: Mapping[str, Any], inside: str = "") -> dict[str, Any]:
    """What a record says of the measurement, by dotted keys, as far as mean values depend on it."""
    meant: dict[str, Any] = {}
    for key, value in record.items():
        if key in _NO_MEANING:
            continue
        if isinstance(value, dict):
            meant |= _meaning(value, f"{inside}{key}.")
        elif inside or key in DESCRIPTIONS:
            meant[inside + key] = value
    return meant
