"""A scan as figures over the grid, and as one self-contained page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from lqcdnn.analyze.comparison import shared_setup
from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate
from lqcdnn.analyze.scan.groups import place
from lqcdnn.analyze.scan.result import PointResult, ScanAnalysis, ScanFit
from lqcdnn.config.language.counts import counted
from lqcdnn.report.charts.chart import Chart, Layer, Line, Points, log_range, padded
from lqcdnn.report.figures import Figure
from lqcdnn.report.pages.analysis import figure_html, setup_html, verdict_list
from lqcdnn.report.pages.style import page, table
from lqcdnn.report.scan.curve_charts import curve_figures
from lqcdnn.report.scan.curve_table import curve_columns, curve_line
from lqcdnn.report.scan.table import columns, fit_lines, observable_names, scan_notes
from lqcdnn.report.terminal.table import shown_name

Value = tuple[float, float | None]


def scan_figures(scan: ScanAnalysis) -> list[Figure]:
    """Each observable with its error and tau_int, and the acceptance, against a key of the grid; and the fits."""
    found = []
    for name in observable_names(scan):
        charts = [
            _chart(scan, shown_name(name), _mean_of(name)),
            _chart(scan, "tau_int (trajectories)", _tau_of(name)),
        ]
        found.append(Figure("Over the grid", shown_name(name), [chart for chart in charts if chart is not None]))
    acceptance = _chart(scan, "acceptance", lambda analysis: _mean(analysis.acceptance))
    found.append(Figure("Over the grid", "acceptance", [acceptance] if acceptance is not None else []))
    found += curve_figures(scan)
    found += [
        Figure("Fits over the grid", fit.request.name, [*map(_fit_chart, (fit, *fit.others))])
        for fit in scan.fits
        if not fit.along_curve
    ]
    return [figure for figure in found if figure.charts]


def scan_page(scan: ScanAnalysis) -> str:
    """The whole page: table, figures, verdicts of all points."""
    keys, results = columns(scan)
    every = [*keys, *results]
    rows = [list(row) for row in zip(*(cells for _, cells in every), strict=True)]
    body = [
        f'<p class="soft">{counted(len(scan.points), "point")} over {escape(", ".join(scan.names))}.</p>',
        setup_html(_setup(scan)),
        "<h2>Table</h2>",
        table([name for name, _ in every], rows, len(keys) + 3),
        f'<p class="soft">{escape(CONVENTION)}.</p>',
        "<h2>Over the grid</h2>",
        *map(figure_html, scan_figures(scan)),
        *(f"<p>{escape(text)}</p>" for text in [*map(curve_line, scan.curves), *fit_lines(scan)]),
        *_curve_tables(scan),
        "<h2>Verdicts</h2>",
    ]
    for point, analysis in scan.analysed:
        body += [f"<h3>{escape(point.name)}</h3>", verdict_list(analysis.verdicts)]
    if notes := scan_notes(scan):
        body += ["<h2>Notes</h2>", *(f"<p>{escape(text)}</p>" for text in notes)]
    return page(f"Scan {scan.source}", body)


def _setup(scan: ScanAnalysis) -> dict[str, str]:
    """What was simulated: where points differ, that of the first one; seeds differ by themselves."""
    setups = {point.name: analysis.setup for point, analysis in scan.analysed}
    if not setups:
        return {}
    shared = shared_setup(list(setups.values()))
    first, setup = next(iter(setups.items()))
    lines = {name: line if name in shared else f"{line} (at {first})" for name, line in setup.items()}
    return {name: line for name, line in lines.items() if name in shared or name != "seed"}


def _curve_tables(scan: ScanAnalysis) -> list[str]:
    """Values of the curves, under a fold."""
    found = []
    for curves in scan.curves:
        columns = [column for part in curve_columns(curves) for column in part]
        rows = [list(row) for row in zip(*(cells for _, cells in columns), strict=True)]
        title = escape(", ".join(filter(None, ["Values between the points", place(curves.where)])))
        body = table([name for name, _ in columns], rows, 0)
        found.append(f"<details><summary>{title}</summary>{body}</details>")
    return found


def _chart(scan: ScanAnalysis, label: str, value: Callable[[Analysis], Value | None]) -> Chart | None:
    """One curve for each combination of the keys that are not on the x axis; None without points."""
    key = x_key(scan)
    curves: dict[str, list[tuple[float, Value]]] = {}
    for i, (point, analysis) in enumerate(scan.analysed, start=1):
        found = value(analysis)
        if found is not None:
            x = float(i) if key is None else float(point.values[key])
            curves.setdefault("" if key is None else _curve(scan, point, key), []).append((x, found))
    layers: list[Layer] = []
    ends: list[float] = []
    xs: list[float] = []
    for color, (name, values) in enumerate(curves.items()):
        values.sort(key=lambda item: item[0])
        positions, y = np.array([x for x, _ in values]), np.array([v for _, (v, _) in values])
        errors = np.array([error or 0.0 for _, (_, error) in values])
        layers.append(Points(positions, y, errors, name, color, joined=key is not None))
        ends += [*(y - errors), *(y + errors)]
        xs += [*positions]
    if not layers:
        return None
    axis = "point" if key is None else key
    return Chart(label, axis, label, layers, padded(np.array(xs), 0.05), padded(np.array(ends)))


def _fit_chart(fit: ScanFit) -> Chart:
    """What was fitted, and the curve; autocorrelation times on a logarithmic axis."""
    x, (y, errors) = np.array(fit.fitted or [place for place, _ in fit.x]), np.array(fit.y).T
    (grid, curve), of_tau = fit.drawn, fit.request.of_tau or fit.request.kind.startswith("tau_")
    log = of_tau and curve.min() > 0.0
    x_label, name = fit.labels or (fit.request.x, shown_name(fit.request.quantity))
    x_label = f"fitted {name}" if fit.fitted else x_label
    label = "tau_int (trajectories)" if of_tau else name
    low = np.where(y > errors, y - errors, y) if log else y - errors
    ends = np.concatenate([y + errors, curve, low])
    layers: list[Layer] = [Line(grid, curve, fit.formula, 1), Points(x, y, errors, joined=False)]
    limits = log_range(ends) if log else padded(ends)
    where = f" at {place(fit.where)}" if fit.where else ""
    title = f"{fit.request.name}: {'' if fit.labels else 'fit of '}{name}{where}"
    return Chart(title, x_label, label, layers, padded(np.concatenate([x, grid]), 0.05), limits, log)


def x_key(scan: ScanAnalysis) -> str | None:
    """The key with numbers that has most values; None if no key has numbers."""
    counts = {
        key: len({point.values[key] for point in scan.points})
        for key in scan.names
        if all(_is_number(point.values[key]) for point in scan.points)
    }
    return max(counts, key=lambda key: counts[key]) if counts else None


def _curve(scan: ScanAnalysis, point: PointResult, x: str) -> str:
    return ", ".join(f"{short} = {point.values[key]}" for key, short in scan.names.items() if key != x)


def _mean_of(name: str) -> Callable[[Analysis], Value | None]:
    return lambda analysis: _mean(analysis.get(name))


def _tau_of(name: str) -> Callable[[Analysis], Value | None]:
    return lambda analysis: _tau(analysis.get(name))


def _mean(item: Estimate | None) -> Value | None:
    return None if item is None or item.mean is None else (item.mean, item.error)


def _tau(item: Estimate | None) -> Value | None:
    if item is None or item.tau_int_trajectories is None:
        return None
    return item.tau_int_trajectories, item.tau_int_error_trajectories


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
