"""What a value in the input file may be: its type, range and choices, each stated once.

The checker asks ``accept``, the messages and the reference page ask ``allowed``, the editors' schema asks ``schema``.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Protocol


class _Refused:
    """The answer of ``accept`` to a value that is not allowed."""


REFUSED = _Refused()

INT64 = 2**63 - 1
"""Largest integer of TOML; as an upper limit it needs no mention."""


class Value(Protocol):
    """One kind of value: what it accepts and how it describes itself."""

    def accept(self, value: object) -> object:
        """Return the value in its final form, or ``REFUSED``."""

    def allowed(self) -> str:
        """Say in words what is allowed."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 4) of the value."""

    def words(self) -> tuple[str, ...]:
        """Return the words that may occur, for suggestions; empty when there is no list."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the entry of ``words`` that ``word`` was probably meant to be, or None."""
    by_lower = {entry.lower(): entry for entry in words}
    found = difflib.get_close_matches(word[:100].lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def toml_value(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, float):
        return re.sub(r"e([+-])0*", lambda match: "e" + match[1].replace("+", ""), repr(value))
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    return repr(value)


def quoted(words: Iterable[str]) -> str:
    """Write words as a list of quoted strings."""
    return ", ".join(f'"{word}"' for word in words)


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, ``minimum <= value <= maximum``; true and false are not numbers."""

    minimum: int | None = None
    maximum: int | None = None
    only: tuple[int, ...] = ()

    def accept(self, value: object) -> object:
        """Return the integer, or ``REFUSED``."""
        if not isinstance(value, int) or isinstance(value, bool):
            return REFUSED
        if self.only and value not in self.only:
            return REFUSED
        if self.minimum is not None and value < self.minimum:
            return REFUSED
        if self.maximum is not None and value > self.maximum:
            return REFUSED
        return value

    def allowed(self) -> str:
        """Say in words what is allowed."""
        if self.only:
            return " or ".join(str(number) for number in self.only)
        if self.minimum is not None and self.maximum not in (None, INT64):
            return f"an integer from {self.minimum} to {self.maximum}"
        return "an integer" if self.minimum is None else f"an integer >= {self.minimum}"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        bounds = {"minimum": self.minimum, "maximum": None if self.maximum == INT64 else self.maximum}
        stated: dict[str, Any] = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"enum": list(self.only)} if self.only else {"type": "integer", **stated}

    def words(self) -> tuple[str, ...]:
        """Return no words."""
        return ()


@dataclass(frozen=True, slots=True)
class Halves:
    """A positive multiple of 1/2; whole ones become integers."""

    def accept(self, value: object) -> object:
        """Return the number, or ``REFUSED``."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return REFUSED
        if isinstance(value, int):
            return value if value >= 1 else REFUSED
        if not 0.5 <= value <= INT64 or 2 * value % 1:
            return REFUSED
        return value if value % 1 else int(value)

    def allowed(self) -> str:
        """Say in words what is allowed."""
        return "an integer >= 1, or half an odd one"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "number", "minimum": 0.5, "multipleOf": 0.5}

    def words(self) -> tuple[str, ...]:
        """Return no words."""
        return ()


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false."""

    def accept(self, value: object) -> object:
        """Return the truth value, or ``REFUSED``."""
        return value if isinstance(value, bool) else REFUSED

    def allowed(self) -> str:
        """Say in words what is allowed."""
        return "true or false"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "boolean"}

    def words(self) -> tuple[str, ...]:
        """Return no words."""
        return ()


@dataclass(frozen=True, slots=True)
class Number:
    """A finite real number; an integer is accepted and becomes a float.

    ``minimum`` and ``maximum`` belong to the range, ``above`` and ``below`` do not.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None

    def accept(self, value: object) -> object:
        """Return the float, or ``REFUSED``."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return REFUSED
        try:
            number = float(value)
        except OverflowError:  # an integer beyond the largest double
            return REFUSED
        return number if math.isfinite(number) and self._inside(number) else REFUSED

    def _inside(self, number: float) -> bool:
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def allowed(self) -> str:
        """Say in words what is allowed."""
        bounds = {">=": self.minimum, ">": self.above, "<=": self.maximum, "<": self.below}
        stated = [f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None]
        return " ".join(["a number", " and ".join(stated)]).strip()

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        schema: dict[str, Any] = {"type": "number"}
        for name, closed, opened in (("minimum", self.minimum, self.above), ("maximum", self.maximum, self.below)):
            if closed is not None:
                schema[name] = closed
            if opened is not None:
                schema[name] = opened
                schema["exclusive" + name.capitalize()] = True
        return schema

    def words(self) -> tuple[str, ...]:
        """Return no words."""
        return ()


@dataclass(frozen=True, slots=True)
class Text:
    """A string: one of ``choices``, or anything that matches ``pattern`` (then called ``meaning``).

    With both, a choice or a matching string is allowed.
    """

    choices: tuple[str, ...] = ()
    pattern: str = ""
    meaning: str = ""

    def accept(self, value: object) -> object:
        """Return the string, or ``REFUSED``."""
        if not isinstance(value, str):
            return REFUSED
        if value in self.choices:
            return value
        return value if self.pattern and re.fullmatch(self.pattern, value) else REFUSED

    def allowed(self) -> str:
        """Say in words what is allowed."""
        return " or ".join(part for part in (quoted(self.choices), self.meaning) if part)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        listed: dict[str, Any] = {"enum": list(self.choices)}
        matching: dict[str, Any] = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        if not self.pattern:
            return listed
        return {"anyOf": [listed, matching]} if self.choices else matching

    def words(self) -> tuple[str, ...]:
        """Return the choices."""
        return self.choices


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of ``item``, with ``at_least`` to ``at_most`` entries; becomes a tuple."""

    item: Value
    at_least: int = 1
    at_most: int | None = None
    distinct: bool = False

    def accept(self, value: object) -> object:
        """Return the tuple, or ``REFUSED``."""
        if not isinstance(value, list | tuple) or len(value) < self.at_least:
            return REFUSED
        if self.at_most is not None and len(value) > self.at_most:
            return REFUSED
        items = tuple(self.item.accept(entry) for entry in value)
        if REFUSED in items or (self.distinct and len(set(items)) != len(items)):
            return REFUSED
        return items

    def allowed(self) -> str:
        """Say in words what is allowed."""
        if self.at_most is None:
            count = f"{self.at_least} or more" if self.at_least else "any number of"
        else:
            count = f"{self.at_least} to {self.at_most}" if self.at_least < self.at_most else f"{self.at_least}"
        each = self.item.allowed()
        return f"a list of {count}{' different' if self.distinct else ''} entries, each {each}"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        schema: dict[str, Any] = {"type": "array", "items": self.item.schema(), "minItems": self.at_least}
        if self.at_most is not None:
            schema["maxItems"] = self.at_most
        return {**schema, "uniqueItems": True} if self.distinct else schema

    def words(self) -> tuple[str, ...]:
        """Return the words of the entries."""
        return self.item.words()


@dataclass(frozen=True, slots=True)
class Either:
    """A value of any of several kinds; the first that accepts it decides."""

    options: tuple[Value, ...]

    def accept(self, value: object) -> object:
        """Return the value in its final form, or ``REFUSED``."""
        for option in self.options:
            accepted = option.accept(value)
            if accepted is not REFUSED:
                return accepted
        return REFUSED

    def allowed(self) -> str:
        """Say in words what is allowed."""
        return ", or ".join(option.allowed() for option in self.options)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"anyOf": [option.schema() for option in self.options]}

    def words(self) -> tuple[str, ...]:
        """Return the words of all options."""
        return tuple(word for option in self.options for word in option.words())


BOUNDARY = ListOf(Integer(only=(1, -1)), 2, 4)
"""Boundary sign of each direction."""
THETA = ListOf(Number(), 2, 4)
"""An angle of each direction, in radians."""
TOLERANCE = Number(minimum=1e-15, maximum=1e-2)
"""Relative residual of a solver, relative error of an approximation."""
COUNT = Integer(1, INT64)
"""How many, at least one."""
