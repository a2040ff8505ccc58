"""Averages over fits: the value and the weight of each fit against where it begins."""

from __future__ import annotations

import numpy as np

from lqcdnn.analyze.result import Fit, FitModel
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.report.charts.chart import Band, Chart, Layer, Points, padded

#: Most curves of one picture.
CURVES = 6
#: Part of the distance between places over which the curves are spread, so that errors do not hide each other.
SPREAD = 0.5


def average_charts(fit: Fit) -> list[Chart]:
    """First parameter of the fits with the average and its total error, and their weights, one curve for each choice.

    The axis is the first number that is a range, the curves are the choices of the others.
    """
    request = parse_fit(fit.text)
    axis, *others = [i for i, (a, b) in enumerate(zip(request.numbers, request.ends, strict=True)) if b > a]
    words = request.words
    curves: dict[str, list[FitModel]] = {}
    for one in sorted(fit.models, key=lambda model: model.numbers):
        label = ", ".join(f"{words[i]} = {one.numbers[i]:g}" for i in others)
        curves.setdefault(label, []).append(one)
    heaviest = sorted(curves, key=lambda label: -sum(one.weight for one in curves[label]))[:CURVES]
    shown = [label for label in curves if label in heaviest]
    values, weights = [], []
    for color, label in enumerate(shown):
        shift = SPREAD * ((color + 0.5) / len(shown) - 0.5)
        group = [one for one in curves[label] if one.means[0] is not None and one.errors[0] is not None]
        x = np.array([one.numbers[axis] + shift for one in group])
        y, errors = (np.array([getattr(one, key)[0] for one in group]) for key in ("means", "errors"))
        values.append(Points(x, y, errors, label, color, joined=False))
        weights.append(Points(x, np.array([one.weight for one in group]), None, label, color))
    limits = padded(np.array([request.numbers[axis], request.ends[axis]]), 0.08)
    note = f"{len(curves) - len(shown)} more not shown" if len(curves) > len(shown) else ""
    name, x_label = fit.parameters[0].name, words[axis]
    return [
        _value_chart(fit, values, limits, x_label, note),
        Chart(f"weights of {name}", x_label, "weight", weights, limits, padded(np.array([0.0, _largest(fit)])),
              note=note),
    ]  # fmt: skip


def _value_chart(
    fit: Fit, curves: list[Points], limits: tuple[float, float], x_label: str, note: str
) -> Chart:
    """Values with errors over a band, the average; fits with errors many times as large reach beyond the picture."""
    found = fit.parameters[0]
    mean, error = found.mean or 0.0, found.total_error or found.error or 0.0
    y, errors = (np.concatenate([getattr(one, key) for one in curves]) for key in ("y", "errors"))
    near = errors <= 10.0 * max(error, float(errors.min()))
    ends = np.concatenate([(y - errors)[near], (y + errors)[near], [mean - error, mean + error]])
    layers: list[Layer] = [Band(*limits, mean, error), *curves]
    return Chart(fit.text, x_label, found.name, layers, limits, padded(ends), note=note)


def _largest(fit: Fit) -> float:
    return max(one.weight for one in fit.models)
