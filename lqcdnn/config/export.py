"""What is derived from the schema: the complete input, the editors' schema, the reference page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lqcdnn.config.language.keys import REQUIRED, Entry, Key, Table, TableList, TableMap, TableMenu, entries, is_value
from lqcdnn.config.language.values import toml_value
from lqcdnn.config.tables.observables import PREFIX
from lqcdnn.config.tables.schema import MEASUREMENT, ActionConfig, RunConfig
from lqcdnn.config.toml import write_toml
from lqcdnn.config.tree import as_tree


def resolved_toml(config: RunConfig, overrides: Sequence[str] = ()) -> str:
    """Write the complete input, every default included; loading it gives an equal ``RunConfig``.

    ``overrides`` (the ``--set`` options in effect) are recorded in comments; their values are already in the keys.
    """
    header = ["Complete input: every key with its value, defaults included."]
    return write_toml(as_tree(config), [*header, *(f"--set {option!r}" for option in overrides)])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 4) of the input file, for editors that check TOML as you type."""
    schema = _table_schema(RunConfig, "", complete=True)
    needed = schema.pop("required")  # but for measuring files: by every table that this can do without
    others = [name for name in schema["properties"] if name not in MEASUREMENT]
    schema["dependencies"] = {name: [other for other in needed if other != name] for name in others}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "lqcdnn input file",
        **schema,
    }


def _table_schema(cls: type[Any], doc: str, *, complete: bool) -> dict[str, Any]:
    """Return the schema of a table; ``complete`` False for a guide, where nothing is required."""
    inner = entries(cls)
    schema: dict[str, Any] = {"type": "object"}
    if doc:
        schema["description"] = doc
    schema["properties"] = {
        name: _entry_schema(entry, complete=complete and name != "guide") for name, (_, entry) in inner.items()
    }
    needed = [name for name, (_, entry) in inner.items() if complete and _is_required(entry)]
    if needed:
        schema["required"] = needed
    return {**schema, "additionalProperties": False}


def _is_required(entry: Entry) -> bool:
    if is_value(entry):
        return entry.default is REQUIRED and not entry.derived and entry.when is None
    return (isinstance(entry, Table) and entry.required) or (isinstance(entry, TableList) and entry.at_least > 0)


def _entry_schema(entry: Entry, *, complete: bool) -> dict[str, Any]:
    match entry:
        case Key():
            schema = {"description": _sentence(entry), **entry.value.schema()}
            plain = entry.default is not REQUIRED and entry.default is not None and not entry.derived
            default = list(entry.default) if isinstance(entry.default, tuple) else entry.default
            return {**schema, "default": default} if plain else schema
        case Table():
            return _table_schema(entry.cls, entry.doc, complete=complete)
        case TableList():
            item = _table_schema(entry.cls, "", complete=complete)
            return {"description": entry.doc, "type": "array", "items": item, "minItems": entry.at_least}
        case TableMap():
            item = _table_schema(entry.cls, "", complete=complete)
            return {"description": entry.doc, "type": "object", "additionalProperties": item}
        case TableMenu():
            menu = {name: _table_schema(cls, _about(cls), complete=complete) for name, cls in entry.menu.items()}
            schema = {"description": entry.doc, "type": "object", "properties": menu, "additionalProperties": False}
            return {**schema, "patternProperties": {f"^{PREFIX}_{name}$": inner for name, inner in menu.items()}}


def _sentence(entry: Key) -> str:
    return f"{entry.doc} (only with {entry.when})" if entry.when else entry.doc


def _about(cls: type[Any]) -> str:
    """Return the first line of a class's documentation without the name of the table."""
    first = (cls.__doc__ or "").splitlines()[0]
    return first.partition(": ")[2] or first


_INTRODUCTION = """# Input file

An input file is [TOML](https://toml.io). It is read strictly: an unknown key, a wrong type or a value out of range is
an error with the line, the key and what is allowed. Directions are ordered x, y, z, t: time is last. `true` and
`false` are not numbers; an integer may stand for a real number; `nan` and `inf` are refused.

Every key can be changed on the command line: `--set update.steps=20`, `--set action.fermion.1.mass=0.2` (tables of an
array are counted from 1). `lqcdnn schema > lqcdnn.schema.json` and a first line `#:schema ./lqcdnn.schema.json` in the
input make editors complete and check it.

An observable may be measured several times, in tables `[observables.PREFIX_condensate]` and so on
([measure](measure.md#several-tables-of-an-observable)).

This page is generated from the schema (`lqcdnn schema --reference`).
"""


def input_reference() -> str:
    """Write the reference page of the input file in Markdown."""
    sections = [_INTRODUCTION, *_sections(RunConfig, "")]
    return "\n".join(sections)


def _sections(cls: type[Any], path: str) -> Iterator[str]:
    for name, (_, entry) in entries(cls).items():
        here = f"{path}.{name}" if path else name
        match entry:
            case Table() if name == "guide":
                yield f"## `[{here}]`\n\n{_capital(entry.doc)}. Optional.\n\n{_GUIDE}"
                for own, (_, table) in entries(entry.cls).items():
                    if isinstance(table, Table) and own not in entries(ActionConfig):
                        yield _section(table.cls, f"[{here}.{own}]", _capital(table.doc) + _presence(table))
            case Table():
                yield _section(entry.cls, f"[{here}]", _capital(entry.doc) + _presence(entry))
                yield from _sections(entry.cls, here)
            case TableList():
                yield _section(entry.cls, f"[[{here}]]", f"{_capital(entry.doc)}.")
                yield from _sections(entry.cls, here)
            case TableMap():
                yield _section(entry.cls, f"[{here}.NAME]", f"{_capital(entry.doc)}.")
                yield from _sections(entry.cls, f"{here}.NAME")
            case TableMenu():
                for option, menu in entry.menu.items():
                    yield _section(menu, f"[{here}.{option}]", _capital(_about(menu)))


_GUIDE = """The same tables and keys as in `[action]`: `[guide.gauge]` and `[[guide.fermion]]`. The i-th guide fermion
stands for the i-th action fermion and has the same kind, flavors and boundary. With a network in their place there may
be none, `fermion = []`.
"""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _presence(entry: Table) -> str:
    if entry.required:
        return ". Required."
    return ". Optional." if entry.optional else ". May be left out: every key has a default."


def _section(cls: type[Any], title: str, doc: str) -> str:
    """Write the heading and the table of keys of one TOML table."""
    keys = [entry for _, entry in entries(cls).values() if isinstance(entry, Key)]
    lines = [f"## `{title}`", "", doc.replace("<", "&lt;").replace(">", "&gt;"), ""]
    if keys:
        lines += ["| key | meaning | allowed | default |", "|---|---|---|---|"]
        lines += [_row(f"`{key.name}`", _sentence(key), key.value.allowed(), _default(key)) for key in keys]
        lines.append("")
    return "\n".join(lines)


def _row(*cells: str) -> str:
    """A row of a table, in which bars of the text, as in |Q|, begin no cell."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(entry: Key) -> str:
    if entry.derived:
        return entry.derived
    if entry.default is REQUIRED:
        return "required"
    return "none" if entry.default is None else f"`{toml_value(entry.default)}`"
