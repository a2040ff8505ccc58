"""What ``resolved.toml`` says of updates that change the ensemble: evolutions, bias potentials, windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def evolution_of(table: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """``steps``, ``updates`` and ``between``, of which the resolved file has all."""
    names = ("steps", "updates", "between")
    return (int(table[names[0]]), int(table[names[1]]), int(table[names[2]])) if set(names) <= set(table) else None


def interval_of(table: Mapping[str, Any]) -> tuple[float, float] | None:
    """``range`` of a bias potential where it is a pair."""
    found = table.get("range")
    return (float(found[0]), float(found[1])) if isinstance(found, list) else None


def windows_of(table: Mapping[str, Any]) -> tuple[tuple[float, ...], float, int] | None:
    """Centres and width of windows, and the trajectories after which their slopes stay as they are."""
    if not {"range", "windows", "width", "every", "newton", "robbins_monro"} <= set(table):
        return None
    (lowest, highest), count = table["range"], table["windows"]
    centres = tuple(lowest + k * ((highest - lowest) / (count - 1)) for k in range(count))
    return centres, float(table["width"]), table["every"] * (table["newton"] + table["robbins_monro"])
