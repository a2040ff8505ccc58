"""A job at work in a run directory: lock, manifest, status, stop requests, and how it ends."""

from __future__ import annotations

import json
import os
import socket
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from lqcdnn.config import RunConfig, digest, load, resolved_toml, training_keys, with_seed
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.errors import DataError, DiskError, InputError, LqcdnnError, StoppedEarly
from lqcdnn.report.provenance import manifest_facts
from lqcdnn.report.terminal.console import Reporter
from lqcdnn.storage import checkpoint, potentials, weights
from lqcdnn.storage.checkpoint import StorageWarning
from lqcdnn.storage.journal import REPAIR_HINT, Journal, JournalContent
from lqcdnn.storage.rundir import RunDir
from lqcdnn.timing import clock
from lqcdnn.update.chain import StopRequest

STATUS_SECONDS = 5.0
"""Least time between two replacements of status.json."""

KEPT = ("phase", "trajectory", "total", "acceptance", "seconds_per_trajectory", "gradient_check")
"""Entries of status.json that a session takes over from the one before it."""

CHECKPOINT_SECONDS = 30.0
"""Time between two checkpoints where the input does not say how many steps: what a kill may cost."""


def checked(config: RunConfig) -> RunConfig:
    """What a call from Python is given for an input, if it is one.

    Raises
    ------
    InputError
        If it is anything else, such as the name of a file.
    """
    if not isinstance(config, RunConfig):
        raise InputError(f"config: found {config!r}; allowed: an input as lqcdnn.load(file) returns it")
    return config


def seeded(config: RunConfig) -> RunConfig:
    """The input with its seed: given, recorded in its run directory, or drawn from the system."""
    config = checked(config)
    if config.run.seed is None and RunDir.is_run_directory(config.run.name):
        recorded = RunDir.open(config.run.name).physics.get("run.seed")
        if isinstance(recorded, int):
            return replace(config, run=replace(config.run, seed=recorded))
    return with_seed(config)


@dataclass
class Session:
    """One command at work in a run directory.

    Attributes
    ----------
    run
        The locked directory.
    stop
        Signals and time budget.
    plain
        Plain progress lines; None decides by the terminal.
    warnings
        What is said before the next step.
    outcome
        State at the end of the work, if nothing stops it.
    untouched
        Whether the run is as it was: an input refused now leaves no trace in it.
    """

    run: RunDir
    config: RunConfig
    stop: StopRequest
    plain: bool | None = None
    title: str = ""
    warnings: Sequence[str] = ()
    outcome: str = "done"
    untouched: bool = True
    _facts: dict[str, Any] = field(default_factory=dict)
    _written: float = -1e9
    _saved: float = field(default_factory=monotonic)

    def reporter(self, total: int, unit: str = "traj") -> Reporter:
        """Progress display of one phase of the job."""
        shown = Reporter(self.title or self.config.run.name, total, plain=self.plain, unit=unit)
        for text in self.warnings:
            shown.message(f"WARNING: {text}")
        self.warnings = ()
        return shown

    @property
    def phase(self) -> str | None:
        """What the status speaks of: "training", "generate", or nothing yet."""
        return self._facts.get("phase")

    def begin(self, phase: str, done: int, total: int, **facts: Any) -> None:
        """Status before the first step of a phase, which may be complete; the pace of another phase is not its own."""
        self.untouched = False
        if self.phase != phase:
            for key in ("acceptance", "seconds_per_trajectory", "eta_seconds"):
                self._facts.pop(key, None)
        self.status("running", force=True, phase=phase, trajectory=done, total=max(done, total), **facts)

    def status(self, state: str, force: bool = False, **facts: Any) -> None:
        """Replace status.json, at most every few seconds unless forced."""
        self._facts.update(facts)
        if not force and monotonic() - self._written < STATUS_SECONDS:
            return
        self._written = monotonic()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._facts.setdefault("started", now)
        self.run.write_status(
            {"state": state, **self._facts, "pid": os.getpid(), "host": socket.gethostname(), "updated": now}
        )

    def checkpoint_due(self, done: int, total: int, every: int | None) -> bool:
        """Whether to write one after step ``done``: every so many steps or, None, by time; always after the last."""
        if every is not None:
            return done % every == 0 or done == total
        now = monotonic()
        due = now - self._saved >= CHECKPOINT_SECONDS
        if due:
            self._saved = now
        return due or done == total

    def check_stop(self, save: Callable[[], None], done: int, total: int, unit: str) -> None:
        """After each step: write a checkpoint and leave when a stop was requested.

        Raises
        ------
        StoppedEarly
            With the reason.
        """
        reason = self.stop.reason
        if reason is None or done >= total:
            return
        save()
        raise StoppedEarly(
            f"stopped by {reason} after {unit} {done} of {total}; checkpoint written",
            hint="the same command goes on from here",
        )


@contextmanager
def session(
    config: RunConfig,
    physics: Mapping[str, Any],
    input_text: str,
    max_time: float | None = None,
    plain: bool | None = None,
    parent: Mapping[str, Any] | None = None,
) -> Iterator[Session]:
    """Open or create the run directory and record how the job ends.

    Raises
    ------
    InputError, LockError, DataError, DiskError
        As ``RunDir.create_or_open``.
    """
    facts = {**manifest_facts(), "config_digest": digest(config), "seed": config.run.seed}
    resolved = resolved_toml(config)
    clock.reset()
    with (
        RunDir.create_or_open(
            config.run.name, input_text or resolved, resolved, physics, facts, unrecorded(config, physics), parent
        ) as run,
        StopRequest(max_time).listening() as stop,
    ):
        work = Session(run, config, stop, plain, _facts=facts_before(run))
        try:
            work.status("running", force=True)  # compiling and the first step may take minutes
            yield work
        except StoppedEarly as early:
            finish(work, "stopped", early.message)
            raise
        except LqcdnnError as error:
            with suppress(DiskError):  # the first error is the one to report
                if not (isinstance(error, InputError) and work.untouched and run.withdraw()):
                    finish(work, "failed", error.message)
            raise
        except KeyboardInterrupt:
            finish(work, "stopped", "interrupted at once; the last checkpoint stands")
            raise
        except BaseException as error:
            finish(work, "failed", f"{type(error).__name__}: {error}")
            raise
        finish(work, work.outcome, work.outcome)


def facts_before(run: RunDir) -> dict[str, Any]:
    """Where the run was by its status.json; nothing where there is none, or a damaged one, which is replaced."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(run.status_path.read_bytes())
        if isinstance(found, dict):
            return {key: found[key] for key in KEPT if _storable(found.get(key))}
    return {}


def _storable(value: Any) -> bool:
    """Whether a value is a text or a finite number."""
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) < float("inf"))


def unrecorded(config: RunConfig, physics: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of ``physics`` as the run that is there had them by default: its input, read by this version."""
    if not RunDir.is_run_directory(config.run.name):
        return {}
    run = RunDir.open(config.run.name)
    try:
        known = training_keys(load(run.resolved_path, WITHOUT_FITS))
    except InputError:  # an input this version does not take: only what was recorded can be compared
        return {}
    return {key: value for key, value in known.items() if key in physics and key not in run.physics}


def finish(work: Session, state: str, reason: str) -> None:
    """Note the end in status.json and in the manifest."""
    work.status(state, force=True, reason=reason)
    work.run.finish(reason)


def resumed(journal: Journal, key: str, last: int, found: JournalContent) -> None:
    """After a journal was cut back to a checkpoint: warn of torn lines, and refuse one that does not reach it.

    Raises
    ------
    DataError
        Unless the lines are numbered 1, 2, ... up to `last`.
    """
    for text in found.warnings:
        warnings.warn(text, StorageWarning, stacklevel=2)
    for line, record in enumerate(found.records, start=1):
        if record[key] != line:
            raise DataError(f"{journal.path}: line {line} has {key} {record[key]}, not {line}", hint=REPAIR_HINT)
    if len(found.records) != last:
        raise DataError(
            f"{journal.path}: ends with {key} {len(found.records)}, but the checkpoint was written after {last}",
            hint=REPAIR_HINT,
        )


def same_weights(name: str, recorded: Any, present: str) -> None:
    """Refuse to go on with other weights ("weights.NETWORK"), couplings or bias potential than the chain began with.

    Raises
    ------
    InputError
        Naming the network.
    """
    what = f"network.{name[8:]}.weights: the weights"
    others = {
        weights.COUPLINGS: "couplings of the guide: they",
        weights.SURROGATE: "guide.surrogate.weights: the weights",
        potentials.BIAS: "update.bias.file: the potential",
        "action.custom": "action.custom.file: the file",
        "guide.custom": "guide.custom.file: the file",
    }
    what = others.get(name, what)
    one = what.endswith(("the potential", "the file"))
    if recorded is not None and recorded != present:
        raise InputError(
            f"{what} {'has' if one else 'have'} changed since this run began "
            f"(sha256 {str(recorded)[:12]}..., now {present[:12]}...)",
            hint="restore the old file, or start a run of another name",
        )


def keep_weights_of_chain(run: RunDir, network: str | None, samples: int) -> None:
    """Refuse to train on to so many samples where a chain has begun with the weights of another number.

    Training that lost its history and repeats what it did goes on.

    Raises
    ------
    InputError
        Naming both numbers; history and weights are as they were.
    """
    found, path = checkpoint.load_latest(run.checkpoint_dir), run.train_dir / "weights.h5"
    names = (f"weights.{network}", weights.COUPLINGS)
    recorded = {name: found[1][name] for name in names if name in found[1]} if found else {}
    if not recorded or not path.exists():
        return
    present = weights.load(path)
    before, here = present.training.get("samples"), [present.layers, present.theta[present.layers.size :]]
    digests = dict(zip(names, map(weights.digest, here), strict=True))
    if all(digests[name] == value for name, value in recorded.items()) and before != samples:
        raise InputError(
            f"{run.path}: its chain has begun with weights of {before} training samples, "
            f"[train] would replace them by those of {samples}",
            hint="train.trajectories as before, or a run of another name (--set run.name=NAME)",
        )
