"""Several runs beside each other, as figures and as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from lqcdnn.analyze.comparison import shared_setup
from lqcdnn.analyze.data.series import is_effort
from lqcdnn.analyze.result import CONVENTION, Analysis, Estimate
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.report.charts.chart import Chart, Layer, Line, Points, Rule, padded
from lqcdnn.report.charts.series import are_whole, bin_edges, lag_unit, whole_ticks
from lqcdnn.report.charts.vectors import Vector, axis_of, components, points, points_chart, vectors
from lqcdnn.report.figures import Figure
from lqcdnn.report.pages.analysis import figure_html, setup_html
from lqcdnn.report.pages.style import page, table
from lqcdnn.report.terminal.compare import comparison_rows, named_estimates
from lqcdnn.report.terminal.table import headline, shown_name


def comparison_page(analyses: Sequence[Analysis], notes: Sequence[str] = ()) -> str:
    """The whole page: mean values side by side, distributions and autocorrelation over each other.

    Parameters
    ----------
    analyses
        Two or more.
    notes
        Further plain text, shown as it is: costs, verdicts.
    """
    rows = comparison_rows(analyses)
    body = [
        *(f'<p class="soft">{escape(headline(one))}.</p>' for one in analyses),
        setup_html(shared_setup([one.setup for one in analyses]), "What is the same"),
        _differences(analyses),
        "<h2>Mean values</h2>",
        table(rows[0], rows[1:], len(rows[0])),
        f'<p class="soft">{escape(CONVENTION)}.</p>',
        *(f"<pre>{escape(note)}</pre>" for note in notes),
        "<h2>Figures</h2>",
        *map(figure_html, comparison_figures(analyses)),
    ]
    return page(f"Comparison of {', '.join(one.source for one in analyses)}", body)


def _differences(analyses: Sequence[Analysis]) -> str:
    """What differs between the runs, a line for each of them under every heading; nothing where nothing does."""
    shared = shared_setup([one.setup for one in analyses])
    names = [name for name in dict.fromkeys(name for one in analyses for name in one.setup) if name not in shared]
    lines = {name: "\n".join(f"{one.source}: {one.setup.get(name, '-')}" for one in analyses) for name in names}
    return setup_html(lines, "What differs")


def comparison_figures(analyses: Sequence[Analysis]) -> list[Figure]:
    """For every series that two runs have: mean values, distributions, autocorrelation; and lists over each other."""
    found = []
    hidden = {name for one in analyses for name in components(one.observables)}
    columns = named_estimates(analyses)
    for name in dict.fromkeys(name for column in columns for name in column):
        items = [(i, column[name]) for i, column in enumerate(columns) if name in column]
        items = [(i, item) for i, item in items if item.gamma is not None and not item.gamma.constant]
        if len(items) > 1 and name not in hidden and not is_effort(name):
            charts = [_means(analyses, items), _distributions(analyses, items), _autocorrelations(items)]
            found.append(Figure("Figures", shown_name(name), charts if name != "accepted" else charts[::2]))
    return [*found, *_lists(analyses)]


def _means(analyses: Sequence[Analysis], items: Sequence[tuple[int, Estimate]]) -> Chart:
    """One point with its error for each run."""
    layers: list[Layer] = []
    ends: list[float] = []
    for i, item in items:
        mean, error = item.mean or 0.0, item.error or 0.0
        label = analyses[i].source
        layers.append(Points(np.array([i + 1.0]), np.array([mean]), np.array([error]), label, i, joined=False))
        ends += [mean - error, mean + error]
    name = shown_name(items[0][1].name)
    limits = (0.5, len(analyses) + 0.5)
    places = [float(i + 1) for i in range(len(analyses))]
    return Chart(f"mean of {name}", "run", name, layers, limits, padded(np.array(ends), 0.3), width=240, x_ticks=places)


def _distributions(analyses: Sequence[Analysis], items: Sequence[tuple[int, Estimate]]) -> Chart:
    """Normalised histograms as steps."""
    used = {i: item.series.after(analyses[i].thermalization.trajectory).values for i, item in items}
    everything = np.concatenate(list(used.values()))
    bins = int(np.clip(np.sqrt(min(map(len, used.values()))), 8, 30))
    edges = bin_edges(everything, bins)
    layers: list[Layer] = []
    top = 0.0
    for i, values in used.items():
        density, _ = np.histogram(values, bins=edges, density=True)
        layers.append(Line(np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(density, 2), [0.0]]), "", i))
        top = max(top, float(density.max()))
    name = shown_name(items[0][1].name)
    limits = padded(edges)
    marks = whole_ticks(limits) if are_whole(everything) else None
    return Chart(
        f"distribution of {name}", name, "density", layers, limits, (0.0, 1.08 * top), width=320, x_ticks=marks
    )


def _autocorrelations(items: Sequence[tuple[int, Estimate]]) -> Chart:
    """rho(t) of each run, up to the end of the shortest."""
    found: list[tuple[int, FloatArray]] = [(i, item.gamma.rho) for i, item in items if item.gamma is not None]
    count = min(len(rho) for _, rho in found)
    t = np.arange(count, dtype=np.float64)
    layers: list[Layer] = [Rule(y=0.0), *(Line(t, rho[:count], "", i) for i, rho in found)]
    low = min(-0.1, *(float(rho[:count].min()) for _, rho in found))
    unit = lag_unit(items[0][1], "trajectory")
    name = shown_name(items[0][1].name)
    limits = (0.0, max(count - 1.0, 1.0))
    return Chart(f"autocorrelation of {name}", f"lag t ({unit})", "rho(t)", layers, limits, (low, 1.05), width=320)


def _lists(analyses: Sequence[Analysis]) -> list[Figure]:
    """Correlators and profiles of all runs in one chart."""
    every = [{vector.name: vector for vector in vectors(one.observables) if vector.measured} for one in analyses]
    found = []
    for name in dict.fromkeys(name for column in every for name in column):
        present: list[tuple[int, Vector]] = [(i, column[name]) for i, column in enumerate(every) if name in column]
        if len(present) > 1 and all(len(v.curves) == 1 and not v.constant for _, v in present):
            axes = [axis_of(v, analyses[i]) for i, v in present]
            curves = [
                points(v.estimates, axis, analyses[i].source, i) for axis, (i, v) in zip(axes, present, strict=True)
            ]
            found.append(Figure("Figures", name, [points_chart(name, axes[0].label, curves)]))
    return found
