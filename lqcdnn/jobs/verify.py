"""``lqcdnn verify``: recompute everything in a run directory that proves itself or something else there."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lqcdnn.actions.scalar import SCALAR
from lqcdnn.config import RunConfig, load, training_keys
from lqcdnn.config.language.counts import counted
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.errors import DataError, InputError
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.jobs.boundaries import mean_plaquette
from lqcdnn.jobs.fork import chain_seed
from lqcdnn.jobs.llr import built_again
from lqcdnn.jobs.states import kept_arrays
from lqcdnn.jobs.timinglog import had_checkpoint
from lqcdnn.measure.runner import links_key
from lqcdnn.storage import atomic, checkpoint, deformations, hdf5, surrogates, weights
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.formats.verify import unitarity
from lqcdnn.storage.journal import Journal, Record
from lqcdnn.storage.manifest import read_json
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.swaps import order_of_swaps

_EQUAL = 1e-12  # two summations of the same plaquettes
_UNITARY = 1e-10  # as generate demands of a state


@dataclass
class Check:
    """One kind of file: how many there are, what is wrong, what is worth knowing."""

    kind: str
    files: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Damage found inside the block becomes a fault."""
        try:
            yield
        except DataError as error:
            self.faults.append(error.message)


@dataclass(frozen=True)
class Verification:
    """Result of :func:`verify`."""

    directory: str
    checks: list[Check]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.faults for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {"directory": self.directory, "sound": self.sound, "checks": [asdict(check) for check in self.checks]}

    def text(self) -> str:
        """One line a kind, and one for each fault and note."""
        width = max(len(check.kind) for check in self.checks)
        lines = []
        for check in self.checks:
            entries = f", {counted(check.entries, 'entry')}" if check.entries else ""
            verdict = f"{len(check.faults)} FAULTS" if check.faults else "sound"
            lines.append(f"{check.kind:<{width}}  {counted(check.files, 'file')}{entries}: {verdict}")
            lines += [f"  fault: {text}" for text in check.faults] + [f"  note: {text}" for text in check.notes]
        return "\n".join([*lines, f"{self.directory}: {'sound' if self.sound else 'DAMAGED'}"])


def verify(directory: str | os.PathLike[str]) -> Verification:
    """Check every file of a run directory; nothing is written or locked.

    Raises
    ------
    InputError
        Not a run directory.
    DataError
        Its manifest is damaged.
    DiskError
        A file cannot be read.
    """
    run = RunDir.open(directory)
    # checkpoints before the journal, which is ahead of them at any time
    states = {folder: _states(folder) for folder in (run.checkpoint_dir, run.train_dir / "checkpoint")}
    journal, records = _journal(run)
    history, steps = _series(run.train_dir / "history.jsonl", "training", "step")
    by_number = {record["trajectory"]: record for record in records}
    config = _resolved(run)
    where = None if config is None else config.lattice
    checks = [
        _inputs(run),
        journal,
        _configurations(run, by_number, where),
        _checkpoints(run, states[run.checkpoint_dir], by_number, not journal.faults, config),
        _training(run, history, states[run.train_dir / "checkpoint"], steps),
        _measurements(run, by_number),
        _series(run.timing_path, "times", "trajectory", consecutive=False)[0],
        _leftovers(run),
    ]
    for name, again in built_again(run, config, records, states[run.checkpoint_dir][0]):
        checks.append(Check(name, again.files, faults=again.faults, notes=again.notes))
    return Verification(str(run.path), checks)


def _inputs(run: RunDir) -> Check:
    """The manifest, the texts of the input, and that the resolved one says the same physics."""
    check = Check("inputs", files=1, entries=len(run.manifest["sessions"]))
    for path in (run.input_path, run.resolved_path):
        if not path.is_file():
            check.notes.append(f"{path} is missing; the next start writes it again")
            continue
        check.files += 1
        known = run.knows_text(path.stem)
        if known is None:
            check.notes.append(f"{path}: written by a version that noted no checksum")
        elif not known:
            check.faults.append(f"{path}: not the text of any session, by its checksum in manifest.json")
    if run.status_path.is_file():
        check.files += 1
        with check.collecting():
            read_json(run.status_path)
    config = _resolved(run)
    if config is None:
        check.notes.append(f"{run.resolved_path}: not an input of this version")
        return check
    check.faults += other_physics(run.resolved_path, config, run, "manifest.json")
    return check


def other_physics(path: Path, config: RunConfig, run: RunDir, where: str) -> list[str]:
    """Faults of an input: keys that have other values in the manifest of the run."""
    here = training_keys(config)
    return [
        f"{path}: {key} is {here[key]}, but {value} in {where}"
        for key, value in run.physics.items()
        if key in here and _plain(here[key]) != value
    ]


def _resolved(run: RunDir) -> RunConfig | None:
    """The complete input; None when it is missing or this version does not take it."""
    try:
        return load(run.resolved_path, WITHOUT_FITS)
    except InputError:
        return None


def _plain(value: Any) -> Any:
    """A value of the input as JSON keeps it."""
    return list(value) if isinstance(value, tuple) else value


def _series(path: Path, kind: str, key: str, consecutive: bool = True) -> tuple[Check, list[Record]]:
    """Lines up to the first damaged one."""
    survey = Journal(path).survey()
    check = Check(kind, files=int(path.is_file()), entries=survey.total)
    if survey.damage is not None:
        check.faults.append(survey.damage)
    if survey.torn:
        check.notes.append(f"{path}: a last line without end, as a kill leaves it; the next start drops it")
    if survey.unchecked:
        lines = counted(survey.unchecked, "line")
        check.notes.append(f"{path}: {lines} of a version without checks; an edit would not be found")
    records: list[Record] = []
    for number, line in enumerate(survey.good, start=1):
        found = line.record.get(key)
        if not isinstance(found, int) or (consecutive and found != number):
            check.faults.append(f"{path}: line {number} has {key} {found!r}")
            break
        records.append(line.record)
    return check, records


def _journal(run: RunDir) -> tuple[Check, list[Record]]:
    """The journal: numbers, and what one entry says about another or about the random numbers."""
    check, records = _series(run.journal_path, "journal", "trajectory")
    seed = run.physics.get("run.seed")
    seed = chain_seed(run.manifest, seed) if isinstance(seed, int) else None
    first = run.physics.get("update.accept_first", 0)
    previous: Record = {}
    for record in records:
        try:
            wrong = _misplaced_force(record, first) or _contradiction(record, previous, seed) or _lost(record, previous)
        except (KeyError, TypeError, OverflowError) as error:
            wrong = f"not the record of a trajectory ({type(error).__name__}: {error})"
        if wrong is not None:
            check.faults.append(f"{run.journal_path}: line {record['trajectory']}: {wrong}")
        previous = record
    return check, records


def _misplaced_force(record: Record, first: int) -> str | None:
    """What is wrong with a trajectory accepted without a test, or with one that was to be, or None."""
    forced = record.get("forced", False)
    if "dH" not in record or forced is (record["trajectory"] <= first):
        return None
    return f"forced is {json.dumps(forced)}, but update.accept_first is {first}"


def _contradiction(record: Record, previous: Record, seed: int | None) -> str | None:
    """What is wrong with a record of an update with Metropolis test (physics.md 5), or None."""
    probability = record.get("acceptance_probability")
    if probability is None:
        return None
    expected = math.exp(min(0.0, -record["dH"]))
    if not math.isclose(probability, expected, rel_tol=_EQUAL):
        return f"acceptance_probability is {probability!r}, but dH gives {expected!r}"
    if seed is not None:
        accepted = Stream(seed, record["trajectory"]).single(METROPOLIS) < probability
        if record["accepted"] is not accepted:
            return f"accepted is {record['accepted']}, but the random number of this trajectory says {accepted}"
    moved = record["accepted"] or record.get("swapped", [False])[0]
    if not moved and previous and abs(record["plaquette"] - previous["plaquette"]) > _EQUAL:
        return "rejected, but the plaquette changed"
    return None


def _lost(record: Record, previous: Record) -> str | None:
    """What is wrong with the replicas of parallel tempering, or None."""
    if "swapped" not in record:
        return None
    swapped = record["swapped"]
    walkers = list(previous["walkers"]) if previous else list(range(len(swapped) + 1))
    for k in order_of_swaps(len(swapped)):
        if swapped[k]:
            walkers[k], walkers[k + 1] = walkers[k + 1], walkers[k]
    if walkers != record["walkers"]:
        return f"walkers are {record['walkers']}, but the swaps give {walkers}"
    return None


def _configurations(run: RunDir, records: dict[int, Record], where: LatticeConfig | None) -> Check:
    """Checksum, group and plaquette of each configuration, its number, and the journal's plaquette."""
    check, ahead = Check("configurations"), []
    for number, path in run.configurations():
        check.files += 1
        with check.collecting():
            found = read_configuration(path)
            if found.attributes.get("trajectory") != number:
                check.faults.append(f"{path}: holds trajectory {found.attributes.get('trajectory')}")
            if found.scalar is None and "action.scalar.kappa" in run.physics:
                check.faults.append(f"{path}: no scalar field")
            if number in records:
                mean = mean_plaquette(found.links, where, found.plaquette)
                _compare(check, path, mean, records[number])
            else:
                ahead.append(path.name)
    if ahead:
        check.notes.append(
            f"{len(ahead)} without a sound journal entry, from {ahead[0]} on; the run will write them again"
        )
    return check


def _compare(check: Check, path: Path, found: float, record: Record) -> None:
    journal = record.get("plaquette")
    if journal is not None and not abs(found - journal) <= _EQUAL:
        check.faults.append(
            f"{path}: plaquette {found!r}, but the journal has {journal!r} for trajectory {record['trajectory']}"
        )


States = tuple[dict[Path, tuple[hdf5.Arrays, hdf5.Attributes]], Check]


def _states(folder: Path) -> States:
    """Both checkpoints of a pair, as far as they are undamaged."""
    check, found = Check("checkpoints"), {}
    for path in checkpoint.paths(folder):
        if path.is_file():
            check.files += 1
            with check.collecting():
                found[path] = hdf5.unpack(path)
    return found, check


def _checkpoints(
    run: RunDir, states: States, records: dict[int, Record], whole: bool, config: RunConfig | None
) -> Check:
    """Checksum, group, and the journal's plaquette; none must be ahead of the journal, if that is `whole`."""
    found, check = states
    where = None if config is None else config.lattice
    for path, (arrays, attributes) in found.items():
        number, links = attributes.get("trajectory"), arrays.get("links")
        if not isinstance(number, int) or links is None or links.ndim != len(links) + 3 or links.dtype.kind != "c":
            check.faults.append(f"{path}: not the state of a chain")
            continue
        violation = unitarity(links)
        if not violation <= _UNITARY * links.shape[-1]:
            check.faults.append(f"{path}: links have left the group by {violation:.1e}")
        kept = kept_arrays(config) if "update.friction" in run.physics else []
        kept += [SCALAR] if "action.scalar.kappa" in run.physics else []
        for name in kept if number > 0 else ():
            if not np.isfinite(arrays.get(name, np.nan)).all():
                check.faults.append(f"{path}: no {name} of finite numbers, which the next trajectory begins with")
        if number > len(records) and whole:
            check.faults.append(f"{path}: trajectory {number}, but the journal ends with {len(records)}")
        elif number > 0 and number in records:
            mean = mean_plaquette(links, where)
            _compare(check, path, mean, records[number])
    if records and not check.files:
        if had_checkpoint(run):
            check.faults.append(f"{run.checkpoint_dir}: no checkpoint any more, although one was written")
        else:
            check.notes.append(f"{run.checkpoint_dir}: no checkpoint; the run would begin again")
    return check


def _training(run: RunDir, check: Check, states: States, steps: Sequence[Record]) -> Check:
    """History, checkpoints and weights file of the training."""
    found, damage = states
    check.files += damage.files
    check.faults += damage.faults
    path = run.train_dir / "weights.h5"
    theta = None
    if path.is_file():
        check.files += 1
        with check.collecting():
            content = weights.load(path)
            theta, samples = content.theta, content.training.get("samples")
    for path_of_one in sorted(run.train_dir.glob(f"*{surrogates.ENDING}")):
        check.files += 1
        with check.collecting():
            surrogates.load(path_of_one)
    for path_of_one in sorted(run.train_dir.glob(f"*{deformations.ENDING}")):
        check.files += 1
        with check.collecting():
            deformations.load(path_of_one)
    for file, (arrays, attributes) in found.items():
        count = attributes.get("samples")
        if not isinstance(count, int) or "theta" not in arrays:
            check.faults.append(f"{file}: not the state of a training")
        elif count > len(steps):
            check.faults.append(f"{file}: {count} samples, but history.jsonl ends with {len(steps)}")
        elif theta is not None and count == samples and arrays["theta"].tobytes() != theta.tobytes():
            check.faults.append(f"{path}: not the weights of {file}, after the same {count} samples")
    if steps and not damage.files:
        check.notes.append(f"{run.train_dir / 'checkpoint'}: no checkpoint; the training would begin again")
    return check


def _measurements(run: RunDir, records: dict[int, Record]) -> Check:
    """Every series: lines, each trajectory once, and plaquettes of the configuration's links as in the journal."""
    total, config = Check("measurements"), _resolved(run)
    due = {} if config is None else {name: options.every for name, options in config.observables.items()}
    first = 0 if config is None else config.run.unmeasured + 1
    for path in sorted((run.path / "measure").glob("*.jsonl")):
        check, lines = _series(path, "", "trajectory", consecutive=False)
        numbers = [record["trajectory"] for record in lines]
        total.files += 1
        total.entries += check.entries
        total.faults += check.faults
        total.notes += check.notes
        twice = [number for number, count in Counter(numbers).items() if count > 1]
        total.faults += [f"{path}: trajectory {number} occurs more than once" for number in twice]
        if every := due.get(path.stem):
            missing = {n for n in records if n >= first and n % every == 0} - set(numbers)
            if missing:
                total.notes.append(f"{path}: not measured: {counted(len(missing), 'trajectory')} up to {max(missing)}")
        if path.stem == "plaquette":
            links = links_key(path.stem)
            for record in lines:
                thin = links not in record  # the journal's are those of the configuration itself
                if thin and record["trajectory"] in records and "plaquette" in record:
                    _compare(total, path, record["plaquette"], records[record["trajectory"]])
    return total


def _leftovers(run: RunDir) -> Check:
    """Temporaries of killed processes, and damaged files that a repair kept."""
    check = Check("leftovers")
    for path in sorted(run.path.rglob("*")):
        if atomic.is_temporary(path.name):
            check.files += 1
            check.notes.append(f"{path}: left by a process that was killed, or in use; the next start removes it")
        elif ".damaged-" in path.name:
            check.files += 1
            check.notes.append(f"{path}: kept by a repair")
    return check
