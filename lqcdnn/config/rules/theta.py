"""Rules of the topological term."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.smoothcharge import on_a_torus, smooth_charge
from lqcdnn.config.tables.drafts import Draft, good, part

_TABLE = "action.theta"


def theta(draft: Draft) -> Iterator[Problem]:
    """There must be a smooth charge, and an update that knows of it."""
    if good(part(draft, "action").get("theta")) is None:
        if part(draft, "guide").get("theta") is not None:
            yield Problem("guide.theta", f"given without [{_TABLE}]", "both, or none")
        return
    yield from smooth_charge(draft, _TABLE)
    yield from on_a_torus(draft, _TABLE)
    if (kind := part(draft, "update").get("kind")) in ("heatbath", "slmc"):
        yield Problem(_TABLE, f'given with update.kind = "{kind}"', 'kind = "hmc": the charge is one of all links')
    if good(part(draft, "update").get("evolution")) is not None:
        yield Problem("update.evolution", f"given with [{_TABLE}]", "one of the two")


THETA_RULES = (theta,)
