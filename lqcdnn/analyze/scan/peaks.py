"""Peaks and zeros along a curve of multi-histogram reweighting, with the errors of the whole procedure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.scan.curves import Curve
from lqcdnn.analyze.scan.fluctuations import Number, combined
from lqcdnn.analyze.scan.result import Parameter
from lqcdnn.analyze.statistics.gamma import FloatArray, gamma_method
from lqcdnn.analyze.statistics.jackknife import default_bin_size
from lqcdnn.errors import InputError

#: Kinds of fits that follow a curve.
CURVE_KINDS = ("peak", "zero")
#: Step of the differences, in widths of the distribution of the action.
STEP = 0.02
NEWTON = 30
#: Most blocks of all runs together, for which everything is done again.
BLOCKS = 100
#: Fewest blocks of a run.
FEWEST = 10


@dataclass(frozen=True)
class Found:
    """A place on a curve with two parameters: position and height of a peak, or zero and slope."""

    parameters: tuple[Parameter, ...]
    formula: str
    drawn: tuple[FloatArray, FloatArray]


def follow(kind: str, curve: Curve, places: Sequence[float], method: Method) -> Found:
    """Find the maximum or the zero of a curve.

    Parameters
    ----------
    kind
        Of `CURVE_KINDS`.
    curve
        What to follow.
    places
        Where to look at it first, rising.
    method
        How errors are found.

    Raises
    ------
    InputError
        Fewer than three places, no maximum between them, no zero or several.
    """
    if len(places) < 3:
        raise InputError("the curve needs three places or more", hint="choose a smaller step of --reweight")
    values = np.array([curve.value(beta) for beta in places])
    start, refine, names = {
        "peak": (_highest, _maximum, ("x0", "height")),
        "zero": (_crossing, _root, ("x0", "b")),
    }[kind]
    begin = start(np.array(places), values)
    step = STEP * curve.width(begin)
    place, second = refine(curve.value, begin, step)
    if not places[0] <= place <= places[-1]:
        raise InputError(f"the {kind} lies outside of {places[0]:g} ... {places[-1]:g}", hint="choose another range")
    numbers = _numbers(kind, curve, place, second, step)
    errors = _jackknife(curve, lambda other: refine(other.value, place, step), numbers, method)
    parameters = tuple(
        Parameter(name, number.value, number.error(method), error, number)
        for name, number, error in zip(names, numbers, errors, strict=True)
    )
    formula = "maximum of the curve" if kind == "peak" else "zero of the curve"
    return Found(parameters, formula, (np.array(places), values))


Value = Callable[[float], float]


def _highest(places: FloatArray, values: FloatArray) -> float:
    i = int(np.argmax(values))
    if i in (0, len(values) - 1):
        raise InputError(
            f"the curve is highest at the end of its range, {places[i]:g}", hint="choose a range around the maximum"
        )
    return float(places[i])


def _crossing(places: FloatArray, values: FloatArray) -> float:
    change = np.flatnonzero(np.signbit(values[1:]) != np.signbit(values[:-1]))
    if len(change) != 1:
        often = "nowhere" if not len(change) else f"{len(change)} times"
        raise InputError(
            f"the curve changes its sign {often} between {places[0]:g} and {places[-1]:g}",
            hint="choose a range around one zero",
        )
    i = int(change[0])
    return float(places[i] - values[i] * (places[i + 1] - places[i]) / (values[i + 1] - values[i]))


def _maximum(value: Value, start: float, step: float) -> tuple[float, float]:
    """Position and height of the maximum next to a start, by Newton's steps with differences."""
    place = start
    for _ in range(NEWTON):
        low, middle, high = (value(place + shift) for shift in (-step, 0.0, step))
        bend = high - 2.0 * middle + low
        # far from the top a step upwards, no longer than a distribution is wide
        move = -0.5 * (high - low) / bend if bend < 0.0 else math.copysign(math.inf, high - low)
        move = step * float(np.clip(move, -0.5 / STEP, 0.5 / STEP))
        place += move
        if abs(move) <= 1e-7 * step / STEP:
            return place, value(place)
    raise InputError("the maximum of the curve was not found", hint="choose a smaller step of --reweight")


def _root(value: Value, start: float, step: float) -> tuple[float, float]:
    """Zero next to a start, and the slope there."""
    place = start
    for _ in range(NEWTON):
        low, middle, high = (value(place + shift) for shift in (-step, 0.0, step))
        slope = (high - low) / (2.0 * step)
        move = -middle / slope if slope else math.inf
        if not abs(move) <= step / STEP:
            break
        place += move
        if abs(move) <= 1e-9 * step / STEP:
            return place, slope
    raise InputError("the zero of the curve was not found", hint="choose a smaller step of --reweight")


def _numbers(kind: str, curve: Curve, place: float, second: float, step: float) -> list[Number]:
    """Both parameters with their fluctuations, by the implicit function theorem."""
    low, middle, high = (curve.number(place + shift) for shift in (-step, 0.0, step))
    bend = (high.value - 2.0 * middle.value + low.value) / step**2
    change = combined(0.0, [(0.5 / step, high), (-0.5 / step, low)])  # of the slope at the place
    if kind == "peak":
        return [combined(place, [(-1.0 / bend, change)]), replace(middle, value=second)]
    position = combined(place, [(-1.0 / second, middle)])
    return [position, combined(second, [(1.0, change), (bend, position)])]


def _jackknife(
    curve: Curve, find: Callable[[Curve], tuple[float, ...]], numbers: Sequence[Number], method: Method
) -> tuple[float | None, ...]:
    """Errors from doing everything again without one block of one run; None where that cannot be done."""
    total, first = np.zeros(len(numbers)), 0
    for name, size in zip(curve.runs, curve.ensemble.sizes, strict=True):
        tau = max(gamma_method(number.runs[name].values, method.s).tau_int for number in numbers)
        most = max(BLOCKS // len(curve.runs), FEWEST)
        block = max(default_bin_size(int(size), tau), math.ceil(int(size) / most))
        count = int(size) // block
        if count < 2:
            return (None,) * len(numbers)
        end = first + int(size)
        starts = [end - (count - i) * block for i in range(count)]
        try:
            left_out = np.array([find(curve.without(start, start + block)) for start in starts])
        except InputError:
            return (None,) * len(numbers)
        total += (count - 1) / count * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0)
        first = end
    return tuple(float(error) for error in np.sqrt(total))
