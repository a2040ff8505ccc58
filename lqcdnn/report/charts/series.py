"""The charts of one series: history, distribution, autocorrelation, running mean."""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.statistics.gamma import FloatArray, GammaResult, rho_errors
from lqcdnn.config.language.counts import plural
from lqcdnn.report.charts.chart import Band, Bars, Chart, Cloud, Layer, Line, Rule, Span, padded, ticks

#: Most points drawn along a history.
COLUMNS = 300
#: Most whole numbers that have a bin each.
WHOLE = 40


def thinned(series: Series, columns: int = COLUMNS) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Trajectory, mean, minimum and maximum of at most `columns` consecutive parts of a series."""
    parts = np.array_split(np.arange(len(series)), min(columns, len(series)))
    x = np.array([series.trajectories[part].mean() for part in parts])
    values = [series.values[part] for part in parts]
    return (
        x,
        np.array([part.mean() for part in values]),
        np.array([part.min() for part in values]),
        np.array([part.max() for part in values]),
    )


def history_chart(series: Series, cut: int, mean: float | None, error: float | None, unit: str, label: str) -> Chart:
    """Value against trajectory: the part left out shaded, the mean with its error, the spread behind each point."""
    x, middle, low, high = thinned(series)
    end = float(max(series.trajectories[-1], 1))
    start = min(0.0, float(series.trajectories[0]))
    layers: list[Layer] = [Span(start, min(float(cut), end))] if cut > start else []
    if len(series) > COLUMNS:
        layers.append(Cloud(x, low, high))
    layers.append(Line(x, middle))
    if mean is not None and error is not None:
        layers.append(Band(max(float(cut), start), end, mean, error))
    return Chart(f"history of {label}", unit, label, layers, (start, end), padded(series.values))


def bin_edges(values: FloatArray, count: int) -> FloatArray:
    """Edges of `count` bins from the smallest to the largest value.

    Whole numbers: bins of width 1 centred on them, or of a whole width where the range is wider than `WHOLE`, so that
    every bin holds equally many of them.
    """
    low, high = float(np.min(values)), float(np.max(values))
    if are_whole(values):
        span = round(high - low) + 1
        width = 1 if span <= WHOLE else math.ceil(span / count)
        return np.asarray(round(low) - 0.5 + width * np.arange(math.ceil(span / width) + 1.0))
    if low == high:
        low, high = padded(values)
    return np.linspace(low, high, count + 1)


def are_whole(values: FloatArray) -> bool:
    """Whether all values are integers but for rounding."""
    return bool(np.all(np.abs(values - np.rint(values)) < 1e-9) and np.max(np.abs(values)) < 1e9)


def whole_ticks(limits: tuple[float, float]) -> list[float]:
    """The whole numbers among the round ones."""
    return [value for value in ticks(*limits, 4) if abs(value - round(value)) < 1e-9]


def histogram_chart(values: FloatArray, label: str, centre: float | None = None) -> Chart:
    """Distribution of the values used; `centre`: an upright line at a value of interest."""
    edges = bin_edges(values, int(np.clip(math.sqrt(len(values)), 8, 40)))
    counts, _ = np.histogram(values, bins=edges)
    limits = padded(edges)
    layers: list[Layer] = [Bars(edges, counts.astype(np.float64))]
    if centre is not None and limits[0] < centre < limits[1]:
        layers.append(Rule(x=centre))
    top = (0.0, float(counts.max()) * 1.08)
    marks = whole_ticks(limits) if are_whole(values) else None
    return Chart(f"histogram of {label}", label, "measurements", layers, limits, top, width=260, x_ticks=marks)


def autocorrelation_chart(gamma: GammaResult, label: str, unit: str) -> Chart:
    """Normalised autocorrelation with errors (hep-lat/0409106) and the summation window."""
    rho, errors = gamma.rho, rho_errors(gamma)
    t = np.arange(len(rho), dtype=np.float64)
    low = max(min(-0.1, float((rho - errors).min())), -1.0)
    limits = (0.0, max(float(len(rho) - 1), 1.0))
    return Chart(
        f"autocorrelation of {label}",
        f"lag t ({unit})",
        "rho(t)",
        [
            Span(0.0, float(gamma.window)),
            Cloud(t, np.clip(rho - errors, low, 1.05), np.clip(rho + errors, low, 1.05)),
            Rule(y=0.0),
            Line(t, rho),
        ],
        limits,
        (low, 1.05),
        note=f"window W = {gamma.window}, tau_int = {compact(gamma.tau_int, gamma.tau_int_error)}",
        width=280,
    )


def acceptance_chart(series: Series, cut: int, mean: float | None, error: float | None, unit: str) -> Chart:
    """Of what jumps between 0 and 1 the mean over a moving window, and the mean of all so far after the cut."""
    values = series.values
    size = max(10, len(values) // 25)
    total = np.concatenate([[0.0], np.cumsum(values)])
    upper = np.arange(1, len(values) + 1)
    lower = np.maximum(upper - size, 0)
    moving = Series(series.name, series.source, series.trajectories, (total[upper] - total[lower]) / (upper - lower))
    used = series.after(cut)
    so_far = Series("", "", used.trajectories, np.cumsum(used.values) / np.arange(1, len(used) + 1))
    end = float(max(series.trajectories[-1], 1))
    layers: list[Layer] = [Span(0.0, min(float(cut), end))] if cut > 0 else []
    layers.append(Line(*thinned(moving)[:2], label=f"mean of the last {size}"))
    if len(used):
        layers.append(Line(*thinned(so_far)[:2], label="mean since the cut", color=2, dash=1))
    if mean is not None and error is not None:
        layers.append(Band(float(cut), end, mean, error))
    return Chart("running acceptance", unit, "acceptance", layers, (0.0, end), (0.0, 1.0))


def lag_unit(item: Estimate, unit: str) -> str:
    """What the lags of an autocorrelation function count."""
    return plural(unit) if item.interval == 1 else f"measurements, every {item.interval}"
