"""Fits over the points of a scan: tau_int against a coupling or a correlation length, finite size, zeros."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.scaling import LineFit, critical_slowing_down, exponential_slowing_down, finite_size, zero
from lqcdnn.analyze.scanresult import PointResult, ScanFit
from lqcdnn.analyze.series import listing
from lqcdnn.config.fits import ScanFitRequest
from lqcdnn.errors import InputError

#: A number and its error.
Value = tuple[float, float]


def scan_fit(
    request: ScanFitRequest, points: Sequence[PointResult], keys: Mapping[str, str], notes: list[str]
) -> ScanFit:
    """Do what a request asks for.

    Parameters
    ----------
    request
        What to fit against what.
    points
        Of the scan; those without an analysis, or where a number of the fit has no error, are left out.
    keys
        Short name of each key of the grid.
    notes
        Gets a sentence for each point that is left out because it lacks a series.

    Raises
    ------
    InputError
        Naming the request: no such series, a grid of several keys, too few points, numbers that cannot be fitted.
    """
    try:
        if len(keys) > 1:
            raise InputError("the fit is one over the values of a single key", hint="make a scan over one key")
        used, pairs = _pairs(request, points, keys, notes)
        found = _line(request, pairs)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error
    x, y = (tuple(pair[i] for pair in pairs) for i in (0, 1))
    return ScanFit(request, used, x, y, found)


def _pairs(
    request: ScanFitRequest, points: Sequence[PointResult], keys: Mapping[str, str], notes: list[str]
) -> tuple[tuple[str, ...], list[tuple[Value, Value]]]:
    """Names of the points that can be fitted, and x and y of each."""
    analysed = [
        (point, {item.name: item for item in point.analysis.estimates})
        for point in points
        if point.analysis is not None
    ]
    known = dict.fromkeys(name for _, estimates in analysed for name in estimates)
    hint = f"series: {listing(known)}"
    wanted = [request.series]
    if request.series not in known:
        raise InputError(f"no point has a series {request.series}", hint=hint)
    if request.x not in (*keys, *keys.values()):
        wanted.append(request.x)
        if request.x not in known:
            raise InputError(f"{request.x} is neither a key of the grid nor a series of any point", hint=hint)
    names, pairs = [], []
    for point, estimates in analysed:
        lacking = next((name for name in wanted if name not in estimates), None)
        if lacking is not None:
            notes.append(f"{point.name}: left out of the fit {request.name}: it has no series {lacking}")
            continue
        x, y = _position(request.x, point, estimates, keys), _fitted(request, estimates[request.series])
        if x is not None and y is not None:
            names.append(point.name)
            pairs.append((x, y))
    return tuple(names), pairs


def _fitted(request: ScanFitRequest, item: Estimate) -> Value | None:
    """What is fitted at one point; None where it has no error."""
    value, error = item.mean, item.error
    if request.kind.startswith("tau_"):
        value, error = item.tau_int, item.tau_int_error
        scale = item.interval
        value, error = (None if number is None else number * scale for number in (value, error))
    return None if value is None or error is None or not error > 0.0 else (value, error)


def _position(x: str, point: PointResult, estimates: Mapping[str, Estimate], keys: Mapping[str, str]) -> Value | None:
    """Where a point stands: a value of the grid, which has no error, or what was measured there, None without error."""
    for key, short in keys.items():
        if x in (key, short):
            return _number(point.values[key], key), 0.0
    mean, error = estimates[x].mean, estimates[x].error
    return None if mean is None or error is None else (mean, error)


def _number(value: Any, key: str) -> float:
    """A number of the grid; a lattice of equal extents counts as its extent."""
    if isinstance(value, list | tuple) and value and len(set(value)) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"the values of {key} are not numbers")
    return float(value)


def _line(request: ScanFitRequest, pairs: Sequence[tuple[Value, Value]]) -> LineFit:
    x, dx, y, dy = ([pair[k][i] for pair in pairs] for k in (0, 1) for i in (0, 1))
    if len(set(x)) < 2:
        raise InputError(f"the fit needs two points or more with different {request.x}")
    if request.kind == "finite_size":
        return finite_size(x, y, dy, request.numbers[0], dx)
    laws = {"tau_power": critical_slowing_down, "tau_exponential": exponential_slowing_down, "zero": zero}
    return laws[request.kind](x, y, dy, dx)
