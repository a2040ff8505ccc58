"""``--repair``: leave the damaged part of a run behind, and go on from a state before it.

A damaged file is kept beside the repaired one as ``NAME.damaged-1``. The chain is a function of its state, so what is
cut off comes back byte for byte when the run goes on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lqcdnn.actions.scalar import SCALAR
from lqcdnn.errors import DataError
from lqcdnn.storage import atomic, checkpoint, hdf5
from lqcdnn.storage.checkpoint import StorageWarning
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal, Line
from lqcdnn.storage.rundir import RunDir

Content = tuple[hdf5.Arrays, hdf5.Attributes]


@dataclass(frozen=True)
class Part:
    """The sound lines at the beginning of a series.

    Attributes
    ----------
    path
        The file.
    lines
        Its lines before the first damaged one.
    lost
        Complete lines from the damaged one on.
    key
        What numbers the lines.
    """

    path: Path
    lines: list[Line]
    lost: int
    key: str

    @property
    def last(self) -> int:
        """Number of the last sound line; 0 when there is none."""
        return int(self.lines[-1].record[self.key]) if self.lines else 0

    def cut(self) -> None:
        """Drop the damaged lines; the file as it was is kept."""
        kept = keep(self.path)
        atomic.write_bytes(self.path, b"".join(line.data for line in self.lines))
        _tell(
            f"{self.path}: line {len(self.lines) + 1} is damaged; {self.lost} lines from there on are dropped "
            f"(kept in {kept.name})"
        )


@dataclass(frozen=True)
class Saved:
    """A state to go back to: its number, and how to read it as arrays and attributes of a checkpoint."""

    number: int
    name: str
    read: Callable[[], Content]


def repair_run(run: RunDir) -> None:
    """Repair training history, journal, measurements, checkpoints, times of a locked run; sound files stay as they are.

    Warns
    -----
    StorageWarning
        For each thing done.

    Raises
    ------
    DataError
        When no sound state is left that is old enough; journal, measurements and checkpoints are unchanged then.
    """
    history = sound_part(run.train_dir / "history.jsonl", "step", consecutive=True)
    journal = sound_part(run.journal_path, "trajectory", consecutive=True)
    series = measured_parts(run)
    _repair_phase(run.train_dir / "checkpoint", "samples", history, [], [])
    _repair_phase(run.checkpoint_dir, "trajectory", journal, series, _configurations(run))
    timing = sound_part(run.timing_path, "trajectory", consecutive=False)
    if timing.lost:
        timing.cut()


def repair_series(run: RunDir) -> None:
    """Repair the measurements of a locked run: what is cut off can be measured again on the saved configurations."""
    for part in measured_parts(run):
        if part.lost:
            part.cut()


def measured_parts(run: RunDir) -> list[Part]:
    """The sound part of every series in ``measure/``."""
    files = sorted(run.measure_path("x").parent.glob("*.jsonl"))
    return [sound_part(file, "trajectory", consecutive=False) for file in files]


def sound_part(path: Path, key: str, consecutive: bool) -> Part:
    """The lines before the first that is damaged, has no integer `key`, or does not follow its predecessor."""
    survey = Journal(path).survey()
    count = 0
    for count, line in enumerate(survey.good, start=1):
        number = line.record.get(key)
        if not isinstance(number, int) or (consecutive and number != count):
            count -= 1
            break
    return Part(path, survey.good[:count], survey.total - count, key)


def keep(path: Path) -> Path:
    """A copy of a damaged file under the first free name ``NAME.damaged-1``, ``-2``, ..."""
    number = 1
    while (copy := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    atomic.write_bytes(copy, path.read_bytes())
    return copy


def _repair_phase(
    directory: Path, key: str, journal: Part, series: Sequence[Part], more: Sequence[Saved]
) -> None:
    """One journal with its checkpoints; `more` are other states of the same chain."""
    sound, damaged = _checkpoints(directory, key)
    wrong = [part for part in (journal, *series) if part.lost]
    newest = max((state.number for state in sound), default=0)
    if not wrong and not damaged and newest <= journal.last and (sound or not more):
        return  # a chain without any checkpoint goes back to what it has saved
    states = [*sound, *more]
    found = _newest(states, min(part.last for part in (journal, *wrong))) or _newest(states, journal.last)
    if found is None and (sound or damaged):
        raise DataError(
            f"{journal.path}: sound up to {key} {journal.last}, and no sound state that old is left",
            hint="the saved configurations can still be measured; a new run needs another run.name",
        )
    kept = [keep(path) for path in damaged]
    if found is not None:
        state, (arrays, attributes) = found
        checkpoint.save(directory, arrays, {name: a for name, a in attributes.items() if name != "serial"})
        _tell(f"{directory.parent}: goes back to {key} {state.number} ({state.name})")
    for path, copy in zip(damaged, kept, strict=True):
        _tell(f"{path} is damaged; kept as {copy.name}")
        if path.read_bytes() == copy.read_bytes():  # not replaced by the state gone back to
            path.unlink()
    for part in wrong:
        part.cut()


def _newest(states: Sequence[Saved], limit: int) -> tuple[Saved, Content] | None:
    """The newest sound state not after `limit`; checkpoints come before configurations of the same number."""
    for state in sorted(states, key=lambda state: -state.number):
        if state.number <= limit:
            try:
                return state, state.read()
            except DataError as error:
                _tell(f"{error.message}; an older state is used")
    return None


def _checkpoints(directory: Path, key: str) -> tuple[list[Saved], list[Path]]:
    """Sound checkpoints and damaged ones."""
    sound: list[Saved] = []
    damaged = []
    for path in checkpoint.paths(directory):
        try:
            content = hdf5.unpack(path)
        except FileNotFoundError:
            continue
        except DataError:
            damaged.append(path)
            continue
        sound.append(Saved(int(str(content[1][key])), f"checkpoint {path.name}", partial(hdf5.unpack, path)))
    return sound, damaged


def whole_configurations(run: RunDir) -> bool:
    """Whether saved configurations hold the whole state of the chain: it has no other memory.

    Replicas of parallel tempering, windows, the start chain of evolutions, a second chain with a bias, and momenta
    that are kept are in checkpoints alone. A bias potential follows from the journal.
    """
    if any(key.startswith(("update.tempering.", "update.evolution.", "update.llr.")) for key in run.physics):
        return False
    return not run.physics.get("update.bias.tempered") and "update.friction" not in run.physics


def _configurations(run: RunDir) -> list[Saved]:
    """The saved configurations, where each is a state to go back to."""
    if not whole_configurations(run):
        return []
    return [
        Saved(number, f"configuration {path.name}", partial(_state_of, path, number))
        for number, path in run.configurations()
    ]


def _state_of(path: Path, number: int) -> Content:
    found = read_configuration(path)
    weights = {name: value for name, value in found.attributes.items() if name.startswith("weights.")}
    scalar = {} if found.scalar is None else {SCALAR: found.scalar}
    return {"links": found.links, **scalar}, {"trajectory": number, **weights}


def _tell(text: str) -> None:
    warnings.warn(text, StorageWarning, stacklevel=3)
