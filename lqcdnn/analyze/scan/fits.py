"""Fits over the points of a scan: tau_int against a coupling or a correlation length, finite size, zeros, peaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import listing
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.scan.curves import KEY, Line
from lqcdnn.analyze.scan.fluctuations import Number, combined, of_estimate
from lqcdnn.analyze.scan.groups import SEED, full_key, groups, on_every_line
from lqcdnn.analyze.scan.peaks import CURVE_KINDS, follow
from lqcdnn.analyze.scan.result import Parameter, PointResult, ScanFit
from lqcdnn.analyze.scan.scaling import (
    LineFit,
    critical_slowing_down,
    exponential_slowing_down,
    finite_size,
    peak,
    zero,
)
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.scanfits import ScanFitRequest
from lqcdnn.errors import InputError

#: Step of the numerical derivatives of parameters, in errors of what is fitted.
STEP = 1e-3


@dataclass(frozen=True)
class Pair:
    """One point of a fit: its name, and x and y with what their errors come from; x of a grid has no error."""

    point: str
    x: Number
    y: Number
    dx: float
    dy: float


@dataclass(frozen=True)
class Law:
    """A fitted function: in words, its parameters with errors, how good it is, and itself."""

    formula: str
    parameters: tuple[tuple[str, float, float], ...]
    chi2: float
    dof: int
    probability: float | None
    curve: Callable[[FloatArray], FloatArray]


def scan_fits(
    request: ScanFitRequest,
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    lines: Sequence[tuple[Line, Sequence[float]]],
    notes: list[str],
) -> list[ScanFit]:
    """Do what a request asks for, on every line of the grid along X.

    Parameters
    ----------
    request
        What to fit against what.
    points
        Of the scan; those without an analysis, or where a number of the fit has no error, are left out.
    keys
        Short name of each key of the grid.
    lines
        Ensembles of a reweighted scan, with the places of their curves; peaks and zeros along beta then follow these.
    notes
        Gets a sentence for each point that is left out because it lacks a series, and for each line that cannot be
        fitted.

    Raises
    ------
    InputError
        Naming the request: no such series, X no key in a grid of several, numbers that cannot be fitted on any line.
    """
    along = full_key(request.x, keys)
    try:
        fixed = along if along is not None else next((key for key in keys if key != SEED), None)
        if along is None and len(groups(points, keys, fixed)) > 1:
            raise InputError(
                f"{request.x} is no key of the grid, which has several: fits go along one of them",
                hint=f"keys: {', '.join(keys.values())}; or make a scan over one key",
            )
        _check_known(request, points, keys)

        def on_line(where: dict[str, Any], members: list[PointResult]) -> ScanFit:
            line = next((pair for pair in lines if dict(pair[0].where) == where), None)
            return _on_line(request, where, members, keys, line if along == KEY else None, notes)

        return on_every_line(request.name, groups(points, keys, fixed), on_line, notes)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def _on_line(
    request: ScanFitRequest,
    where: Mapping[str, Any],
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    line: tuple[Line, Sequence[float]] | None,
    notes: list[str],
) -> ScanFit:
    """The fit to the points of one line, or along its curve."""
    along_curve = line is not None and request.kind in CURVE_KINDS
    pairs = _pairs(request, points, keys, [] if along_curve else notes)
    x = tuple((pair.x.value, pair.dx) for pair in pairs)
    y = tuple((pair.y.value, pair.dy) for pair in pairs)
    names = tuple(pair.point for pair in pairs)
    if along_curve and line is not None:
        ensemble, places = line
        inside = [beta for beta in places if request.holds(beta)]
        curve = ensemble.curve(request.series)
        found = follow(request.kind, curve, inside, ensemble.method)
        return ScanFit(request, where, names, x, y, found.formula, found.parameters, None, None, None, found.drawn)
    law = _law(request, pairs)
    parameters = tuple(
        Parameter(name, value, error, None, number)
        for (name, value, error), number in zip(law.parameters, _numbers(request, pairs, law), strict=True)
    )
    grid = np.linspace(min(value for value, _ in x), max(value for value, _ in x), 100)
    drawn = grid, law.curve(grid)
    return ScanFit(request, where, names, x, y, law.formula, parameters, law.chi2, law.dof, law.probability, drawn)


def _check_known(request: ScanFitRequest, points: Sequence[PointResult], keys: Mapping[str, str]) -> None:
    """Refuse names that no point knows."""
    known = dict.fromkeys(item.name for point in points if point.analysis for item in point.analysis.estimates)
    hint = f"series: {listing(known)}"
    if request.series not in known:
        raise InputError(f"no point has a series {request.series}", hint=hint)
    if full_key(request.x, keys) is None and request.x not in known:
        raise InputError(f"{request.x} is neither a key of the grid nor a series of any point", hint=hint)


def _pairs(
    request: ScanFitRequest, points: Sequence[PointResult], keys: Mapping[str, str], notes: list[str]
) -> list[Pair]:
    """What can be fitted, within the range."""
    wanted = [request.series] if full_key(request.x, keys) else [request.series, request.x]
    found = []
    for point in points:
        if point.analysis is None:
            continue
        estimates = {item.name: item for item in point.analysis.estimates}
        lacking = next((name for name in wanted if name not in estimates), None)
        if lacking is not None:
            notes.append(f"{point.name}: left out of the fit {request.name}: it has no series {lacking}")
            continue
        x = _position(request.x, point, estimates, keys)
        y = _fitted(request, point.name, estimates[request.series])
        if x is not None and y is not None and request.holds(x[0].value):
            found.append(Pair(point.name, x[0], y[0], x[1], y[1]))
    return found


def _fitted(request: ScanFitRequest, point: str, item: Estimate) -> tuple[Number, float] | None:
    """What is fitted at one point, and its error; None where it has none."""
    if not request.kind.startswith("tau_"):
        if item.mean is None or item.error is None or not item.error > 0.0:
            return None
        return Number(item.mean, of_estimate(point, item).runs), item.error
    return autocorrelation(point, item)


def autocorrelation(point: str, item: Estimate) -> tuple[Number, float] | None:
    """tau_int at one point in trajectories, and its error; None where it has none."""
    value, error = item.tau_int_trajectories, item.tau_int_error_trajectories
    if value is None or error is None or not error > 0.0:
        return None
    return Number(value, single={f"tau_int of {item.name} in {point}": error}), error


def _position(
    x: str, point: PointResult, estimates: Mapping[str, Estimate], keys: Mapping[str, str]
) -> tuple[Number, float] | None:
    """Where a point stands: a value of the grid, which has no error, or what was measured there, None without error."""
    key = full_key(x, keys)
    if key is not None:
        return Number(key_number(point.values[key], key)), 0.0
    item = estimates[x]
    return None if item.mean is None or item.error is None else (of_estimate(point.name, item), item.error)


def key_number(value: Any, key: str) -> float:
    """A number of the grid; a lattice of equal extents counts as its extent."""
    if isinstance(value, list | tuple) and value and len(set(value)) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"the values of {key} are not numbers")
    return float(value)


def _law(request: ScanFitRequest, pairs: Sequence[Pair], shift: tuple[int, str, float] | None = None) -> Law:
    """The fit; `shift` moves "x" or "y" of one pair."""
    x, dx, y, dy = (np.array([getattr(pair, name) for pair in pairs]) for name in ("x", "dx", "y", "dy"))
    x, y = (np.array([number.value for number in numbers]) for numbers in (x, y))
    if len(set(x)) < 2:
        within = "" if math.isinf(request.low) else f" between {request.low:g} and {request.high:g}"
        raise InputError(f"the fit needs two points or more with different {request.x}{within}")
    if shift is not None:
        {"x": x, "y": y}[shift[1]][shift[0]] += shift[2]
    name, kind = request.x, request.kind
    if kind == "peak":
        top = peak(x, y, dy, dx)
        found = (("x0", top.position, top.position_error), ("height", top.height, top.height_error))
        formula, quality = f"height - a ({name} - x0)^2", (top.chi2, top.dof, top.probability)
        return Law(formula, found, *quality, lambda at: top.height + top.curvature * (at - top.position) ** 2)
    if kind == "finite_size":
        power = request.numbers[0]
        line = finite_size(x, y, dy, power, dx)
        return _of_line(line, f"A + b {name}^-{power:g}", "A", "b", lambda at: line.constant + line.slope * at**-power)
    if kind == "zero":
        line = zero(x, y, dy, dx)
        return _of_line(line, f"b ({name} - x0)", "x0", "b", lambda at: line.slope * (at - line.constant))
    if kind == "tau_power":
        line = critical_slowing_down(x, y, dy, dx)
        return _of_line(line, f"c {name}^z", "c", "z", lambda at: line.constant * at**line.slope)
    line = exponential_slowing_down(x, y, dy, dx)
    return _of_line(line, f"c exp(b {name})", "c", "b", lambda at: line.constant * np.exp(line.slope * at))


def _of_line(
    line: LineFit, formula: str, constant: str, slope: str, curve: Callable[[FloatArray], FloatArray]
) -> Law:
    parameters = ((constant, line.constant, line.constant_error), (slope, line.slope, line.slope_error))
    return Law(formula, parameters, line.chi2, line.dof, line.probability, curve)


def _numbers(request: ScanFitRequest, pairs: Sequence[Pair], law: Law) -> list[Number]:
    """The parameters as functions of what was fitted: central differences of the fit at fixed errors."""
    terms: list[list[tuple[float, Number]]] = [[] for _ in law.parameters]
    for i, pair in enumerate(pairs):
        for axis, number, error in (("x", pair.x, pair.dx), ("y", pair.y, pair.dy)):
            if not error > 0.0:
                continue
            step = STEP * error
            up, down = (_law(request, pairs, (i, axis, shift)).parameters for shift in (step, -step))
            for found, high, low in zip(terms, up, down, strict=True):
                found.append(((high[1] - low[1]) / (2.0 * step), number))
    return [combined(value, found) for (_, value, _), found in zip(law.parameters, terms, strict=True)]
