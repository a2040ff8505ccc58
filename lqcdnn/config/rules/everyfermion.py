"""The tables of all fermions of a draft, and what those of a guide have of the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.tables.drafts import Draft, good, part, tables


def every_fermion(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Yield (path, table) of every fermion of the action and of the guide, and of every valence quark."""
    for side in ("action", "guide"):
        for i, fermion in enumerate(tables(draft, side, "fermion")):
            yield f"{side}.fermion.{i + 1}", fermion
    for name in part(draft, "valence"):
        yield f"valence.{name}", part(draft, "valence", name)


def heavier(fermion: Draft) -> tuple[float, ...]:
    """Return the masses or twisted masses of mass preconditioning; each makes one term more."""
    return good(fermion.get("hasenbusch")) or good(fermion.get("hasenbusch_twisted_mass")) or ()


def inherited(draft: Draft, path: str, name: str, value: Any) -> bool:
    """Say whether a guide fermion has a value because the action's fermion has it."""
    exact, i = tables(draft, "action", "fermion"), int(path.rpartition(".")[2]) - 1
    return i < len(exact) and exact[i].get(name) is value


def of_another_kind(draft: Draft, path: str) -> bool:
    """Say whether a fermion is a guide's and of another kind than the action's, which is reported by itself."""
    side, _, number, *_ = path.split(".")
    exact, guide, i = tables(draft, "action", "fermion"), tables(draft, "guide", "fermion"), int(number) - 1
    if side != "guide" or i >= len(exact):
        return False
    mine, wanted = good(guide[i].get("kind")), good(exact[i].get("kind"))
    return mine is not None and wanted is not None and mine != wanted


def reported_of_action(draft: Draft, path: str, name: str, value: Any) -> bool:
    """Say whether a guide fermion has a value that its action fermion has too, where it is reported."""
    return path.startswith("guide") and inherited(draft, path, name, value)


def why_rational(fermion: Draft) -> str:
    """The key of a fermion with a rational approximation to name in a message: the one the input has."""
    return "mass_splitting" if good(fermion.get("mass_splitting")) else "rational = true"
