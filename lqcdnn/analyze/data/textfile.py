"""Series from any text file: columns of numbers, JSON lines, or what ``lqcdnn measure --configs`` writes."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import (
    INDEX_NAMES,
    Axes,
    Series,
    axes_of_lists,
    inner_axes_of,
    is_whole,
    listing,
    series_of_records,
    series_of_rows,
)
from lqcdnn.errors import DataError, DiskError, InputError

#: Series, and by the name of a list of numbers its x axis.
Numbers = tuple[tuple[Series, ...], Axes]

_SEPARATOR = re.compile(r"[\s,;]+")


def read_series_and_axes(path: str | Path, columns: Sequence[str] = ()) -> Numbers:
    """Series of a text file, JSON lines, a JSON list of objects, or columns of numbers, and the axes of its lists.

    Columns are separated by blanks, commas or semicolons; ``#`` starts a comment; a line of words before the numbers
    (commented out or not) names the columns, otherwise they are called ``column1`` ... A column named trajectory,
    itrj, step, config ... numbers the rows, in JSON if it is a different integer in every record; so does, in a file
    without names, a first column of increasing integers beside others.

    Parameters
    ----------
    path
        The file; ``-`` reads standard input.
    columns
        Names, or numbers counted from 1, of the columns to keep; none: all.

    Raises
    ------
    InputError
        No such file, no data, or no such column (exit 2).
    DataError
        A line that is neither numbers nor JSON, or a trajectory that occurs twice (exit 3, the message names the line).
    DiskError
        The file cannot be read (exit 4).
    """
    source = "standard input" if str(path) == "-" else str(path)
    text = _read_text(path, source)
    reader = {"{": _from_json_lines, "[": _from_json_list}.get(text.lstrip()[:1], _from_columns)
    series, axes = reader(text, source, columns)
    if not series:
        raise InputError(f"{source}: no series of numbers in this file")
    return series, axes


def _read_text(path: str | Path, source: str) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{source}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{source} is a directory", hint=f"lqcdnn analyze {shlex.quote(source)}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: not a text file", hint="expected columns of numbers or JSON") from error
    except OSError as error:
        raise DiskError(f"{source}: could not read: {error.strerror}") from error


def _from_json_lines(text: str, source: str, columns: Sequence[str]) -> Numbers:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{source}: line {number} is damaged: {error}") from error
        if not isinstance(record, dict):
            raise DataError(f"{source}: line {number} is damaged: not a JSON object")
        records.append(record)
    return _from_records(records, source, columns)


def _from_json_list(text: str, source: str, columns: Sequence[str]) -> Numbers:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: damaged: {error}") from error
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise DataError(f"{source}: entry {number} of the list is not a JSON object")
    measured = [{key: value for key, value in record.items() if key != "shape"} for record in records]
    return _from_records(measured, source, columns)


def _from_records(records: Sequence[dict[str, Any]], source: str, columns: Sequence[str]) -> Numbers:
    index = next((name for name in INDEX_NAMES if _numbers_all(records, name, source)), None)
    series = series_of_records(records, source, index)
    axes = axes_of_lists(records) | inner_axes_of(records)
    return _select(series, _by_name(columns, [item.name for item in series]), source), axes


def _numbers_all(records: Sequence[dict[str, Any]], name: str, source: str) -> bool:
    """Whether a key is a different integer in every record; a trajectory that occurs twice is damage."""
    seen: dict[int, int] = {}
    for number, record in enumerate(records, start=1):
        value = record.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not is_whole(value):
            return False
        if seen.setdefault(value, number) != number and name == "trajectory":
            raise DataError(
                f"{source}: records {seen[value]} and {number} have the same trajectory {value}",
                hint="a file holds the numbers of one chain",
            )
    return len(seen) == len(records)


def _by_name(columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Replace numbers counted from 1 by names."""
    return [
        names[int(column) - 1] if column.isdecimal() and 1 <= int(column) <= len(names) else column
        for column in columns
    ]


def _from_columns(text: str, source: str, columns: Sequence[str]) -> Numbers:
    lines = text.splitlines()
    rows = list(_numeric_rows(lines, source))
    if not rows:
        return (), {}
    width = len(rows[0][1])
    for number, row in rows:
        if len(row) != width:
            raise DataError(f"{source}: line {number} has {len(row)} columns, the first one has {width}")
    header = _header(lines[: rows[0][0] - 1], width)
    names = header or [f"column{i + 1}" for i in range(width)]
    table = np.array([row for _, row in rows])
    columns = _by_name(columns, names)
    index = _index_column(names, table, named=bool(header), wanted=columns)
    numbers = np.arange(1, len(table) + 1) if index is None else table[:, index].astype(np.int64)
    if np.any(np.diff(numbers) <= 0):
        line = rows[int(np.argmax(np.diff(numbers) <= 0)) + 1][0]
        raise DataError(f"{source}: line {line}: column {names[index or 0]!r} does not increase")
    kept = [i for i in range(width) if i != index]
    scalars = [{names[i]: float(row[i]) for i in kept} for row in table]
    return _select(series_of_rows(list(zip(map(int, numbers), scalars, strict=True)), source), columns, source), {}


def _numeric_rows(lines: Sequence[str], source: str) -> Iterator[tuple[int, list[float]]]:
    """(line number, numbers) of every line that is not empty; one line of words may come first."""
    started = False
    for number, line in enumerate(lines, start=1):
        words = _words(line.partition("#")[0])
        try:
            row = [float(word) for word in words]
        except ValueError as error:
            if started:
                raise DataError(f"{source}: line {number} is damaged: {error}") from error
            started = True
            continue
        if row:
            started = True
            yield number, row


def _words(line: str) -> list[str]:
    return [word for word in _SEPARATOR.split(line.strip()) if word]


def _header(lines: Sequence[str], width: int) -> list[str] | None:
    """Last line before the numbers that has one different word, not a number, for each column."""
    for line in reversed(lines):
        words = _words(line.replace("#", " "))
        if len(words) == len(set(words)) == width and not any(_is_number(word) for word in words):
            return words
    return None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _index_column(names: Sequence[str], table: Any, named: bool, wanted: Sequence[str]) -> int | None:
    """Which column numbers the rows, if any; never one that was asked for."""
    whole = [all(map(is_whole, table[:, i].tolist())) for i in range(len(names))]
    if named:
        found = [i for i, name in enumerate(names) if name.lower() in INDEX_NAMES and whole[i]]
    else:
        found = [0] if len(names) > 1 and whole[0] and np.all(np.diff(table[:, 0]) > 0) else []
    found = [i for i in found if names[i] not in wanted]
    return found[0] if found else None


def _select(series: tuple[Series, ...], columns: Sequence[str], source: str) -> tuple[Series, ...]:
    """The series asked for, by name or by group (``polyakov`` for ``polyakov.re``); all of them if none is named."""
    chosen: dict[str, Series] = {}
    for column in columns:
        found = [item for item in series if item.name == column or item.name.startswith(f"{column}.")]
        if not found:
            known = listing(item.name for item in series)
            raise InputError(f"{source}: no column {column!r}", hint=f"columns of this file: {known}")
        chosen |= {item.name: item for item in found}
    return tuple(chosen.values()) if columns else series
