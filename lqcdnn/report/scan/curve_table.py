"""Curves between the points of a scan as a table, and how well the runs behind them overlap."""

from __future__ import annotations

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.scan.groups import place
from lqcdnn.analyze.scan.result import CurveSet
from lqcdnn.report.terminal.table import shown_name

Column = tuple[str, list[str]]


def curve_columns(found: CurveSet) -> tuple[list[Column], list[Column]]:
    """The column of the coupling, and those of the quantities and of the independent configurations."""
    keys = [(found.x_name, [f"{x:.10g}" for x in found.x])]
    results = [(shown_name(name), [compact(*pair) for pair in pairs]) for name, pairs in found.curves.items()]
    return keys, [*results, ("effective", [f"{number:.0f}" for number in found.effective])]


def curve_line(found: CurveSet) -> str:
    """Which runs were put together, and what neighbours have in common."""
    where = f" at {place(found.where)}" if found.where else ""
    runs = f"{len(found.runs)} run{'s' * (len(found.runs) > 1)}{where}"
    text = f"between the points: multi-histogram reweighting of {runs}"
    if not found.overlaps:
        return text
    shares = [item.share for item in found.overlaps]
    low, high = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return f"{text}; neighbours share {low if low == high else f'{low} to {high}'} of their distributions of the action"
