"""What a chart shows, independent of how it is drawn: `lqcdnn.report.charts.svg` and `lqcdnn.report.plots` draw it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray


@dataclass(frozen=True)
class Span:
    """Shaded part of the x axis: what is left out, or a summation window."""

    x0: float
    x1: float


@dataclass(frozen=True)
class Band:
    """A level with its error between x0 and x1."""

    x0: float
    x1: float
    y: float
    error: float


@dataclass(frozen=True)
class Rule:
    """A dotted line across the chart: horizontal at y, or upright at x."""

    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Cloud:
    """The area between two curves, in the `color` of a curve where a chart has several."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    color: int | None = None


@dataclass(frozen=True)
class Bars:
    """A histogram: edges, one more than heights."""

    edges: FloatArray
    heights: FloatArray


@dataclass(frozen=True)
class Line:
    """A curve; `color` counts the curves of a chart from 0, `dash` its line styles."""

    x: FloatArray
    y: FloatArray
    label: str = ""
    color: int = 0
    dash: int = 0


@dataclass(frozen=True)
class Points:
    """Values with errors (None: no error known), joined by a thin line if `joined`."""

    x: FloatArray
    y: FloatArray
    errors: FloatArray | None
    label: str = ""
    color: int = 0
    joined: bool = True


Layer = Span | Band | Rule | Cloud | Bars | Line | Points


@dataclass(frozen=True)
class Chart:
    """One pair of axes.

    Attributes
    ----------
    title
        Said by screen readers, and above the picture where it stands alone.
    x_label, y_label
        Quantity and unit.
    layers
        Drawn in this order.
    x_range, y_range
        Limits; of a logarithmic axis both positive.
    log
        Whether the y axis is logarithmic.
    note
        A line below the picture.
    x_ticks
        Where numbers stand on the x axis; None: at round numbers.
    width
        In pixels at full size.
    """

    title: str
    x_label: str
    y_label: str
    layers: Sequence[Layer] = field(repr=False)
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log: bool = False
    note: str = ""
    width: int = 400
    x_ticks: Sequence[float] | None = None

    @property
    def legend(self) -> list[Line | Points]:
        """Curves with a label."""
        return [layer for layer in self.layers if isinstance(layer, Line | Points) and layer.label]


def padded(values: FloatArray, share: float = 0.06) -> tuple[float, float]:
    """Range of values with a margin, never empty."""
    low, high = float(np.min(values)), float(np.max(values))
    margin = share * (high - low) or max(abs(low) * 1e-3, 1e-6)
    return low - margin, high + margin


def log_range(values: FloatArray) -> tuple[float, float]:
    """Range of positive values with a margin of the same ratio on both sides."""
    low, high = (math.log10(value) for value in (float(np.min(values)), float(np.max(values))))
    margin = 0.06 * (high - low) or 0.1
    return 10.0 ** (low - margin), 10.0 ** (high + margin)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers (1, 2, 5 times a power of ten) in [low, high]."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next((factor for limit, factor in ((1.5, 1), (3.5, 2), (7.5, 5)) if raw < limit * power), 10)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Powers of ten in [low, high], every so many of them; 1, 2, 5 times these where there are fewer than three."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 2:
        round_numbers = [digit * 10.0**k for k in range(first - 1, last + 1) for digit in (1, 2, 5)]
        inside = [value for value in round_numbers if low <= value <= high]
        return inside[:: max(1, math.ceil(len(inside) / count))]
    step = max(1, math.ceil((last - first + 1) / count))
    return [10.0**k for k in range(first, last + 1) if k % step == 0]


def tick_labels(values: Sequence[float], log: bool = False) -> list[str]:
    """Texts of the ticks, on a linear axis all with the same number of decimals."""
    if log or len(values) < 2:
        return [f"{value:.4g}" for value in values]
    step = min(b - a for a, b in pairwise(values))
    largest = max(abs(value) for value in values)
    if largest >= 1e5 or largest < 1e-3:
        return [f"{value:.3g}" if value else "0" for value in values]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value + 0.0:.{places}f}" for value in values]
