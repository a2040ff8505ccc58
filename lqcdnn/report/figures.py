"""All figures of an analysis, in the order in which they are shown, for the page and for `--plot` alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import Series, is_effort
from lqcdnn.analyze.result import Analysis, Estimate
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.report.charts.averages import average_charts
from lqcdnn.report.charts.chart import Chart, Cloud, Layer, Line, log_range, padded
from lqcdnn.report.charts.series import (
    COLUMNS,
    acceptance_chart,
    autocorrelation_chart,
    histogram_chart,
    history_chart,
    lag_unit,
    thinned,
)
from lqcdnn.report.charts.vectors import components, fit_charts, vector_charts
from lqcdnn.report.terminal.table import shown_name, update_estimates

MOST_WEIGHTS, MOST_LABELS = 200, 12
"""Most lines of weights in a chart, and most that have a label."""


@dataclass(frozen=True)
class Figure:
    """Charts side by side.

    Attributes
    ----------
    group
        Heading it stands under.
    name
        Of the series; also names the file.
    charts
        From left to right.
    """

    group: str
    name: str
    charts: Sequence[Chart] = field(repr=False)


def figures(analysis: Analysis) -> list[Figure]:
    """Every figure there is data for: observables, lists, update, solver, training."""
    unit = "trajectory" if analysis.kind != "series" else "row"
    # the series of replicas stand one behind the other and are cut already
    cut = 0 if analysis.kind == "replicas" else analysis.thermalization.trajectory
    in_lists = components(analysis.observables)
    varying = [item for item in analysis.observables if _varies(item) and item.name not in in_lists]
    found = [
        *(_series("Observables", item, cut, unit) for item in varying if not is_effort(item.name)),
        *(Figure("Correlators and profiles", name, [chart]) for name, chart in vector_charts(analysis)),
        *(_series("Derived quantities", item, cut, unit) for item in analysis.derived if _varies(item)),
        *(Figure("Fits", name, [chart]) for name, chart in fit_charts(analysis)),
        *(Figure("Fits", fit.name, average_charts(fit)) for fit in analysis.fits if fit.models),
        *(_update(item, cut, unit) for item in update_estimates(analysis) if _varies(item)),
        *(_effort(analysis, item, unit) for item in analysis.effort if len(item) > 1),
    ]
    return [*found, *_training(analysis.history)]


def _varies(item: Estimate) -> bool:
    return item.gamma is not None and not item.gamma.constant


def _series(group: str, item: Estimate, cut: int, unit: str, centre: float | None = None) -> Figure:
    """History, distribution, autocorrelation."""
    name = shown_name(item.name)
    charts = [
        history_chart(item.series, cut, item.mean, item.error, unit, name),
        histogram_chart(item.series.after(cut).values, name, centre),
    ]
    if item.gamma is not None:
        charts.append(autocorrelation_chart(item.gamma, name, lag_unit(item, unit)))
    return Figure(group, name, charts)


def _update(item: Estimate, cut: int, unit: str) -> Figure:
    """dH and exp(-dH) as they are; of the acceptance, which jumps between 0 and 1, the running mean."""
    if item.name != "accepted" or item.gamma is None:
        return _series("Update", item, cut, unit, {"dH": 0.0, "exp_minus_dH": 1.0}.get(item.name))
    running = acceptance_chart(item.series, cut, item.mean, item.error, unit)
    return Figure(
        "Update", "acceptance", [running, autocorrelation_chart(item.gamma, "acceptance", lag_unit(item, unit))]
    )


def _effort(analysis: Analysis, item: Series, unit: str) -> Figure:
    """Work of solver and replicas: history and distribution; the mean where it is among the observables."""
    label = f"{item.name} for a {unit}" if item.name == "cg_iterations" else item.name
    cut = analysis.thermalization.trajectory
    known = next((one for one in analysis.observables if one.name == item.name), None)
    mean, error = (None, None) if known is None else (known.mean, known.error)
    history = history_chart(item, cut, mean, error, unit, label)
    used = item.after(cut)
    group = "Update" if item.name == "others_accepted" else "Solver"
    return Figure(group, item.name, [history, histogram_chart((used if len(used) else item).values, item.name)])


def _training(history: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    """Loss, S_theta - S and weights against the samples: `train.batch` of them make an optimizer step."""
    every = (_loss(history), _difference(history), _weights(history), _couplings(history))
    charts = [chart for chart in every if chart is not None]
    if charts:
        yield Figure("Training", "training", charts)


def _column(history: Sequence[dict[str, Any]], key: str) -> Series | None:
    """A number of the history as a series over the samples; None with fewer than two."""
    records = [
        (record.get("step", i), record[key])
        for i, record in enumerate(history, start=1)
        if isinstance(record.get(key), int | float)
    ]
    if len(records) < 2:
        return None
    steps, values = zip(*records, strict=True)
    return Series(key, "", np.array(steps, dtype=np.int64), np.array(values, dtype=np.float64))


def _loss(history: Sequence[dict[str, Any]]) -> Chart | None:
    found = _column(history, "loss")
    if found is None or not np.any(found.values > 0.0):
        return None
    width = max(len(found) // 25, 1)
    smooth = np.convolve(found.values, np.full(width, 1.0 / width), mode="valid")
    mean = Series("mean", "", found.trajectories[width - 1 :], smooth)
    # a single sample may come out at zero by chance; such dips are not what the picture is about
    low = max(float(smooth.min()) / 20.0, 1e-300)
    x, middle, least, most = thinned(found)
    layers: list[Layer] = [Cloud(x, np.maximum(least, low), np.maximum(most, low))] if len(found) > COLUMNS else []
    layers.append(Line(x, np.maximum(middle, low), "each sample" if not layers else "", 5, 0))
    layers.append(Line(*thinned(mean)[:2], f"mean of {width}", 0))
    limits = log_range(np.array([max(low, float(found.values.min())), float(found.values.max())]))
    what = "|F_theta - F|^2 / 2" if history[-1].get("compared") == "force" else "(S_theta - S)^2 / 2"
    return Chart("training loss", "sample", f"loss {what}", layers, _ends(found), limits, log=True)


def _difference(history: Sequence[dict[str, Any]]) -> Chart | None:
    found = _column(history, "difference")
    if found is None:
        return None
    chart = history_chart(found, 0, None, None, "sample", "S_theta - S")
    return Chart(chart.title, chart.x_label, chart.y_label, chart.layers, _ends(found), chart.y_range, width=300)


def _weights(history: Sequence[dict[str, Any]]) -> Chart | None:
    """A line for each weight, or some of very many: colour counts those of a layer, line style the layers."""
    stored = [
        (record.get("step", i), record["weights"]) for i, record in enumerate(history, 1) if record.get("weights")
    ]
    if len(stored) < 2:
        return None
    steps = np.array([step for step, _ in stored], dtype=np.int64)
    layers: list[Layer] = []
    values = []
    tables = [np.array([np.ravel(weights[n]) for _, weights in stored], float) for n in range(len(stored[0][1]))]
    count = sum(table.shape[1] for table in tables)
    for number, table in enumerate(tables):
        shown = table[:, :: -(-count // MOST_WEIGHTS)]
        values.append(shown.ravel())
        for k, column in enumerate(shown.T):
            label = f"layer {number + 1}, {k + 1}" if count <= MOST_LABELS else ""
            layers.append(Line(*thinned(Series("", "", steps, column), 100)[:2], label, k, number))
    limits = padded(np.concatenate(values))
    return Chart("weights", "sample", "weights", layers, (float(steps[0]), float(steps[-1])), limits)


def _couplings(history: Sequence[dict[str, Any]]) -> Chart | None:
    """Trained couplings less what they have come to, without the first tenth of the samples."""
    known = [(i, record) for i, record in enumerate(history, 1) if "couplings" in record]
    kept = [(record.get("step", i), record["couplings"]) for i, record in known]
    stored = kept[len(kept) // 10 :]
    names = [name for name in stored[0][1] if name != "constant"] if len(stored) > 1 else []
    if not names:
        return None
    steps = np.array([step for step, _ in stored], dtype=np.int64)
    values: FloatArray = np.array([[couplings[name] for name in names] for _, couplings in stored], dtype=np.float64)
    values = values - values[-1]
    layers: list[Layer] = [
        Line(*thinned(Series("", "", steps, values[:, k]), 100)[:2], name, k, 0) for k, name in enumerate(names)
    ]
    ends = (float(steps[0]), float(steps[-1]))
    return Chart("couplings", "sample", "coupling less its last value", layers, ends, padded(values.ravel()))


def _ends(series: Series) -> tuple[float, float]:
    return float(series.trajectories[0]), float(series.trajectories[-1])
