"""Curves between the points of a scan, as figures with the points that were measured."""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.scan.groups import place
from lqcdnn.analyze.scan.result import ScanAnalysis
from lqcdnn.report.charts.chart import Chart, Cloud, Layer, Line, Points, Rule, padded
from lqcdnn.report.figures import Figure
from lqcdnn.report.terminal.table import shown_name


def curve_figures(scan: ScanAnalysis) -> list[Figure]:
    """Every quantity that has a curve."""
    names = dict.fromkeys(name for found in scan.curves for name in found.curves)
    return [Figure("Between the points", f"{shown_name(name)} reweighted", [_chart(scan, name)]) for name in names]


def _chart(scan: ScanAnalysis, name: str) -> Chart:
    """The curve of each line of the grid with its error, the runs, and the peaks and zeros along it."""
    clouds: list[Layer] = []
    layers: list[Layer] = []
    xs, ys = [], []
    drawn = [found for found in scan.curves if name in found.curves]
    several = len(drawn) > 1
    for color, found in enumerate(drawn):
        x, (y, errors) = np.array(found.x), np.array(found.curves[name]).T
        label = place(found.where) or "reweighted"
        clouds.append(Cloud(x, y - errors, y + errors, color if several else None))
        layers.append(Line(x, y, label, color, dash=color))  # dashes are told apart in grey, too
        measured = _measured(scan, name, found.where)
        for fit in scan.fits:
            if fit.along_curve and fit.request.series == name and fit.where == found.where:
                layers.append(Rule(x=fit.parameters[0].value))
        if measured:
            places, means, spreads = (np.array(numbers) for numbers in zip(*measured, strict=True))
            title = "" if several else "measured"
            layers.append(Points(places, means, spreads, title, color if several else 1, joined=False))
            xs.append(places)
            ys += [means - spreads, means + spreads]
        xs.append(x)
        ys += [y - errors, y + errors]
    limits = padded(np.concatenate(xs), 0.05), padded(np.concatenate(ys))
    label = shown_name(name)
    return Chart(f"{label} by multi-histogram reweighting", drawn[0].x_name, label, [*clouds, *layers], *limits)


def _measured(scan: ScanAnalysis, name: str, where: object) -> list[tuple[float, float, float]]:
    """Coupling, mean value and error of the runs on one line."""
    key = next((key for key, short in scan.names.items() if short == scan.curves[0].x_name), None)
    found: list[tuple[float, float, float]] = []
    if key is None:  # the coupling is the same everywhere
        return found
    for point, analysis in scan.analysed:
        here = {short: point.values[other] for other, short in scan.names.items() if short in _keys(where)}
        item = analysis.get(name)
        if here == where and item is not None and item.mean is not None:
            found.append((float(point.values[key]), item.mean, item.error or 0.0))
    return found


def _keys(where: object) -> list[str]:
    return list(where) if isinstance(where, dict) else []
