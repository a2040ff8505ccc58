"""Reading a draft: a dictionary of accepted values, where ``REFUSED`` stands for what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import REFUSED
from lqcdnn.config.tables.observables import observable_kind

Draft = dict[str, Any]


def good(value: Any) -> Any:
    """Return a value, or None in place of one that was refused."""
    return None if value is REFUSED else value


def part(draft: Draft, *names: str) -> Any:
    """Return the draft below ``names``, or an empty one."""
    for name in names:
        found = good(draft.get(name)) if isinstance(draft, dict) else None
        draft = {} if found is None else found
    return draft


def tables(draft: Draft, *names: str) -> list[Draft]:
    """Return the usable entries of an array of tables; empty when there is none."""
    found = part(draft, *names)
    return [item if isinstance(item, dict) else {} for item in found] if isinstance(found, list) else []


def dims_of(draft: Draft) -> int | None:
    """The number of directions, if the lattice is well-formed."""
    shape = good(part(draft, "lattice").get("shape"))
    return len(shape) if shape else None


def bad_link_names(draft: Draft, table: str) -> dict[str, Problem]:
    """Names of a table of links that ``links`` of an observable cannot say, and what is wrong."""
    return {
        name: Problem(f"{table}.{name}", f"not a name for a {table}", 'letters, digits, "-" and "_", and not "thin"')
        for name in part(draft, table)
        if name == "thin" or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii()
    }


def observed(draft: Draft, *kinds: str) -> Iterator[tuple[str, str, Draft]]:
    """Yield (path, observable, table) of the usable tables of observables; of these observables if any are named."""
    for name, options in part(draft, "observables").items():
        kind = observable_kind(name)
        if kind is not None and isinstance(options, dict) and (not kinds or kind in kinds):
            yield f"observables.{name}", kind, options
