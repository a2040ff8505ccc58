"""Anisotropic lattices: which actions they have, and what follows from them for other tables."""

from __future__ import annotations

from lqcdnn.config.tables.drafts import Draft, good, observed, part
from lqcdnn.config.tables.fermions import mean_wilson_term
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


def derive_hops(fermion: Draft, draft: Draft) -> None:
    """Hops of a quark have the anisotropy of the action, where they can have one."""
    xi, kind = good(part(draft, "action", "gauge").get("anisotropy")), good(fermion.get("kind"))
    if xi not in (None, 1.0) and kind in ("staggered", "wilson"):
        fermion.setdefault("anisotropy", xi)


def has_weights(fermion: Draft) -> bool:
    """Whether hops of different directions, or planes, have different weights."""
    plain = all(good(fermion.get(name)) in (None, 1.0) for name in ("anisotropy", "nu"))
    return not plain or good(fermion.get("csw_time")) not in (None, good(fermion.get("csw")))


def wilson_term(fermion: Draft, dims: int | None) -> float | None:
    """r of a quark times the mean weight of its hops, as far as it is known."""
    r, nu, xi = (good(fermion.get(name)) for name in ("r", "nu", "anisotropy"))
    return mean_wilson_term(r, nu, xi, dims) if dims else r
