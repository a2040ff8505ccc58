"""Several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from lqcdnn.analyze.comparison import Compared, Comparison, Row, difference
from lqcdnn.analyze.data.cost import Cost
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Analysis, Estimate, plain
from lqcdnn.report.charts.vectors import long_lists
from lqcdnn.report.terminal.console import text_width
from lqcdnn.report.terminal.table import Paint, shown_name, update_estimates, verdict_lines

COLUMNS = {"mean": 14, "difference": 11, "KS": 7, "tau_int": 10, "N/2tau": 7, "cost": 10}
"""Columns of an observable and their least widths."""
LEAST_COLUMNS = 3
"""So many are there however wide they are, names included."""

#: What is said under the table.
LEGEND = (
    "difference: from the first run, in errors; KS: probability that the values, one of every 2 tau_int, come from the "
    "same distribution; tau_int in trajectories; cost: CPU seconds of the update for one independent measurement, "
    "2 tau_int trajectories (training not included)"
)


def comparison_text(comparison: Comparison, paint: Paint | None = None, lists_in_full: bool = True) -> str:
    """Runs, observables and verdict; several lines, no newline at the end.

    Parameters
    ----------
    comparison
        Result of `lqcdnn.jobs.compare.compare_runs`.
    paint
        As for `lqcdnn.report.terminal.table.analysis_text`.
    lists_in_full
        Give the components of long lists rows of their own; else only the largest difference of each list.
    """
    lines = [*_run_table(comparison), ""]
    lines += [line for i in range(1, len(comparison.runs)) for line in _physics_lines(comparison, i)]
    hidden = {} if lists_in_full else long_lists(one.observables for one in comparison.analyses)
    shown = [item for item in comparison.observables if item.name not in hidden]
    runs = [f"  {run}" for run in comparison.runs]
    names = max(map(len, [*(shown_name(item.name) for item in shown), *runs]))
    for item in shown:
        lines += _observable_lines(item, runs, names)
    lines += _list_lines([item for item in comparison.observables if item.name in hidden], hidden, comparison.runs)
    lines += ["", *wrap(LEGEND, text_width())] if comparison.observables else []
    lines += ["", *verdict_lines([comparison.verdict], paint)]
    notes = [f"{run}: {warning}" for run, one in zip(comparison.runs, comparison.analyses, strict=True)
             for warning in one.warnings]  # fmt: skip
    return "\n".join([*lines, *(f"note: {note}" for note in notes)])


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """What ``--json`` prints."""
    runs = [
        {
            "directory": run,
            "status": one.status,
            "trajectories": one.trajectories,
            "thermalization": one.thermalization.trajectory,
            "acceptance": plain(one.acceptance),
            "exp_minus_dH": plain(one.exp_minus_dH),
            "cost": plain(cost),
            "physics": {key: list(values) for key, values in differing.items()},
        }
        for run, one, cost, differing in zip(
            comparison.runs, comparison.analyses, comparison.costs, comparison.differing, strict=True
        )
    ]
    observables = [plain(item) for item in comparison.observables]
    return {"schema": 1, "verdict": plain(comparison.verdict), "runs": runs, "observables": observables}


def _run_table(comparison: Comparison) -> list[str]:
    rows = [["run", "trajectories", "left out", "acceptance", "exp(-dH)", "CPU s/traj", "with meas.", "threads"]]
    for run, one, cost in zip(comparison.runs, comparison.analyses, comparison.costs, strict=True):
        cut = one.thermalization.trajectory
        rows.append(
            [run, str(one.trajectories), str(cut), _mean(one.acceptance), _mean(one.exp_minus_dH), *_cost_cells(cost)]
        )
    return aligned_rows(rows)


def _cost_cells(cost: Cost | None) -> list[str]:
    """CPU seconds for one trajectory; a star where compilation is in them."""
    if cost is None:
        return ["-", "-", "-"]
    star = "" if cost.warm else "*"
    threads = "various" if cost.threads is None else str(cost.threads)
    return [f"{cost.cpu_update:.4g}{star}", f"{cost.cpu:.4g}{star}", threads]


def _mean(item: Estimate | None) -> str:
    return "-" if item is None else compact(item.mean, item.error)


def _physics_lines(comparison: Comparison, index: int) -> list[str]:
    """Keys of the physics in which a run differs from the first."""
    differing = comparison.differing[index]
    if not differing:
        return []
    lines = [f"{comparison.runs[index]} differs from {comparison.runs[0]} in"]
    lines += [f"  {key}: {new} (there {old})" for key, (old, new) in differing.items() if "-" not in (old, new)]
    for side, word in enumerate(("only there", "not there")):
        tables: dict[str, list[str]] = {}
        for key, values in differing.items():
            if values[1 - side] == "-":
                table, _, name = key.rpartition(".")
                tables.setdefault(table, []).append(f"{name} {values[side]}")
        for table, entries in tables.items():
            text = f"{table}: {', '.join(entries)} ({word})"
            lines += wrap(text, text_width(), initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    return [*lines, ""]


def _list_lines(items: Sequence[Compared], lists: Mapping[str, str], runs: Sequence[str]) -> list[str]:
    """For each long list and run the component that differs most from the first run."""
    worst: dict[tuple[str, int], tuple[float, str]] = {}
    for item in items:
        for row in item.rows[1:]:
            place = (lists[item.name], row.run)
            if row.sigma is not None and abs(row.sigma) > abs(worst.get(place, (0.0, ""))[0]):
                worst[place] = row.sigma, item.name
    if not worst:
        return []
    rows = [["list", "run", "largest difference", "of entry"]]
    rows += [[name, runs[i], f"{sigma:+.1f} sigma", entry] for (name, i), (sigma, entry) in worst.items()]
    return ["", *aligned_rows(rows), "in full with --observable NAME"]


def _observable_lines(item: Compared, runs: Sequence[str], names: int) -> list[str]:
    """The last columns are left out where they do not fit into a line; ``names``: width of the first."""
    rows = [[shown_name(item.name), *COLUMNS]]
    rows += [[runs[row.run], *row_cells(row)] for row in item.rows]
    room, widths = text_width() - names, [names]
    for least in COLUMNS.values():
        room -= 2 + least
        widths += [least] if room >= 0 or len(widths) < LEAST_COLUMNS else []
    return aligned_rows([row[: len(widths)] for row in rows], widths)


def row_cells(row: Row) -> list[str]:
    """Cells of one observable in one run, in the order of `COLUMNS`."""
    return [
        compact(row.mean, row.error),
        "-" if row.sigma is None else f"{row.sigma:+.1f} sigma",
        "-" if row.ks_probability is None else f"{row.ks_probability:.2g}",
        compact(row.tau_int, row.tau_int_error),
        "-" if row.effective is None else f"{row.effective:.0f}",
        _cost(row.cpu_per_sample, row.cpu_per_sample_error),
    ]


def _cost(value: float | None, error: float | None) -> str:
    """A cost is as uncertain as tau_int: of one without an error, two digits."""
    return f"{value:.2g}" if value is not None and error is None else compact(value, error)


def aligned_rows(rows: Sequence[Sequence[str]], least: Sequence[int] = ()) -> list[str]:
    """Rows of cells as lines of aligned columns, each at least `least` wide."""
    least = least or [0] * len(rows[0])
    widths = [max(minimum, *(len(row[i]) for row in rows)) for i, minimum in enumerate(least)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def comparison_lines(analyses: Sequence[Analysis], lists_in_full: bool = True) -> list[str]:
    """The rows of `comparison_rows` as aligned lines; components of long lists on request only."""
    hidden = {} if lists_in_full else long_lists(one.observables for one in analyses)
    lines = aligned_rows([row for row in comparison_rows(analyses) if row[0] not in hidden])
    return [*lines, "lists in full with --observable NAME"] if hidden else lines


def named_estimates(analyses: Sequence[Analysis]) -> list[dict[str, Estimate]]:
    """All estimates of each run by name, those of the update too."""
    return [{item.name: item for item in (*one.estimates, *update_estimates(one))} for one in analyses]


def comparison_rows(analyses: Sequence[Analysis]) -> list[list[str]]:
    """Heading, and one row for each observable with a cell for each run; for two runs their difference in errors.

    Below them the training, where there was one.
    """
    columns = named_estimates(analyses)
    rows = [["observable", *(one.source for one in analyses), *(["difference"] if len(columns) == 2 else [])]]
    for name in dict.fromkeys(name for column in columns for name in column):
        found = [column.get(name) for column in columns]
        row = [shown_name(name), *("-" if item is None else compact(item.mean, item.error) for item in found)]
        rows.append([*row, *([_difference(found[0], found[1])] if len(found) == 2 else [])])
    return [*rows, *_training_rows(analyses)]


def _training_rows(analyses: Sequence[Analysis]) -> list[list[str]]:
    """What `lqcdnn.report.terminal.table.training_lines` says of each run; none if no run was trained."""
    if all(one.training is None for one in analyses):
        return []
    numbers = {
        "training steps": ("steps", "d"),
        "loss, first 10 samples": ("early_loss", ".4g"),
        "loss, last quarter": ("late_loss", ".4g"),
        "S_theta - S, last quarter": ("late_difference", "+.3g"),
        "spread of S_theta - S": ("late_spread", ".3g"),
        "expected acceptance": ("expected_acceptance", ".2f"),
    }
    rows = []
    for name, (key, form) in numbers.items():
        found = [getattr(one.training, key, None) for one in analyses]
        cells = ["-" if value is None else format(value, form) for value in found]
        rows.append([name, *cells, *(["-"] if len(cells) == 2 else [])])
    return rows


def _difference(one: Estimate | None, other: Estimate | None) -> str:
    """Second less first of two independent means, in units of its error, as `comparison_text` has it."""
    sigma = None if one is None or other is None else difference(other, one)
    return "-" if sigma is None else f"{sigma:+.1f} sigma"
