"""Anisotropic lattices: which actions they have, and what follows from them for other tables."""

from __future__ import annotations

from lqcdnn.config.tables.drafts import Draft, good, observed, part
from lqcdnn.config.tables.gauge_actions import SYMANZIK_SPACE


def is_anisotropic(gauge: Draft) -> bool:
    """Whether loops of a gauge action do not all count the same."""
    return good(gauge.get("anisotropy")) not in (None, 1.0) or good(gauge.get("kind")) == SYMANZIK_SPACE


def derive_flows(draft: Draft) -> None:
    """A flow has the anisotropy of the action, where it has one."""
    xi = good(part(draft, "action", "gauge").get("anisotropy"))
    flows = [part(draft, "flow", name) for name in part(draft, "flow")]
    for options in (*flows, *(options for _, _, options in observed(draft, "flow"))) if xi not in (None, 1.0) else ():
        options.setdefault("anisotropy", xi)
