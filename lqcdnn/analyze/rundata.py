"""Everything a run directory knows that can be analysed, read without changing anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli

from lqcdnn.analyze.series import Series, series_of_records
from lqcdnn.errors import DataError, DiskError, InputError
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir

#: Journal entries about the update itself; all other numbers in the journal are observables.
DIAGNOSTICS = ("dH", "accepted", "acceptance_probability")
#: Journal entries without a mean value worth knowing.
IGNORED = ("H", "solves", "residual")


@dataclass(frozen=True)
class Physics:
    """What the verdicts must know about the run, from ``resolved.toml``.

    Attributes
    ----------
    group
        "SU(2)", ...; None if unknown.
    shape
        Extents, time last; empty if unknown.
    boundaries
        Boundary signs of each fermion of the exact action.
    guided
        True if molecular dynamics is driven by a guide (self-learning HMC).
    thermalization, trajectories
        As declared in ``[run]``.
    analyze_thermalization
        ``analyze.thermalization`` if given.
    observables
        ``analyze.observables`` if the user wrote it, else empty: all.
    """

    group: str | None = None
    shape: tuple[int, ...] = ()
    boundaries: tuple[tuple[int, ...], ...] = ()
    guided: bool = False
    thermalization: int = 0
    trajectories: int | None = None
    analyze_thermalization: int | None = None
    observables: tuple[str, ...] = ()

    @property
    def colors(self) -> int | None:
        """Size N of the link matrices; 1 for U(1)."""
        return None if self.group is None else int(self.group.partition("(")[2].rstrip(")"))


@dataclass(frozen=True)
class RunData:
    """Series of one run.

    Attributes
    ----------
    directory
        The run directory.
    observables
        Series of the journal and of ``measure/``, sorted by observable; thermalisation included where it was recorded.
    diagnostics
        Series ``dH``, ``accepted``, ``acceptance_probability`` of the journal, as far as they exist.
    history
        Records of ``train/history.jsonl``.
    physics
        Facts from ``resolved.toml``.
    warnings
        Sentences about torn last lines.
    """

    directory: Path
    observables: tuple[Series, ...]
    diagnostics: dict[str, Series]
    history: list[dict[str, Any]] = field(repr=False)
    physics: Physics
    warnings: tuple[str, ...]


def read_run(directory: str | Path) -> RunData:
    """Read all series of a run directory.

    Raises
    ------
    InputError
        Not a run directory.
    DataError
        A damaged file; the message names file and line.
    DiskError
        A file cannot be read.
    """
    path = Path(directory)
    if not path.is_dir():
        raise InputError(
            f"{path} is not a directory", hint="for a file of numbers: lqcdnn analyze --series FILE" * path.exists()
        )
    if not RunDir.is_run_directory(path):
        raise InputError(f"{path} is not a run directory", hint="it has no manifest.json; is it the directory above?")
    warnings: list[str] = []
    journal = _read(path / "journal.jsonl", warnings)
    series = {item.name: item for item in journal}
    diagnostics = {name: series.pop(name) for name in DIAGNOSTICS if name in series}
    for name in IGNORED:
        series.pop(name, None)
    for file in sorted((path / "measure").glob("*.jsonl")):
        for item in _read(file, warnings):
            # the journal holds some observables too: the longer series wins
            if item.name not in series or len(item) >= len(series[item.name]):
                series[item.name] = item
    content = Journal(path / "train" / "history.jsonl").records()
    return RunData(
        directory=path,
        observables=tuple(sorted(series.values(), key=_order)),
        diagnostics=diagnostics,
        history=content.records,
        physics=read_physics(path),
        warnings=(*warnings, *content.warnings),
    )


def _read(file: Path, warnings: list[str]) -> tuple[Series, ...]:
    content = Journal(file).records()
    warnings += content.warnings
    return series_of_records(content.records, str(file))


def _order(series: Series) -> tuple[int, str]:
    """Plaquette, Polyakov loop, condensate, what else was measured, and last what only the journal knows."""
    known = ("plaquette", "polyakov", "condensate")
    group = next((i for i, name in enumerate(known) if series.name.startswith(name)), len(known))
    from_journal = group == len(known) and Path(series.source).name == "journal.jsonl"
    return (group + from_journal, "" if group < len(known) else series.name)


def observable_of(series: Series) -> str:
    """Observable a series belongs to: the name of its file in ``measure/``, or its own for the journal."""
    stem = Path(series.source).stem
    return series.name.partition(".")[0].partition("_")[0] if stem == "journal" else stem


def read_physics(directory: Path) -> Physics:
    """Facts from ``resolved.toml`` and ``input.toml``; all unknown where there is none.

    Raises
    ------
    DataError
        A file that is not TOML.
    """
    resolved = _toml(directory / "resolved.toml")
    lattice, run, analyze = (_table(resolved, name) for name in ("lattice", "run", "analyze"))
    fermions = _table(resolved, "action").get("fermion", [])
    return Physics(
        group=lattice.get("group"),
        shape=tuple(lattice.get("shape", ())),
        boundaries=tuple(tuple(fermion["boundary"]) for fermion in fermions if "boundary" in fermion),
        guided="guide" in resolved,
        thermalization=int(run.get("thermalization", 0)),
        trajectories=run.get("trajectories"),
        analyze_thermalization=analyze.get("thermalization"),
        # the resolved file lists the default too, which must not hide what was measured afterwards
        observables=tuple(_table(_toml(directory / "input.toml"), "analyze").get("observables", ())),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DiskError(f"{path}: could not read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged: {error}") from error


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name, {})
    return value if isinstance(value, dict) else {}
