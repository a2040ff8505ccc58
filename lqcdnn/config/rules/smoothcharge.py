"""Where the topological charge is a smooth function of the links, so that it can be part of an action."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.twist import is_twisted
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part


def smooth_charge(draft: Draft, table: str) -> Iterator[Problem]:
    """There must be such a charge for ``table`` of the input."""
    dims, group = dims_of(draft), good(part(draft, "lattice").get("group"))
    if dims and group and (dims not in (2, 4) or (dims == 2) is not (group == "U(1)")):
        found = f"given for {group} in d = {dims}, which has no such charge"
        yield Problem(table, found, "U(1) in d = 2, or SU(N) in d = 4")


def on_a_torus(draft: Draft, table: str) -> Iterator[Problem]:
    """The lattice must be a torus without a twist: functions of all links know of no other boundaries."""
    if is_twisted(draft):
        yield Problem(table, "given with lattice.twist", "one of the two")
    time = good(part(draft, "lattice").get("time"))
    if time in ("open", "schroedinger"):
        found = f'given with lattice.time = "{time}", where the charge flows in and out and plaquettes count otherwise'
        yield Problem(table, found, "one of the two")
