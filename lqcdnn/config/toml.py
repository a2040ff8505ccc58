"""Write input files: nested dictionaries to TOML in the order of the schema, with or without comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lqcdnn.config.language.keys import Key, Table, TableList, TableMap, TableMenu, entries, is_value
from lqcdnn.config.language.values import toml_value
from lqcdnn.config.tables.schema import RunConfig

_COMMENT_COLUMN = 36
_LINE_LENGTH = 120


def write_toml(tree: Mapping[str, Any], header: Sequence[str] = (), *, comments: bool = False) -> str:
    """Write an input file.

    Parameters
    ----------
    tree
        Nested dictionaries with keys of the schema; may be partial.
    header
        Lines for the top of the file; each becomes a comment.
    comments
        Put the documentation of each table and key beside it.

    Returns
    -------
    str
        TOML 1.0 text that ends with a newline.
    """
    lines = [f"# {line}".rstrip() for line in header]
    for block in _blocks(RunConfig, tree, "", comments):
        lines += ["", *block] if lines else block
    return "\n".join(lines) + "\n"


def _blocks(cls: type[Any], tree: Mapping[str, Any], path: str, comments: bool) -> Iterator[list[str]]:
    """Yield the tables below a table, each as a list of lines."""
    for name, (_, entry) in entries(cls).items():
        if name not in tree or is_value(entry):
            continue
        here, value = f"{path}.{name}" if path else name, tree[name]
        match entry:
            case Table():
                yield from _table(entry.cls, value, here, "[{}]", _about(entry, path) if comments else "")
            case TableList():
                for i, item in enumerate(value):
                    doc = _about(entry, path) if comments and i == 0 else ""
                    yield from _table(entry.cls, item, here, "[[{}]]", doc, comments=comments and i == 0)
            case TableMap():
                for key, item in value.items():
                    yield from _table(entry.cls, item, f"{here}.{key}", "[{}]", entry.doc if comments else "")
            case TableMenu():
                for key, item in value.items():
                    doc = (entry.table(key).__doc__ or "").partition(": ")[2].rstrip(".") if comments else ""
                    yield from _table(entry.table(key), item, f"{here}.{key}", "[{}]", doc, comments=comments)


def _about(entry: Table | TableList, path: str) -> str:
    """Return the documentation of a table; that of a guide's tables says what they stand for."""
    return f"drives molecular dynamics in place of action.{entry.name}" if path == "guide" else entry.doc


def _table(
    cls: type[Any], tree: Mapping[str, Any], path: str, frame: str, doc: str, *, comments: bool | None = None
) -> Iterator[list[str]]:
    """Yield a table with its own keys, if it has any or must be named, and the tables below it."""
    comments = bool(doc) if comments is None else comments
    keys = [
        (name, entry)
        for name, (_, entry) in entries(cls).items()
        if name in tree and (isinstance(entry, Key) or tree[name] == [])  # no table of an array: an empty list
    ]
    subtables = any(name in tree and not is_value(entry) for name, (_, entry) in entries(cls).items())
    if keys or not subtables or frame == "[[{}]]":
        body = [
            _commented(_assigned(name, tree[name], comments), entry.doc if comments else "") for name, entry in keys
        ]
        yield [_commented(frame.format(path), doc), *body]
    yield from _blocks(cls, tree, path, comments)


def _assigned(name: str, value: Any, comments: bool) -> str:
    """Write a key and its value; where people read it, a list that is too long with a line for each entry."""
    line = f"{name} = {toml_value(value)}"
    if not comments or len(line) <= _LINE_LENGTH or not isinstance(value, list | tuple):
        return line
    return f"{name} = [\n" + "".join(f"    {toml_value(item)},\n" for item in value) + "]"


def _commented(line: str, doc: str) -> str:
    """Put a comment behind a line, or above it where it does not fit."""
    if not doc:
        return line
    beside = f"{line:<{_COMMENT_COLUMN}}# {doc}"
    return beside if len(line) < _COMMENT_COLUMN and len(beside) <= _LINE_LENGTH else f"# {doc}\n{line}"
