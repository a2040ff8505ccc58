"""Requests for fits, ``NAME = KIND(SERIES, NUMBERS)``: their syntax."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

#: Numbers that each kind takes, the optional ones in brackets; docs/analysis.md says what they do.
KINDS: dict[str, tuple[str, ...]] = {
    "effective": (),
    "cosh": ("FIRST", "LAST", "[STATES]"),
    "creutz": (),
    "potential": ("T", "FIRST", "LAST"),
    "t0": ("FIRST", "STEP"),
    "w0": ("FIRST", "STEP"),
}
UNCORRELATED = "uncorrelated"

_REQUEST = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z]\w*)\s*\(([^()]*)\)\s*")
_SERIES = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True)
class FitRequest:
    """A checked request.

    Attributes
    ----------
    name, text
        Name of the result, and the request as written.
    kind, series
        What to do with which vector of series.
    numbers
        As in `KINDS`.
    correlated
        False if ``uncorrelated`` stands last.
    """

    name: str
    text: str
    kind: str
    series: str
    numbers: tuple[float, ...]
    correlated: bool


def parse_fit(text: str) -> FitRequest:
    """Read a request.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    match = _REQUEST.fullmatch(text)
    if not match:
        raise ValueError("write it as NAME = KIND(SERIES, NUMBERS)")
    name, kind, inside = match.groups()
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are {', '.join(KINDS)}")
    series, *rest = (word.strip() for word in inside.split(","))
    if not _SERIES.fullmatch(series):
        raise ValueError(f"{series!r} is not the name of a series")
    correlated = not (rest and rest[-1] == UNCORRELATED)
    words = rest if correlated else rest[:-1]
    wanted = KINDS[kind]
    needed = sum(not word.startswith("[") for word in wanted)
    if not needed <= len(words) <= len(wanted):
        raise ValueError(f"{kind} is written as {kind}({', '.join(('SERIES', *wanted))})")
    return FitRequest(name, text.strip(), kind, series, tuple(map(_number, words)), correlated)


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{word!r} is not a finite number")
    return value
