"""``--set key=value``: change a parsed input file before it is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lqcdnn.config.language.keys import Entry, Key, Table, TableList, TableMap, TableMenu, entries
from lqcdnn.config.language.parse import parse
from lqcdnn.config.language.values import Text
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.errors import InputError

_WORD = re.compile(r"(?!True$|False$|nan$|inf$)[A-Za-z][\w./+-]*")
_NUMBERS = re.compile(r"[\d.eE+-]+(\s*,\s*[\d.eE+-]+)+")
_WORDS = re.compile(rf"\[\s*{_WORD.pattern}\s*(,\s*[A-Za-z][\w./+-]*\s*)*\]")


def override(tree: dict[str, Any], option: str, options: dict[str, str], word: str = "--set") -> None:
    """Apply one ``--set key=value`` to a parsed file.

    Parameters
    ----------
    tree
        Parsed file, changed in place.
    option
        ``"action.fermion.1.mass=0.2"``: entries of arrays are counted from 1, one past the last appends; the value is
        TOML, and text for a key that holds text may stand without quotation marks.
    options
        Receives the option under its dotted key, as messages show it.
    word
        Name of the option.

    Raises
    ------
    InputError
        No "=", a key that leads nowhere, or a value that is not TOML.
    """
    name, equals, value = option.partition("=")
    parts = key_parts(name) if equals else None
    if parts is None:
        raise InputError(f"--set {option}: write --set key=value, for example --set update.steps=20")
    here: Any = tree
    for depth, step in enumerate(parts[:-1]):
        here = _child(here, step, parts[: depth + 1], option)
    _place(here, parts[-1], _parsed_value(value.strip(), schema_entry(parts), option), option)
    options[".".join(parts)] = f"{word} {option}"


def option_of(key: str, text: str) -> str:
    """The option ``key=value`` that gives a key a text: bare, unless that would be read as something else."""
    bare = text == text.strip() and text[:1] not in ("'", '"', "[", "{", "")
    return f"{key}={text if bare else json.dumps(text, ensure_ascii=False)}"


def key_parts(name: str) -> list[str] | None:
    """Split a dotted key as TOML does; None when it is not one."""
    if "\n" in name or len(name) > 1000:
        return None
    try:
        node: Any = parse(f"{name.strip()} = 0", "--set")
    except InputError:
        return None
    parts = []
    while isinstance(node, dict) and len(node) == 1:
        part, node = next(iter(node.items()))
        parts.append(part)
    return parts if parts and node == 0 else None


def _parsed_value(text: str, entry: Entry | None, option: str) -> Any:
    try:
        found = parse(f"value = {text}", "--set")
    except InputError as error:
        if isinstance(entry, Key) and _holds_text(entry) and text[:1] not in ("'", '"'):  # a mark that is not closed
            return text
        if _WORD.fullmatch(text) and (entry is None or isinstance(entry, Key)):
            return text  # the check says what is wrong with the key, or allowed for it
        raise InputError(f"--set {option}: the value is not TOML", _as_a_list(option, text) or error.hint) from None
    if list(found) != ["value"]:
        raise InputError(f"--set {option}: one value at a time")
    value = found["value"]
    pure = isinstance(entry, Key) and isinstance(entry.value, Text)
    return text if pure and not isinstance(value, str | list | dict) else value


def _as_a_list(option: str, text: str) -> str | None:
    """How a list of bare words, or of numbers without brackets, is written."""
    key = option.partition("=")[0]
    if _NUMBERS.fullmatch(text):
        return f"a list has brackets: --set {key}=[{text.replace(' ', '')}]"
    if not _WORDS.fullmatch(text):
        return None
    words = ", ".join(f'"{word.strip()}"' for word in text.strip("[]").split(","))
    return f"text in a list needs quotation marks, and all of it others for the shell: --set '{key}=[{words}]'"


def _holds_text(entry: Key) -> bool:
    return isinstance(entry.value, Text) or any(isinstance(kind, Text) for kind in getattr(entry.value, "options", ()))


def _child(here: Any, step: str, parts: Sequence[str], option: str) -> Any:
    """Step into a table or an array, making what the schema allows to be made."""
    if isinstance(here, dict):
        if step not in here:
            here[step] = [] if isinstance(schema_entry(parts), TableList) else {}
        return here[step]
    if isinstance(here, list) and step.isdecimal() and 1 <= int(step[:9]) <= len(here) + 1:
        if int(step) == len(here) + 1:
            here.append({})
        return here[int(step) - 1]
    raise _nowhere(here, step, option)


def _place(here: Any, step: str, value: Any, option: str) -> None:
    """Set the last part of a dotted key."""
    if isinstance(here, dict):
        here[step] = value
    elif isinstance(here, list) and step.isdecimal() and 1 <= int(step[:9]) <= len(here) + 1:
        here[int(step) - 1 : int(step)] = [value]
    else:
        raise _nowhere(here, step, option)


def _nowhere(here: Any, step: str, option: str) -> InputError:
    if isinstance(here, list):
        return InputError(f'--set {option}: "{step}" is not an entry of the array; allowed: 1 to {len(here) + 1}')
    return InputError(f'--set {option}: "{step}" is below a key that holds a value')


def schema_entry(parts: Sequence[str]) -> Entry | None:
    """Return what the schema says about a dotted key, or None when there is no such key."""
    tables: Mapping[str, Any] = {name: entry for name, (_, entry) in entries(RunConfig).items()}
    entry: Any = None
    for part in parts:
        if isinstance(entry, TableMap) or (isinstance(entry, TableList) and part.isdecimal()):
            entry = Table(part, entry.cls, entry.doc)
        elif isinstance(entry, TableMenu):
            entry = None if entry.kind_of(part) is None else Table(part, entry.table(part), "")
        else:
            entry = tables.get(part)
        if entry is None:
            return None
        inner = entries(entry.cls) if isinstance(entry, Table) else {}
        tables = {name: found for name, (_, found) in inner.items()}
    found: Entry = entry
    return found
