"""How a dataclass field carries its line of the input file: value, default, condition, one line of documentation.

The checker, the resolved file, the editors' schema, the reference page and the comments that ``lqcdnn init`` writes
are all derived from these records; no list of keys exists anywhere else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from lqcdnn.config.language.values import Value, toml_value


class _Required:
    """Marks a key without default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Condition:
    """The key exists only while ``key`` of the same table has one of ``values``."""

    key: str
    values: tuple[str | bool, ...]

    def holds(self, table: Mapping[str, Any]) -> bool:
        """Say whether a table (TOML names) fulfils the condition."""
        return table.get(self.key) in self.values

    def __str__(self) -> str:
        return " or ".join(f"{self.key} = {toml_value(value)}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Key:
    """A key with a value.

    ``default`` is a literal, None (the key may stay away) or ``REQUIRED``; ``derived`` describes in words a default
    that follows from other keys; ``when`` restricts the key to a variant of its table.
    """

    name: str
    value: Value
    doc: str
    default: Any = REQUIRED
    derived: str = ""
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A sub-table. ``required``: must be there; ``optional``: stays None when absent; else all its defaults."""

    name: str
    cls: type[Any]
    doc: str
    required: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TableList:
    """An array of tables ``[[name]]`` with at least ``at_least`` entries."""

    name: str
    cls: type[Any]
    doc: str
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class TableMap:
    """Tables with names of the user's choice, ``[name.<any>]``."""

    name: str
    cls: type[Any]
    doc: str


@dataclass(frozen=True, slots=True)
class TableMenu:
    """Tables with names from a registry, ``[name.<one of menu>]``, each with its own keys.

    ``kind_of`` says which entry of the menu a name in the file stands for, None for an unknown one.
    """

    name: str
    menu: Mapping[str, type[Any]]
    kind_of: Callable[[str], str | None]
    doc: str

    def table(self, name: str) -> type[Any]:
        """Return the class of a table by its name in the file; KeyError for an unknown name."""
        return self.menu[self.kind_of(name) or name]


Entry = Key | Table | TableList | TableMap | TableMenu


def _field(entry: Entry, default: Any) -> Any:
    metadata = {"entry": entry}
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def key(
    value: Value,
    doc: str,
    default: Any = REQUIRED,
    *,
    derived: str = "",
    when: tuple[str, *tuple[str | bool, ...]] | None = None,
    name: str = "",
) -> Any:
    """Declare a key; the dataclass field is None where ``when``, a key and values of it, does not hold."""
    condition = Condition(when[0], when[1:]) if when else None
    entry = Key(name, value, doc, default, derived, condition)
    return _field(entry, None if condition else default)


def table(cls: type[Any], doc: str, *, required: bool = False, optional: bool = False) -> Any:
    """Declare a sub-table."""
    return _field(Table("", cls, doc, required, optional), None if optional else REQUIRED)


def table_list(cls: type[Any], doc: str, *, at_least: int = 0) -> Any:
    """Declare an array of tables."""
    return _field(TableList("", cls, doc, at_least), REQUIRED if at_least else ())


def table_map(cls: type[Any], doc: str) -> Any:
    """Declare tables named by the user."""
    return _field(TableMap("", cls, doc), {})


def table_menu(menu: Mapping[str, type[Any]], kind_of: Callable[[str], str | None], doc: str) -> Any:
    """Declare tables named by a registry; see :class:`TableMenu`."""
    return _field(TableMenu("", menu, kind_of, doc), {})


_ENTRIES: dict[type[Any], Mapping[str, tuple[str, Entry]]] = {}


def entries(cls: type[Any]) -> Mapping[str, tuple[str, Entry]]:
    """Return ``{TOML name: (field name, entry)}`` of a configuration class, in file order."""
    if cls not in _ENTRIES:
        _ENTRIES[cls] = _declared(cls)
    return _ENTRIES[cls]


def _declared(cls: type[Any]) -> Mapping[str, tuple[str, Entry]]:
    found: dict[str, tuple[str, Entry]] = {}
    for field in dataclasses.fields(cls):
        entry: Entry = field.metadata["entry"]
        name = entry.name or field.name
        found[name] = (field.name, dataclasses.replace(entry, name=name))
    return found


def is_value(entry: Entry) -> TypeGuard[Key]:
    """Say whether an entry is a key with a value, not a table."""
    return isinstance(entry, Key)
