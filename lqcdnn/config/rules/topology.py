"""Where a topological charge exists, and by which definitions."""

from __future__ import annotations

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import quoted

DEFINITIONS: dict[int, tuple[str, ...]] = {2: ("geometric",), 4: ("clover", "plaquette", "improved", "5li")}
"""By number of dimensions; the first is the default."""

WITH_ENDS = ("geometric", "clover")
"""Definitions that need no loops beyond the ends of time."""

_TABLE = "observables.topological_charge"


def default_definition(dims: int) -> str:
    """Return the usual definition; where there is none that of d = 4, and :func:`charge_problem` says so."""
    return DEFINITIONS.get(dims, DEFINITIONS[4])[0]


def charge_problem(dims: int, group: str, definition: str, time: str | None = None) -> Problem | None:
    """Say what is wrong with measuring the charge in ``dims`` dimensions with a group and a definition, if anything.

    ``time`` is `lattice.time`, which leaves fewer definitions where it is "open" or "schroedinger".
    """
    allowed = "U(1) in d = 2, or any group in d = 4"
    if dims not in DEFINITIONS:
        return Problem(_TABLE, f"no topological charge in d = {dims}", allowed)
    if dims == 2 and group != "U(1)":
        return Problem(_TABLE, f"no topological charge for {group} in d = 2", allowed)
    if definition not in DEFINITIONS[dims]:
        found = f'found "{definition}" in d = {dims}'
        ends = time in ("open", "schroedinger")
        known = [name for name in DEFINITIONS[dims] if name in WITH_ENDS or not ends]
        return Problem(f"{_TABLE}.definition", found, quoted(known))
    return None
