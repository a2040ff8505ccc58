"""Rules of terms of the action in a Python file of the user."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.drafts import Draft, good, part


def custom_terms(draft: Draft) -> Iterator[Problem]:
    """What a term of one's own has not been put together with."""
    path = next((f"{side}.custom" for side in ("action", "guide") if part(draft, side, "custom")), None)
    if path is None:
        return
    update, lattice = part(draft, "update"), part(draft, "lattice")
    if (kind := good(update.get("kind"))) in ("heatbath", "slmc"):
        yield Problem(path, f'given with update.kind = "{kind}"', '"hmc": a heat bath knows gauge actions only')
    for name in ("transformation", "tempering", "evolution"):
        if good(update.get(name)) is not None:
            yield Problem(path, f"given with update.{name}", "one of the two")
    if good(draft.get("train")) is not None:
        yield Problem(path, "given with [train]", "one of the two: train a network of your own beforehand")
    if (time := good(lattice.get("time"))) in ("open", "schroedinger"):
        yield Problem(path, f'given with lattice.time = "{time}"', "a lattice that is periodic in time")
    if any(good(number) for number in part(draft, "lattice", "twist").values()):
        yield Problem(path, "given with [lattice.twist]", "no twist")
    if good(part(draft, "action").get("scalar")) is not None:
        yield Problem(path, "given with [action.scalar]", "one of the two")


CUSTOM_RULES = (custom_terms,)
