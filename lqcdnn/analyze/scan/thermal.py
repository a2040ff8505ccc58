r"""Thermodynamics of pure SU(N) gauge theory from runs at T > 0 and at T = 0, the vacuum, of a scan over the shape.

.. math::
    \frac{\epsilon - 3p}{T^4} = -16 N_t^4\lim_{t\to0} c_2(t)\,[\langle E(t)\rangle_T - \langle E(t)\rangle_0]

(H. Suzuki, arXiv:1304.0533; kind ``trace_anomaly``), and the integral method (G. Boyd et al., Nucl. Phys. B 469 (1996)
419, hep-lat/9602007): with P the mean plaquette of Wilson's action

.. math::
    \frac{p}{T^4}\Big|_{\beta_0}^{\beta} = 6 N_t^4\int_{\beta_0}^{\beta} d\beta'\,[P_T - P_0],\quad
    \frac{\epsilon - 3p}{T^4} = -6 N_t^4\,\frac{d\beta}{d\ln a}\,[P_T - P_0]

(physics.md 26.5, 26.6).  Runs are independent; the vacuum is the lattice with the most links in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.smallflowtime import trace_coefficient
from lqcdnn.analyze.fits.thermodynamics import X_LABEL, plasma
from lqcdnn.analyze.scan.fluctuations import Number, combined, of_estimate
from lqcdnn.analyze.scan.groups import full_key, groups
from lqcdnn.analyze.scan.latticespacing import lattice_beta_function
from lqcdnn.analyze.scan.result import Parameter, PointResult, ScanFit
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.flownumbers import MOST_LOOPS, chosen_flow_times, expansion
from lqcdnn.config.language.scanfits import ScanFitRequest
from lqcdnn.errors import InputError

THERMAL_KINDS = ("trace_anomaly", "pressure", "interaction_measure")
_SHAPE, _BETA = "lattice.shape", "action.gauge.beta"
_ANOMALY = "(e - 3p)/T^4"
_ENERGIES = ("t2E_clover", "t2E_plaquette")


@dataclass(frozen=True)
class Pair:
    """Runs at T > 0 and at T = 0 that are alike but for the shape, and the number of their coupling."""

    hot: PointResult
    vacuum: PointResult
    x: float = 0.0


def thermal_fits(
    request: ScanFitRequest,
    points: Sequence[PointResult],
    keys: Mapping[str, str],
    physics: Mapping[str, Physics],
    method: Method,
    notes: list[str],
) -> list[ScanFit]:
    """Do what a request of `THERMAL_KINDS` asks for, for every shape but that of the vacuum.

    Parameters
    ----------
    request
        What to do with which series.
    points, keys
        Of the scan, and the short names of the keys of its grid.
    physics
        What is known of the run of each point, by name.
    method
        How errors are found.
    notes
        Gets a sentence for each value of beta that is left out because a run is missing.

    Raises
    ------
    InputError
        Naming the request: no runs at T = 0, a theory with other terms, no such series, too few points.
    """
    try:
        wanted = _SHAPE if request.kind == "trace_anomaly" else _BETA
        if _SHAPE not in keys:
            hint = "for example --grid 'lattice.shape=[16,16,16,6],[16,16,16,16]'"
            raise InputError("the grid needs shapes, of runs at T > 0 and at T = 0", hint=hint)
        if wanted not in keys:
            raise InputError(f"the grid needs values of {wanted}, over which {request.kind} goes")
        if full_key(request.x, keys) != wanted:
            raise InputError(f"X of {request.kind} is {keys[wanted]}, not {request.x}")
        others = [short for key, short in keys.items() if key not in (_SHAPE, _BETA)]
        if others or (request.kind == "trace_anomaly" and _BETA in keys):
            which = others or [f"{keys[_BETA]}, to each of which another LAMBDA belongs"]
            raise InputError(f"the grid has more keys than these runs need: {', '.join(which)}")
        known = [point for point in points if point.analysis is not None]
        for point in known:
            plasma(physics[point.name])
        if request.kind == "trace_anomaly":
            return [_trace_anomaly(request, pair, keys, method) for pair in _pairs(known, "")]
        if request.series != "plaquette":
            raise InputError(f"found {request.series}; the integral is one over plaquette, the mean of all planes")
        if not all(physics[point.name].plaquettes_alone for point in known):
            raise InputError("the integral method is that of Wilson's action, without other terms")
        found = _pairs(known, _BETA)
        paired = {point.name for pair in found for point in (pair.hot, pair.vacuum)}
        reason = f"left out of {request.name}: it has no partner at T = 0, or at T > 0"
        notes += [f"{point.name}: {reason}" for point in points if point.name not in paired]
        of_shapes: dict[str, list[Pair]] = {}
        for pair in sorted(found, key=lambda pair: pair.x):
            if request.holds(pair.x):
                of_shapes.setdefault(repr(pair.hot.values[_SHAPE]), []).append(pair)
        return [_integral(request, pairs, keys, method) for pairs in of_shapes.values() or [[]]]
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def _extent(point: PointResult) -> int:
    return int(point.values[_SHAPE][-1])


def _pairs(points: Sequence[PointResult], along: str) -> list[Pair]:
    """Every run at T > 0 with that at T = 0."""
    found = []
    longest = max(map(_extent, points), default=0)
    for where, members in groups(points, {_SHAPE: "shape", along: "x"} if along else {_SHAPE: "shape"}, _SHAPE):
        vacua = [point for point in members if _extent(point) == longest]
        if any(longest < max(point.values[_SHAPE][:-1]) for point in vacua):
            raise InputError(f"no run is at T = 0: the longest time has {longest} links, fewer than space")
        hot = [point for point in members if _extent(point) < longest]
        if len({repr(point.values[_SHAPE]) for point in members}) < len(members) or len(vacua) > 1:
            raise InputError("there are several runs at the same place, or several shapes at T = 0")
        if vacua:
            found += [Pair(point, vacua[0], float(str(where.get("x", 0.0)))) for point in hot]
    if not found:
        raise InputError("no two points have results at T > 0 and at T = 0 that are alike otherwise")
    return found


def _difference(name: str, pair: Pair, factor: float) -> Number:
    """The series at T > 0 less that at T = 0, times a factor."""
    hot, vacuum = (_number(name, point) for point in (pair.hot, pair.vacuum))
    return combined(factor * (hot.value - vacuum.value), [(factor, hot), (-factor, vacuum)])


def _number(name: str, point: PointResult) -> Number:
    item = point.analysis.get(name) if point.analysis else None
    if item is None or item.mean is None or item.error is None:
        raise InputError(f"{point.name} has no mean value of {name}")
    return of_estimate(point.name, item)


def _trace_anomaly(request: ScanFitRequest, pair: Pair, keys: Mapping[str, str], method: Method) -> ScanFit:
    """A straight line in t T^2 through (e - 3p)/T^4 at the flow times of the range, weighted with the errors alone."""
    if not request.series.endswith(_ENERGIES):
        raise InputError(f"found {request.series}; the trace is that of {' or '.join(_ENERGIES)} of a flow")
    if not np.isfinite(request.high):
        raise InputError("a range of flow times stands last: FROM, TO")
    lam, _, scale = expansion(request.numbers)
    hot = pair.hot.analysis
    assert hot is not None
    gas, times = plasma(Physics(group=hot.group, shape=hot.shape)), _times(request.series, pair.hot)
    if times != _times(request.series, pair.vacuum):
        raise InputError(f"{pair.hot.name} and {pair.vacuum.name} have different flow times")
    chosen = chosen_flow_times(times, request.low, request.high, gas.extent)
    numbers = [
        _difference(f"{request.series}.{i + 1}", pair, _factor(times[i], scale, lam, gas.n, gas.extent)) for i in chosen
    ]
    x = gas.positions(np.array([times[i] for i in chosen]))
    y, errors = _values(numbers, method)
    model = np.column_stack([np.ones(len(x)), x]) / errors[:, None]
    weights = np.linalg.pinv(model) / errors
    found = [combined(float(row @ y), list(zip(map(float, row), numbers, strict=True))) for row in weights]
    grid = np.linspace(0.0, x[-1], 100)
    drawn = grid, found[0].value + found[1].value * grid
    parameters = _parameters({"trace_anomaly": found[0], "slope": found[1]}, method)
    where = {keys[_SHAPE]: pair.hot.values[_SHAPE]}
    return _fit(request, where, [pair], (x, y, errors), f"A + b {X_LABEL}", parameters, drawn, (X_LABEL, _ANOMALY))


def _factor(t: float, scale: float, lam: float, n: int, extent: int) -> float:
    """What t^2 E is multiplied by."""
    return -16.0 * extent**4 * trace_coefficient(t, scale, n, MOST_LOOPS, lam) / t**2


def _times(series: str, point: PointResult) -> tuple[float, ...]:
    """Flow times of a list."""
    item = point.analysis.get(f"{series}.1") if point.analysis else None
    if point.analysis is None or item is None:
        raise InputError(f"{point.name} has no list {series}")
    axes = point.analysis.axes
    return (axes.get(series) or axes.get(item.source) or ("", ()))[1]


def _integral(request: ScanFitRequest, pairs: Sequence[Pair], keys: Mapping[str, str], method: Method) -> ScanFit:
    """p/T^4 from the first beta on, or (e - 3p)/T^4 at each."""
    if len(pairs) < 3:
        raise InputError(f"{len(pairs)} values of beta with runs at T > 0 and at T = 0, 3 are the minimum")
    x = np.array([pair.x for pair in pairs])
    differences = [_difference(request.series, pair, 6.0 * _extent(pair.hot) ** 4) for pair in pairs]
    grid = np.linspace(x[0], x[-1], 100)
    if request.kind == "pressure":
        steps = np.diff(x) / 2.0
        trapezoid = np.append(steps, 0.0) + np.append(0.0, steps)
        numbers = [_weighted(row, differences) for row in integral_weights(x, x)]
        curve = integral_weights(x, grid) @ np.array([number.value for number in differences])
        found = {"pressure": numbers[-1], "trapezoid": _weighted(trapezoid, differences)}
        formula, label = f"integral from {x[0]:g} to {x[-1]:g}", "p/T^4"
    else:
        if pairs[0].hot.analysis is None or pairs[0].hot.analysis.group != "SU(3)":
            raise InputError("how the lattice spacing changes with beta is known of SU(3) alone")
        numbers = [_weighted([-lattice_beta_function(pair.x)], [d]) for pair, d in zip(pairs, differences, strict=True)]
        curve = np.interp(grid, x, [number.value for number in numbers])
        found = {"interaction_measure": numbers[-1]}
        formula, label = f"at {x[-1]:g}", _ANOMALY
    where = {keys[_SHAPE]: pairs[0].hot.values[_SHAPE]}
    y, errors = _values(numbers, method)
    drawn, labels = (grid, curve), (keys[_BETA], label)
    return _fit(request, where, pairs, (x, y, errors), formula, _parameters(found, method), drawn, labels)


def _weighted(weights: Sequence[float] | FloatArray, numbers: Sequence[Number]) -> Number:
    """A sum of numbers with weights."""
    value = float(sum(w * number.value for w, number in zip(weights, numbers, strict=True)))
    return combined(value, [(float(w), number) for w, number in zip(weights, numbers, strict=True)])


def _values(numbers: Sequence[Number], method: Method) -> tuple[FloatArray, FloatArray]:
    return np.array([number.value for number in numbers]), np.array([number.error(method) for number in numbers])


def _parameters(numbers: Mapping[str, Number], method: Method) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, item.value, item.error(method), None, item) for name, item in numbers.items())


def _fit(
    request: ScanFitRequest,
    where: Mapping[str, Any],
    pairs: Sequence[Pair],
    found: tuple[FloatArray, FloatArray, FloatArray],
    formula: str,
    parameters: tuple[Parameter, ...],
    drawn: tuple[FloatArray, FloatArray],
    labels: tuple[str, str],
) -> ScanFit:
    """The result; what is fitted shares configurations, so that there is no chi^2."""
    x, y, errors = (tuple(map(float, numbers)) for numbers in found)
    names = tuple(dict.fromkeys(point.name for pair in pairs for point in (pair.hot, pair.vacuum)))
    places, values = tuple((at, 0.0) for at in x), tuple(zip(y, errors, strict=True))
    return ScanFit(request, where, names, places, values, formula, parameters, None, None, None, drawn, labels)


def integral_weights(x: FloatArray, ends: FloatArray) -> FloatArray:
    """Weights [end, point] of values at x in integrals from x[0] to ends of the natural cubic spline through them."""
    h, count = np.diff(x), len(x)
    system, jumps = np.eye(count), np.zeros((count, count))
    for i in range(1, count - 1):
        system[i, i - 1 : i + 2] = h[i - 1] / 6.0, (h[i - 1] + h[i]) / 3.0, h[i] / 6.0
        jumps[i, i - 1 : i + 2] = 1.0 / h[i - 1], -1.0 / h[i - 1] - 1.0 / h[i], 1.0 / h[i]
    values, curvatures = np.eye(count), np.linalg.solve(system, jumps)

    def up_to(i: int, u: float) -> FloatArray:
        """Integral over the first u of an interval."""
        slope = (values[i + 1] - values[i]) / h[i] - h[i] / 6.0 * (2.0 * curvatures[i] + curvatures[i + 1])
        third = (curvatures[i + 1] - curvatures[i]) / h[i]
        return np.asarray(u * values[i] + u**2 / 2 * slope + u**3 / 6 * curvatures[i] + u**4 / 24 * third)

    whole = np.cumsum([np.zeros(count), *(up_to(i, h[i]) for i in range(count - 1))], axis=0)
    where = np.clip(np.searchsorted(x, ends, side="right") - 1, 0, count - 2)
    return np.array([whole[i] + up_to(i, end - x[i]) for i, end in zip(where, ends, strict=True)])
