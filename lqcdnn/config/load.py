"""Read an input file: bytes to RunConfig, with ``--set`` overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lqcdnn.config.check import MeasuredTables, from_tree, lattice_of, measured_tables, read_tables
from lqcdnn.config.language.parse import MAX_BYTES, parse
from lqcdnn.config.language.problems import InvalidInputError, Problem, Source
from lqcdnn.config.measurement import FileMeasurement, check_measurement, measures_only
from lqcdnn.config.overrides import override
from lqcdnn.config.tables.schema import MEASUREMENT, LatticeConfig, RunConfig
from lqcdnn.errors import DiskError, InputError

WITHOUT_FITS = ("analyze.fit=[]", "analyze.derive=[]")
"""Overrides for the input of a run that is there, whose physics counts: an older version may have let fits pass."""


def load(path: str | Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read and check an input file.

    Parameters
    ----------
    path
        TOML file.
    overrides
        ``"key=value"`` strings, or one of them, applied in order before the check.

    Returns
    -------
    RunConfig
        Complete: every default is filled in, except a seed that is not given.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or has problems (all of them are named).
    DiskError
        The file exists and cannot be read.
    """
    return load_text(read_text(path), str(path), overrides)


def load_text(text: str, name: str = "input.toml", overrides: Sequence[str] = ()) -> RunConfig:
    """Check the text of an input file; ``name`` is what messages call it. See ``load``."""
    return from_tree(*_changed(text, name, overrides))


def check_text(text: str, name: str = "input.toml", overrides: Sequence[str] = ()) -> RunConfig | FileMeasurement:
    """As :func:`load_text`, of an input that only measures too."""
    tree, source = _changed(text, name, overrides)
    return check_measurement(tree, source) if measures_only(tree) else from_tree(tree, source)


def _changed(text: str, name: str, overrides: Sequence[str]) -> tuple[dict[str, Any], Source]:
    """A parsed text with its overrides, and where its keys come from."""
    tree = parse(text, name)
    options: dict[str, str] = {}
    for option in [overrides] if isinstance(overrides, str) else overrides:
        override(tree, option, options)
    return tree, Source(name, text, options)


@dataclass(frozen=True)
class Measurement:
    """What to measure on configuration files, without a run or an action.

    Attributes
    ----------
    observables
        Options by observable, as they were written.
    tables
        The networks, flows and valence quarks that observables may name.
    lattice
        Lattice and group that the files must have, if they are given.
    listed
        The observables stand in a file, which lists what to measure.
    """

    observables: Mapping[str, Mapping[str, Any]]
    tables: MeasuredTables
    lattice: LatticeConfig | None = None
    listed: bool = False


def load_measurement(path: str | Path | None, overrides: Sequence[str] = ()) -> RunConfig | Measurement:
    """Read what to measure: a complete input file, one of :data:`MEASUREMENT` tables alone, or only overrides.

    Raises
    ------
    InputError, DiskError
        As :func:`load`; overrides of other tables without an input file.
    """
    text, name = ("", "--set") if path is None else (read_text(path), str(path))
    tree = parse(text, name)
    options: dict[str, str] = {}
    for option in overrides:
        override(tree, option, options)
        if path is None and not set(tree) <= set(MEASUREMENT):
            allowed = "without one: " + ", ".join(MEASUREMENT)
            raise InputError(f"--set {option} changes a key of an input file, and none is given", allowed)
    source = Source(name, text, options)
    if not set(tree) <= set(MEASUREMENT):
        return from_tree(tree, source)
    known, observables = measured_tables(tree, source), tree.get("observables", {})
    problems: list[Problem] = []
    # of all of them: a misspelt table is one that is not measured
    read_tables({"observables": observables}, problems)
    if problems:
        raise InvalidInputError(problems, source)
    lattice = lattice_of(tree["lattice"], source) if "lattice" in tree else None
    return Measurement(observables, known, lattice, path is not None and bool(observables))


def complete_input(path: str | Path) -> str:
    """Hint at the input file of a run directory; empty if ``path`` is none."""
    file = Path(path, "resolved.toml")
    return f"the complete input of this run is {file}" if file.is_file() else ""


def read_text(path: str | Path) -> str:
    """Read a small UTF-8 file; see ``load`` for the errors."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"no input file {path}", "lqcdnn init writes one") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a directory, not an input file", complete_input(path)) from None
    except (OSError, ValueError) as error:
        raise DiskError(f"cannot read {path}: {error}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES} bytes: not an input file")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # some editors of Windows begin with a mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8 text") from None
