"""What is wrong with an input file, and where: problems are collected and raised together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.lines import line_map
from lqcdnn.config.language.values import toml_value
from lqcdnn.errors import InputError

MISSING = "missing"
"""What is said of a key that has to be there."""
MAX_SHOWN = 50
"""Problems that are listed and given suggestions; of more than these only the number is told."""


class Source:
    """Where the keys come from: the lines of a file, or ``--set`` options.

    Parameters
    ----------
    name
        What messages call the file.
    text
        Its TOML text; empty when there is none.
    options
        Options, as messages show them, under the dotted keys they set (entries of arrays counted from 1).
    """

    def __init__(self, name: str = "input", text: str = "", options: Mapping[str, str] | None = None) -> None:
        self.name, self.text, self.options = name, text, options or {}

    @functools.cached_property
    def lines(self) -> dict[str, int]:
        """Line of each dotted key; found when first asked for."""
        return line_map(self.text)

    def place(self, path: str) -> tuple[str, int | None]:
        """Return "file:line" (or the option) of a key, or of the nearest table around it, and the line."""
        parts = path.split(".")
        prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        for prefix in prefixes:  # an option replaces whatever the file says below its key
            if prefix in self.options:
                return self.options[prefix], None
        for prefix in prefixes:
            if prefix in self.lines:
                return f"{self.name}:{self.lines[prefix]}", self.lines[prefix]
            if made := [option for option in self.options if option.startswith(f"{prefix}.")]:
                return self.options[made[0]], None  # a table that is there by the option alone
        return self.name, None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: dotted key, what was found, what is allowed, what was probably meant.

    ``whole``: a table is missing, misspelt or none, so that nothing is known of what stands in it.  ``of_another``: a
    key of another kind of its table.
    """

    path: str
    message: str
    allowed: str = ""
    suggestion: str = ""
    whole: bool = False
    of_another: bool = False

    def text(self, source: Source) -> str:
        """Write the problem on one line."""
        place = source.place(self.path)[0]
        where = self.path if f"{self.path}.".startswith(f"{place}.") else f"{place}: {self.path}"  # no file: a table
        line = f"{where}: {self.message}"
        if self.allowed:
            line += f"; allowed: {self.allowed}"
        return f"{line}; did you mean {self.suggestion}?" if self.suggestion else line

    def record(self, source: Source) -> dict[str, Any]:
        """Return the problem as plain data for ``--json``."""
        place, line = source.place(self.path)
        return {
            "key": self.path,
            "place": place,
            "line": line,
            "message": self.message,
            "allowed": self.allowed,
            "suggestion": self.suggestion,
        }


class InvalidInputError(InputError):
    """All problems of one input, sorted by line; with a hint of its own where there is one."""

    def __init__(self, problems: Iterable[Problem], source: Source, hint: str = "") -> None:
        self.problems = tuple(sorted(_causes(problems), key=lambda problem: source.place(problem.path)[1] or 0))
        self.source = source
        count = len(self.problems)
        head = f"{source.name} has {counted(count, 'problem')}:"
        lines = [problem.text(source) for problem in self.problems[:MAX_SHOWN]]
        if count > MAX_SHOWN:
            lines.append(f"... and {count - MAX_SHOWN} more")
        hint = hint or "lqcdnn schema --reference lists every key and what it may be"
        super().__init__("\n  ".join([head, *lines]), hint)


def _causes(problems: Iterable[Problem]) -> list[Problem]:
    """Problems without keys that are missing in tables which are refused themselves."""
    every = list(problems)
    refused = {problem.path for problem in every if problem.message != MISSING}
    return [one for one in every if one.message != MISSING or one.path.rpartition(".")[0] not in refused]


def shown(value: object) -> str:
    """Write a value that was found, in TOML and not too long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return "an array of tables"
    try:
        text = toml_value(value)
    except ValueError:  # an integer of thousands of digits has no decimal form in Python
        text = "a very large integer"
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text if len(text) <= 80 else text[:77] + "..."
