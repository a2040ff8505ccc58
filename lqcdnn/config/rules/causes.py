"""One fault, one message: problems that others bring with them are left out.

What is found comes in three parts: as tables are read (``read``), as they are completed (``filled``), and by the rules
between keys (``ruled``, those of each rule by themselves).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence

from lqcdnn.config.language.problems import MISSING, Problem

RELATED = ("given with", "given in", "given for", "found true with SU", "there is no ")
"""How messages begin of what does not go with a key elsewhere: said once, for whatever stands beside it."""
NO_NETWORK = ("no network", "no masked network")
"""How messages begin where a network is named that is not there."""
NOT_THERE = ("no fermion ", *NO_NETWORK)
"""How messages begin of a name of something that is not there: said once for all keys that have it."""
TERMS = (
    "action.fermion", "guide.fermion", "guide.surrogate", "action.custom", "guide.custom", "update.transformation",
    "update.bias", "update.llr",
)  # fmt: skip
"""What makes terms of the action, which are not known where it is wrong."""
ORDER = ((TERMS, "update.level"), ("observables.", "analyze."))
"""What goes before what else."""


def causes(read: Sequence[Problem], filled: Sequence[Problem], ruled: Iterable[Sequence[Problem]]) -> list[Problem]:
    """Return the problems that are no consequence of others.

    * Where a table is missing or is none, rules and what other tables have from it say nothing.
    * What is wrong with the lattice goes before all that rules say of other tables.
    * In a table, keys of another kind are named together, and go before what rules say of it; a kind that cannot be
      goes before what is missing or too much of it. So does the table itself before its keys, and a key that could
      not be read before messages that name it.
    * What makes terms goes before levels, and observables before fits of them.
    * A name of something that is not there is said once.
    * Of a key the first rule speaks, of a relation to another key the first key, of [guide] what differs from [action].
    """
    filled = _together(filled)
    if any(one.whole for one in (*read, *filled)):
        own = [one for one in filled if one.whole or not one.path.startswith(("observables.", "guide.", "train."))]
        return [*read, *own]
    every_rule = [list(problems) for problems in ruled]
    refused = {one.path for problems in every_rule for one in problems}
    filled = [one for one in filled if one.message != MISSING or _table(one) not in refused]
    found = _first_rules(every_rule)
    if any(one.path.startswith("lattice.") for one in read):
        found = []
    elif lattice := [one for one in found if one.path.startswith("lattice.")]:
        found = lattice
    misplaced = {_table(one) for one in filled if one.of_another}
    kinds = {_table(one) for one in found if one.path.endswith(".kind")}
    filled = [one for one in filled if _table(one) not in kinds]
    found = [one for one in found if _table(one) not in misplaced or one.path.endswith(".kind")]
    whole = {one.path for one in found}
    found = [one for one in found if _table(one) not in whole and not any(_names(one, other) for other in read)]
    filled = [one for one in filled if not any(_names(one, other) for other in read)]
    if any(one.message.startswith(NO_NETWORK) for one in found):
        filled = [one for one in filled if one.path != "train.network"]
    every = [*read, *filled, *found]
    for first, later in ORDER:
        if any(one.path.startswith(first) for one in every):
            every = [one for one in every if not one.path.startswith(later)]
    said = {(one.path, one.message) for one in every}
    wrong = {_table(one) for one in every}
    every = [one for one in every if (_of_action(one.path), one.message) not in said and not _kind_of(one, wrong)]
    return _named_once(every)


def _together(filled: Sequence[Problem]) -> list[Problem]:
    """Keys of a table that belong to one other kind are one problem, at the first of them."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in filled:
        if one.of_another:
            groups.setdefault((_table(one), one.message), []).append(one)
    rest = {id(one) for group in groups.values() for one in group[1:]}
    found = []
    for one in filled:
        others = [other.path.rpartition(".")[2] for other in groups.get((_table(one), one.message), ())[1:]]
        if id(one) in rest:
            continue
        more = f", as {'do' if len(others) > 1 else 'does'} {', '.join(others)}" if others else ""
        found.append(dataclasses.replace(one, message=one.message + more))
    return found


def _named_once(problems: Sequence[Problem]) -> list[Problem]:
    """A name of something that is not there is one problem, at the first key that has it."""
    keys: dict[str, list[str]] = {}
    for one in problems:
        if one.message.startswith(NOT_THERE):
            keys.setdefault(one.message, []).append(one.path)
    found = []
    for one in problems:
        first, *others = keys.get(one.message, [one.path])
        if one.path == first:
            more = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
            told = f"{one.message}, which {more} {'have' if len(others) > 1 else 'has'} too"
            found.append(dataclasses.replace(one, message=told) if others else one)
    return found


def _first_rules(ruled: Iterable[Sequence[Problem]]) -> list[Problem]:
    """The first problem of each key, and of each relation to another key."""
    found: list[Problem] = []
    seen: set[str] = set()
    related: set[str] = set()
    for problems in ruled:
        for one in problems:
            relation = one.message.partition(",")[0]
            if one.path in seen or (one.message.startswith(RELATED) and relation in related):
                continue
            related.add(relation)
            found.append(one)
            if not one.path.startswith("analyze."):  # of which each entry is something of its own
                seen.add(one.path)
    return found


def _table(one: Problem) -> str:
    return one.path.rpartition(".")[0]


def _names(one: Problem, other: Problem) -> bool:
    """Say whether a message is about a key of its table that could not be read."""
    table, _, name = other.path.rpartition(".")
    words = re.findall(r"[A-Za-z_]\w*", f"{one.message} {one.allowed}")
    return _table(one) == table and one.path != other.path and name in words


def _of_action(path: str) -> str:
    return f"action.{path.removeprefix('guide.')}" if path.startswith("guide.") else ""


def _kind_of(one: Problem, wrong: Collection[str]) -> bool:
    """Say whether a message is of the kind of a guide, where something is wrong with the action's fermion."""
    table = _table(one)
    return one.path.endswith(".kind") and table.startswith("guide.") and table.replace("guide", "action") in wrong
