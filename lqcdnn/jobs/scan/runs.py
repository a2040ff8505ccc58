"""``lqcdnn scan``: one run directory for each point of a grid; the same call goes on with what is unfinished."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lqcdnn
from lqcdnn.config import RunConfig, load, training_keys
from lqcdnn.config.grid import Point, expand
from lqcdnn.config.language.counts import counted
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.scan.copies import copies
from lqcdnn.jobs.scan.processes import PROGRAM, Runner, Task
from lqcdnn.report.terminal.status import last_record, read_status
from lqcdnn.storage.lock import RunLock
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanDir, ScanPoint
from lqcdnn.update.chain import StopRequest


@dataclass(frozen=True)
class Scan:
    """A scan as asked for, checked.

    Attributes
    ----------
    directory
        Where it is, and what ``scan.json`` will say.
    points
        In the order of the grid, the first key slowest; each with its run directory and seed.
    """

    directory: ScanDir
    points: tuple[Point, ...]

    def progress(self, point: Point) -> Progress:
        """How far a point is."""
        return progress(self.directory, point.name, point.config)


@dataclass(frozen=True)
class Progress:
    """How far a point is.

    Attributes
    ----------
    state
        As ``lqcdnn status`` has it; "new" without a directory, "damaged" if its files cannot be read.
    trajectory, total
        Trajectories done and in all.
    complete
        Whether the same command would find nothing to do.
    """

    state: str
    trajectory: int
    total: int
    complete: bool


def plan_scan(
    text: str, source: str, grid: Sequence[str], overrides: Sequence[str] = (), name: str | None = None
) -> Scan:
    """Check input, grid, and that a scan which is there already may be continued. Writes nothing.

    Parameters
    ----------
    text, source
        The input file and its name for messages.
    grid, overrides
        ``--grid`` and ``--set`` options.
    name
        Directory of the scan; None: ``run.name`` of the input.

    Raises
    ------
    InputError
        A problem of the input or the grid, or the directory holds another scan: other keys, values that are missing
        now, or other physics. Values may be added.
    DataError
        A damaged ``scan.json``.
    """
    bare = expand(text, source, [*overrides, *([f"run.name={name}"] if name else [])], grid)
    path = Path(bare[0].config.run.name)
    if RunDir.is_run_directory(path):
        raise InputError(f"{path} is a run directory, not a scan", hint="choose another name with --name NAME")
    there = ScanDir.open(path) if ScanDir.is_scan_directory(path) else None
    seed = None if "run.seed" in bare[0].values else bare[0].config.run.seed
    if seed is None:
        seed = there.seed if there else secrets.randbits(63)
    points = tuple(point.placed(path.as_posix(), seed) for point in bare)
    if there is not None:
        _check_same(there, points)
    values = {key: list(dict.fromkeys(map(_hashable, (p.values[key] for p in points)))) for key in points[0].values}
    recorded = tuple(ScanPoint(point.name, point.values, _seed(point)) for point in points)
    return Scan(ScanDir(path, seed, values, recorded), points)


@contextmanager
def opened(scan: Scan, facts: Mapping[str, Any]) -> Iterator[Scan]:
    """Lock the directory of a scan and write ``scan.json`` and the inputs of its points.

    Parameters
    ----------
    scan
        From `plan_scan`.
    facts
        Further entries of ``scan.json``.

    Raises
    ------
    InputError
        The directory holds other things.
    LockError
        Another scan is at work there.
    DiskError
        Something cannot be written.
    """
    directory = scan.directory
    ScanDir.prepare(directory.path)
    with RunLock(directory.lock_path):
        if ScanDir.is_scan_directory(directory.path):  # it may have changed since it was looked at
            _check_same(ScanDir.open(directory.path), scan.points)
        directory.write({point.name: point.text for point in scan.points}, {"version": lqcdnn.__version__, **facts})
        yield scan


def run_points(
    scan: Scan, jobs: int, threads: int | None, max_time: float | None, say: Callable[[str], None]
) -> tuple[Task, ...]:
    """Run the points that are not complete, each as a process of its own.

    Parameters
    ----------
    scan
        Inside `opened`.
    jobs, threads
        Processes at a time, and threads of each; None: auto, as each point's generate chooses.
    max_time
        Seconds after which all stop, resumable; None: no limit.
    say
        Takes lines for the user.

    Returns
    -------
    tuple of Task
        The points that were not complete, with their exit codes; None if it was not started.

    Raises
    ------
    DiskError
        A log cannot be written.
    """
    tasks = tuple(_task(scan, point, threads) for point in scan.points if not scan.progress(point).complete)
    count = len(scan.points)
    say(f"{scan.directory.path}: {counted(count, 'point')}, {count - len(tasks)} complete, {jobs} at a time")
    of_copies = copies() if threads == 1 and len(tasks) > 1 else nullcontext()  # those have no threads for kernels
    with StopRequest(max_time).listening() as stop, of_copies as made:
        Runner(tasks, jobs, say, stop, copies=made).run()
    return tasks


def _task(scan: Scan, point: Point, threads: int | None) -> Task:
    place, number = scan.directory, str(threads or "auto")
    run = place.run_path(point.name)
    return Task(
        name=point.name,
        command=(*PROGRAM, "generate", str(place.input_path(point.name)), "--plain", "--threads", number),
        log=place.log_path(point.name),
        records=(run / "journal.jsonl", run / "train" / "history.jsonl"),
        total=point.config.total_trajectories,
        done=lambda: scan.progress(point).trajectory,
        where=lambda: _where(scan, point),
    )


def _where(scan: Scan, point: Point) -> str:
    """Trajectories done; before the first one the step of the training."""
    found = scan.progress(point)
    if found.trajectory == 0:
        with contextlib.suppress(DataError):
            last = last_record(scan.directory.run_path(point.name) / "train" / "history.jsonl") or {}
            if "step" in last:
                return f"training, step {last['step']}"
    return f"{found.trajectory}/{found.total}"


def progress(directory: ScanDir, name: str, config: RunConfig) -> Progress:
    """How far a point is, from the files of its run directory."""
    total, path = config.total_trajectories, directory.run_path(name)
    if not RunDir.is_run_directory(path):
        return Progress("new", 0, total, False)
    try:
        state = read_status(path).state
        done = int((last_record(path / "journal.jsonl") or {}).get("trajectory", 0))
    except DataError:  # its own process will say what is wrong
        return Progress("damaged", 0, total, False)
    # an input without trajectories only trains: how far that is, the command itself must say
    return Progress(state, done, total, state == "done" and done >= total > 0)


def _check_same(there: ScanDir, points: Sequence[Point]) -> None:
    """Refuse another grid or other physics than those of the scan that is there."""
    hint = "values may be added to a scan, nothing else changes; choose another name with --name NAME"
    keys, now = list(there.grid), list(points[0].values)
    if sorted(keys) != sorted(now):
        raise InputError(f"{there.path} is a scan over {', '.join(keys)}, not over {', '.join(now)}", hint=hint)
    by_values = {_values_key(point.values): point for point in points}
    for old in there.points:
        new = by_values.get(_values_key(old.values))
        if new is None:
            raise InputError(f"{there.path} has the point {old.name}, which the grid lacks now", hint=hint)
        if new.name != old.name:
            raise InputError(
                f"{there.path} calls {old.name} what is {new.name} now", hint="give the keys in that order"
            )
        changed = _changed(there, new)
        if changed:
            raise InputError(f"{there.path} was started with other physics: {'; '.join(changed)}", hint=hint)


def _changed(there: ScanDir, point: Point) -> list[str]:
    """Keys of the physics that differ from those of the input in the scan."""
    file = there.input_path(point.name)
    if not file.exists():  # then the run directory itself refuses other physics
        return []
    old, new = training_keys(load(file, WITHOUT_FITS)), training_keys(point.config)
    return [
        f"{key}: {old.get(key, '(absent)')} in the scan, {new.get(key, '(absent)')} now"
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]


def _values_key(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((key, _hashable(value)) for key, value in values.items()))


def _hashable(value: Any) -> Any:
    """Lists as tuples; JSON writes both alike."""
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def _seed(point: Point) -> int:
    assert point.config.run.seed is not None
    return point.config.run.seed
