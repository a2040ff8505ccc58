"""Observables that are lists of numbers: correlators, flow, loops, distributions, each with its x axis.

An observable names its x axis by describing itself with an increasing list of the same length, as ``flow`` does with
``flow_time``. Else the axis is known here by the name of the observable, or counts the components from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lqcdnn.analyze.result import Analysis, Estimate, FitPicture
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.tables.observables import prefix_of
from lqcdnn.report.charts.chart import Chart, Layer, Line, Points, Rule, log_range, padded

#: Fewer components than this make no picture.
FEWEST = 3
#: A list of more numbers than this is long: tables for the terminal give its mean values alone.
LONG = 6
#: Ratio of the largest to the smallest value from which on positive values are drawn on a logarithmic scale.
STEEP = 10.0
#: Errors that the largest of them must be away from 0.
SIGNIFICANT = 3.0
#: Most curves of one picture.
CURVES = 6
_COEFFICIENTS = re.compile(r"(?:.+_)?quark_(?:propagator|vertex_[a-z_]+)")
_COMPONENT = re.compile(r"(.+?)\.(\d+)(?:\.(\d+))?")


class Axis(NamedTuple):
    """Name of an x axis, positions of n components, name and values of the index that numbers several curves."""

    label: str
    positions: Callable[[int], FloatArray]
    curve: str = "component"
    values: tuple[float, ...] = ()

    def curve_label(self, number: str) -> str:
        """What a legend says of a curve; a single one has no number."""
        if number and int(number) <= len(self.values):
            number = f"{self.values[int(number) - 1]:g}"
        return f"{self.curve} = {number}" if number else ""


def _from(first: int) -> Callable[[int], FloatArray]:
    return lambda n: np.arange(first, first + n, dtype=np.float64)


def _at(positions: FloatArray) -> Callable[[int], FloatArray]:
    return lambda n: positions[:n]


_TIME = Axis("t (lattice units)", _from(0))
AXES = {
    "pion": _TIME,
    "midpoint": _TIME,
    "charge_correlator": _TIME,
    "plaquette_correlator": _TIME,
    "wilson_loop": Axis("T (lattice units)", _from(1), "R"),
    "wilson_loop_space": Axis("S (lattice units)", _from(1), "R"),
    "histogram": Axis("Re tr P / N", lambda n: -1.0 + (2.0 * np.arange(n) + 1.0) / n),
}
"""Axes of observables that do not write one."""
CORRELATORS = (
    "meson_", "baryon_", "static_light_", "glueball_", "distilled_", "vector_correlator_", "higgs_scalar",
    "higgs_vector",
)  # fmt: skip
"""Begin of the names of correlators in time, lists or matrices of lists, that do not write an axis either."""
FIT_AXES = {
    "connected": _TIME,
    "effective": _TIME,
    "effective_oscillating": _TIME,
    "gevp": _TIME._replace(curve="state"),
    "effective_exponential": _TIME,
    "effective_pcac": _TIME,
    "ratio": _TIME,
    "effective_bag": _TIME,
    "creutz": AXES["wilson_loop"],
    "anisotropy": Axis("y (lattice units)", _from(1), "x"),
    **dict.fromkeys(
        ("quark_field", "quark_mass", "rimom", "rismom", "msbar", "msbar_gamma"),
        Axis("number of the momentum", _from(1)),
    ),
}
"""Axes of quantities found point by point, by the kind of the fit."""


@dataclass(frozen=True)
class Vector:
    """A list of mean values.

    Attributes
    ----------
    name
        Of the observable's entry, "wilson_loop".
    curves
        For each first index (one entry without a number for a plain list) the estimates of its components.
    """

    name: str
    curves: dict[str, list[Estimate]]

    @property
    def length(self) -> int:
        """Components of the longest curve."""
        return max(map(len, self.curves.values()))

    @property
    def estimates(self) -> list[Estimate]:
        """All components."""
        return [item for curve in self.curves.values() for item in curve]

    @property
    def measured(self) -> bool:
        """Whether any component has a mean value; none has where the cut leaves no measurement."""
        return any(item.mean is not None for item in self.estimates)

    @property
    def constant(self) -> bool:
        """Whether it never varies: then it is an axis."""
        return all(item.gamma is not None and item.gamma.constant for item in self.estimates)


def vectors(estimates: Sequence[Estimate]) -> list[Vector]:
    """All lists of at least `FEWEST` numbers among series named NAME.1, NAME.2, ... or NAME.1.1, NAME.1.2, ..."""
    numbered = [(match, item) for item in estimates if (match := _COMPONENT.fullmatch(item.name))]
    numbered.sort(key=lambda pair: [int(number or 0) for number in pair[0].groups()[1:]])  # 2 before 10
    found: dict[str, dict[str, list[Estimate]]] = {}
    for match, item in numbered:
        name, one, two = match.groups()
        found.setdefault(name, {}).setdefault("" if two is None else one, []).append(item)
    every = [Vector(name, curves) for name, curves in found.items()]
    return [vector for vector in every if vector.length >= FEWEST]


def components(estimates: Sequence[Estimate]) -> set[str]:
    """Names of the series that are shown as parts of a list."""
    return {item.name for vector in vectors(estimates) for item in vector.estimates}


def matrices(found: Sequence[Vector]) -> dict[str, list[Vector]]:
    """The vectors KEY.1, KEY.2, ... that are rows of a square matrix of lists, KEY[i][j][t], by KEY."""
    rows: dict[str, list[Vector]] = {}
    for one in found:
        stem, _, number = one.name.rpartition(".")
        if number.isdecimal() and "" not in one.curves:
            rows.setdefault(stem, []).append(one)
    return {stem: group for stem, group in rows.items() if all(len(one.curves) == len(group) for one in group)}


def coefficients(vector: Vector) -> bool:
    """Whether these are parts of propagators or vertices, of which renormalisation constants are made."""
    return "" not in vector.curves and _COEFFICIENTS.fullmatch(vector.name) is not None


def long_lists(analyses: Iterable[Sequence[Estimate]]) -> dict[str, str]:
    """Names of the components of lists of more than `LONG` numbers, each with the name of its list."""
    every = (vector for estimates in analyses for vector in vectors(estimates) if len(vector.estimates) > LONG)
    return {item.name: vector.name for vector in every for item in vector.estimates}


def vector_charts(analysis: Analysis) -> list[tuple[str, Chart]]:
    """Name and chart of every list that varies, but for coefficients."""
    every = [vector for vector in vectors(analysis.observables) if vector.measured and not vector.constant]
    every = [vector for vector in every if not coefficients(vector)]
    return [(vector.name, vector_chart(vector, axis_of(vector, analysis))) for vector in every]


def fit_charts(analysis: Analysis) -> list[tuple[str, Chart]]:
    """Fits with their points; quantities found point by point (effective masses), each point at its own number."""
    found = []
    for fit in (one for one in analysis.fits if not one.models):
        if fit.picture is not None:
            found.append((fit.name, picture_chart(fit.text, fit.picture)))
            found += [(f"{fit.name}.{one.y_label}", picture_chart(fit.text, one)) for one in fit.picture.others]
            continue
        axis = FIT_AXES.get(parse_fit(fit.text).kind, Axis("point", _from(1)))
        for vector in vectors(fit.parameters):
            layers = []
            for color, (number, items) in enumerate(vector.curves.items()):
                at = np.array([float(item.name.rpartition(".")[2]) for item in items])
                layers.append(points(items, Axis("", _at(at)), axis.curve_label(number), color))
            chart = points_chart(vector.name, axis.label, layers[:CURVES])
            found.append((vector.name, replace(chart, title=fit.text)))
    return found


def picture_chart(title: str, picture: FitPicture) -> Chart:
    """The points of a fit, the fitted curve, and the place that was found."""
    dots = Points(picture.x, picture.y, picture.errors, joined=False)
    units = "" if picture.dimensionless else " (lattice units)"
    chart = points_chart(picture.y_label, f"{picture.x_label}{units}", [dots])
    layers: list[Layer] = [] if picture.mark is None else [Rule(x=picture.mark[0]), Rule(y=picture.mark[1])]
    if len(picture.grid):
        layers.append(Line(picture.grid, picture.curve, color=1))
        if not chart.log:  # a curve may go on beyond the points
            ends = [picture.y - picture.errors, picture.y + picture.errors, picture.curve]
            x_range = padded(np.concatenate([picture.x, picture.grid]), 0.03)
            chart = replace(chart, x_range=x_range, y_range=padded(np.concatenate(ends)))
    return replace(chart, title=title, layers=[*layers, dots])


def vector_chart(vector: Vector, axis: Axis) -> Chart:
    """Mean values with errors against the axis."""
    curves = list(vector.curves.items())
    layers = [points(items, axis, axis.curve_label(number), k) for k, (number, items) in enumerate(curves)]
    hidden = len(layers) - CURVES
    return points_chart(vector.name, axis.label, layers[:CURVES], f"{hidden} more not shown" if hidden > 0 else "")


def points(items: Sequence[Estimate], axis: Axis, label: str, color: int) -> Points:
    """One curve: the components that have a mean value."""
    x = axis.positions(len(items))
    y = np.array([np.nan if item.mean is None else item.mean for item in items])
    errors = np.array([0.0 if item.error is None else item.error for item in items])
    there = np.isfinite(y)
    return Points(x[there], y[there], errors[there], label, color)


def points_chart(name: str, x_label: str, layers: Sequence[Points], note: str = "") -> Chart:
    """Curves in one chart, logarithmic where positive values fall steeply from one that is no noise."""
    x, y = (np.concatenate([getattr(layer, key) for layer in layers]) for key in ("x", "y"))
    errors = np.concatenate([layer.errors for layer in layers if layer.errors is not None])
    top = y.argmax()
    log = bool(y.min() > 0.0 and y[top] > STEEP * y.min() and y[top] > SIGNIFICANT * errors[top])
    limits = log_range(y) if log else padded(np.concatenate([y - errors, y + errors]))
    whole = sorted(set(x.tolist())) if np.all(x == np.rint(x)) and np.ptp(x) <= 10.0 else None
    return Chart(name, x_label, name, layers, padded(x, 0.03), limits, log=log, note=note, x_ticks=whole)


def axis_of(vector: Vector, analysis: Analysis) -> Axis:
    """The axis an observable writes beside its list, the one known by its name, or a count."""
    source = vector.estimates[0].source
    name, positions = analysis.axes.get(vector.name) or analysis.axes.get(source, ("", ()))
    if len(vector.curves) == 1 and len(positions) == vector.length:
        return _written(name, positions)
    prefix = prefix_of(Path(source).stem)
    bare = vector.name.removeprefix(prefix)
    if not bare.startswith("flow_"):
        return _known(bare)
    # along the flow lists have one index more, the number of the flow time: in front, or in the name of Wilson loops
    inner, nested, _ = bare.removeprefix("flow_").partition(".")
    beside = analysis.axes.get(f"{vector.name}.")
    axis = _known(inner) if beside is None else _written(beside[0].removeprefix(f"{prefix}flow_"), beside[1])
    return axis if nested else axis._replace(curve="flow time", values=tuple(map(float, positions)))


def _written(name: str, positions: Sequence[float]) -> Axis:
    """An axis of a file."""
    return Axis(f"{name.replace('_', ' ')} (lattice units)", _at(np.array(positions)))


def _known(name: str) -> Axis:
    """By the name of the list without any prefix."""
    return AXES.get(name, _TIME if name.startswith(CORRELATORS) else Axis("component", _from(1)))
