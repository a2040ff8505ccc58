"""Several runs side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Analysis, Estimate
from lqcdnn.report.table import shown_name, update_estimates


def comparison_lines(analyses: Sequence[Analysis]) -> list[str]:
    """One row for each observable, one column for each run; for two runs also their difference in errors."""
    columns = [{item.name: item for item in (*one.observables, *update_estimates(one))} for one in analyses]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [["observable", *(one.source for one in analyses), *(["difference"] if len(columns) == 2 else [])]]
    for name in names:
        found = [column.get(name) for column in columns]
        row = [shown_name(name), *("-" if item is None else compact(item.mean, item.error) for item in found)]
        rows.append([*row, *([_difference(found[0], found[1])] if len(found) == 2 else [])])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _difference(one: Estimate | None, other: Estimate | None) -> str:
    """Difference of two independent means in units of its error."""
    if one is None or other is None or one.mean is None or other.mean is None:
        return "-"
    error = math.hypot(one.error or 0.0, other.error or 0.0)
    return f"{(one.mean - other.mean) / error:+.1f} sigma" if error > 0.0 else "-"
