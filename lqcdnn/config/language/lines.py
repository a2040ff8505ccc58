"""The line of every key: a scan of TOML text that the parser has already accepted.

TOML parsers hand out values without positions. This scanner only needs to find keys, so it knows strings (to step
over them), brackets and nothing else of the grammar.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

import tomli

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""+'
    r"|'''[\s\S]*?'''+"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}=,.\n]"
    r"""|[^\s\[\]{}=,."'#]+""",
    re.DOTALL,
)
_OPENING = "[{"


def line_map(text: str) -> dict[str, int]:
    """Map each dotted key to the line it stands on.

    Parameters
    ----------
    text
        Valid TOML.

    Returns
    -------
    dict
        ``{"action.fermion.1.mass": 12, ...}``; entries of arrays of tables are counted from 1, tables are mapped to
        their header.
    """
    scan = _Scan(text)
    scan.document()
    return scan.lines


@dataclass
class _Scan:
    """One pass over the tokens."""

    text: str
    lines: dict[str, int] = field(default_factory=dict)
    at: int = 0
    counts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        starts = [match.start() for match in re.finditer("\n", self.text)]
        found = [match for match in _TOKEN.finditer(self.text) if not match.group().startswith("#")]
        self.tokens = [(match.group(), bisect.bisect_left(starts, match.start()) + 1) for match in found]

    @property
    def token(self) -> str:
        """The token at hand; empty at the end."""
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def document(self) -> None:
        """Scan headers and key-value lines to the end."""
        table: tuple[str, ...] = ()
        while self.token:
            if self.token == "\n":
                self.at += 1
            elif self.token == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> tuple[str, ...]:
        """Scan ``[a.b]`` or ``[[a.b]]``; return the path with the numbers of array entries."""
        line = self.tokens[self.at][1]
        self.at += 1
        array = self.token == "["
        self.at += array
        path: tuple[str, ...] = ()
        parts = self.parts("]")
        for part in parts[:-1]:
            path = self.numbered((*path, part))
        path = (*path, parts[-1])
        if array:
            self.counts[path] = self.counts.get(path, 0) + 1
            self.record(path, line)
        path = self.numbered(path)
        self.at += 1 + array
        self.record(path, line)
        return path

    def numbered(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Append the number of the current entry if the path is an array of tables."""
        return (*path, str(self.counts[path])) if path in self.counts else path

    def record(self, path: tuple[str, ...], line: int) -> None:
        """Store a line; the first one counts."""
        self.lines.setdefault(".".join(path), line)

    def parts(self, end: str) -> list[str]:
        """Scan the parts of a dotted key up to, not including, the token ``end``."""
        found = []
        while self.token != end:
            if self.token not in (".", "\n"):
                found.append(_plain(self.token))
            self.at += 1
        return found

    def pair(self, table: tuple[str, ...]) -> None:
        """Scan ``key = value``."""
        line = self.tokens[self.at][1]
        path = table
        for part in self.parts("="):
            path = (*path, part)
            self.record(path, line)
        self.at += 1
        self.value(path)

    def value(self, path: tuple[str, ...]) -> None:
        """Scan a value; keys inside inline tables are recorded."""
        if self.token == "[":
            self.array(path)
        elif self.token == "{":
            self.inline(path)
        else:
            while self.token not in ("\n", ",", "]", "}", ""):
                self.at += 1

    def array(self, path: tuple[str, ...]) -> None:
        """Scan ``[value, value]``, entries counted from 1."""
        self.at += 1
        number = 1
        while self.token != "]":
            if self.token == ",":
                number += 1
            if self.token in (",", "\n"):
                self.at += 1
                continue
            entry = (*path, str(number))
            self.record(entry, self.tokens[self.at][1])
            self.value(entry)
        self.at += 1

    def inline(self, path: tuple[str, ...]) -> None:
        """Scan ``{key = value, key = value}``."""
        self.at += 1
        while self.token != "}":
            if self.token in (",", "\n"):
                self.at += 1
                continue
            self.pair(path)
        self.at += 1


def _plain(part: str) -> str:
    """Remove the quotes of a quoted key."""
    return str(tomli.loads(f"key = {part}")["key"]) if part[0] in "\"'" else part


def without_strings(text: str) -> str:
    """Replace strings by a placeholder and drop comments; any text, valid TOML or not."""
    return _TOKEN.sub(lambda match: {'"': "s", "'": "s", "#": ""}.get(match.group()[0], match.group()), text)


def nesting(bare: str) -> int:
    """Return how deep brackets are nested in text without strings and comments, valid TOML or not."""
    depth = deepest = 0
    for match in re.finditer(r"[\[\]{}]", bare):
        depth = depth + 1 if match.group() in _OPENING else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
