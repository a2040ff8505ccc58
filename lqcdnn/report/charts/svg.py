"""Charts as inline SVG. Colours come from the page's style sheet, so light and dark need nothing here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from itertools import pairwise

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.report.charts.chart import (
    Band,
    Bars,
    Chart,
    Cloud,
    Layer,
    Line,
    Points,
    Rule,
    Span,
    log_ticks,
    tick_labels,
    ticks,
)

HEIGHT, TOP, BOTTOM, RIGHT = 194, 24, 44, 18
LETTER = 7.0
"""Width of a digit at the 12 pixels of the style sheet, with something to spare."""
COLORS, DASHES = 6, 4
"""Classes c0 ... and d0 ... of the style sheet."""


class Frame:
    """A chart area: from values to positions in the picture."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.width, self.base = chart.width, HEIGHT - BOTTOM
        self.y_ticks = self._y_ticks()
        longest = max((len(text) for _, text in self.y_ticks), default=0)
        self.left = round(12 + LETTER * longest)
        self.x_ticks = self._x_ticks()

    def x(self, value: float) -> float:
        """Horizontal position of a value."""
        low, high = self.chart.x_range
        return self.left + (value - low) / (high - low) * (self.width - self.left - RIGHT)

    def y(self, value: float) -> float:
        """Vertical position of a value, never outside the area."""
        low, high = self.chart.y_range
        if self.chart.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        part = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.base - part * (self.base - TOP)

    def polyline(self, xs: FloatArray, ys: FloatArray, css: str) -> str:
        """A line through points."""
        points = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))
        return f'<polyline class="{css}" points="{points}"/>'

    def box(self, x0: float, x1: float, y0: float, y1: float, css: str) -> str:
        """A filled box between values."""
        left, top = self.x(min(x0, x1)), self.y(max(y0, y1))
        width, height = abs(self.x(x1) - self.x(x0)), abs(self.y(y1) - self.y(y0))
        return f'<rect class="{css}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'

    def line(self, x0: float, x1: float, y0: float, y1: float, css: str) -> str:
        """A straight line between values."""
        ends = f'x1="{self.x(x0):.1f}" y1="{self.y(y0):.1f}" x2="{self.x(x1):.1f}" y2="{self.y(y1):.1f}"'
        return f'<line class="{css}" {ends}/>'

    def axes(self) -> Iterator[str]:
        """Axes, ticks, and the names of both axes: that of y stands above it."""
        yield f'<path class="axis" d="M{self.left},{TOP}V{self.base}H{self.width - RIGHT}"/>'
        for value, text in self.x_ticks:
            x = self.x(value)
            yield f'<path class="axis" d="M{x:.1f},{self.base}v4"/>'
            yield f'<text x="{x:.1f}" y="{self.base + 20}" text-anchor="middle">{text}</text>'
        for value, text in self.y_ticks:
            y = self.y(value)
            yield f'<path class="axis" d="M{self.left - 4},{y:.1f}h4"/>'
            yield f'<text x="{self.left - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        half = LETTER * len(self.chart.x_label) / 2
        middle = max(min((self.left + self.width - RIGHT) / 2, self.width - half), min(half, self.width / 2))
        label = f'<text class="label" x="{middle:.0f}" y="{HEIGHT - 5}" text-anchor="middle">'
        yield f"{label}{escape(self.chart.x_label)}</text>"
        yield f'<text class="label" x="2" y="12">{escape(self.chart.y_label)}</text>'

    def _x_ticks(self) -> list[tuple[float, str]]:
        """As many as stand side by side; the texts of the outermost must not leave the picture."""
        given = self.chart.x_ticks
        for count in range(7, 0, -1):
            values = ticks(*self.chart.x_range, count) if given is None else given[:: -(-len(given) // count)]
            found = list(zip(values, tick_labels(values), strict=True))
            room = LETTER * max((len(text) for _, text in found), default=0)
            places = [self.x(value) for value, _ in found]
            apart = min((b - a for a, b in pairwise(places)), default=math.inf)
            if apart >= room + 12.0:
                return [(v, t) for (v, t), x in zip(found, places, strict=True) if x + LETTER * len(t) / 2 < self.width]
        return []

    def _y_ticks(self) -> list[tuple[float, str]]:
        """As many as stand one above the other: round numbers, or every other of them where that leaves only one."""
        make = log_ticks if self.chart.log else ticks
        most = (self.base - TOP) // 26
        found = [make(*self.chart.y_range, count) for count in range(5, 0, -1)]
        found += [found[0][::2], found[0]]
        values = next((values for values in found if 1 < len(values) <= most), found[-1][:most])
        return list(zip(values, tick_labels(values, self.chart.log), strict=True))


def svg(chart: Chart) -> str:
    """The finished element."""
    frame = Frame(chart)
    content = "".join(part for layer in chart.layers for part in _drawn(frame, layer))
    return (
        f'<svg role="img" viewBox="0 0 {chart.width} {HEIGHT}" width="{chart.width}" height="{HEIGHT}">'
        f"<title>{escape(chart.title)}</title>{content}{''.join(frame.axes())}</svg>"
    )


def figure(chart: Chart) -> str:
    """The picture with its legend and note below."""
    entries = "".join(_entry(layer) for layer in chart.legend)
    legend = f'<p class="legend">{entries}</p>' if entries else ""
    note = f'<p class="note">{escape(chart.note)}</p>' if chart.note else ""
    return f'<div class="chart">{svg(chart)}{legend}{note}</div>'


def _entry(layer: Line | Points) -> str:
    """One curve of the legend."""
    mark = (
        f'<line class="{_curve(layer.color, layer.dash)}" x1="0" y1="5" x2="20" y2="5"/>'
        if isinstance(layer, Line)
        else f'<circle class="dot c{layer.color % COLORS}" cx="10" cy="5" r="3"/>'
    )
    swatch = f'<svg class="swatch" aria-hidden="true" viewBox="0 0 20 10" width="20" height="10">{mark}</svg>'
    return f"<span>{swatch}{escape(layer.label)}</span> "


def _curve(color: int, dash: int) -> str:
    return f"curve c{color % COLORS} d{dash % DASHES}"


def _drawn(frame: Frame, layer: Layer) -> Iterator[str]:
    x_range, y_range = frame.chart.x_range, frame.chart.y_range
    match layer:
        case Span():
            yield frame.box(max(layer.x0, x_range[0]), min(layer.x1, x_range[1]), *y_range, "span")
        case Band():
            yield frame.box(layer.x0, layer.x1, layer.y - layer.error, layer.y + layer.error, "band")
            yield frame.line(layer.x0, layer.x1, layer.y, layer.y, "mean")
        case Rule(x=None, y=y) if y is not None:
            yield frame.line(*x_range, y, y, "rule")
        case Rule(x=x) if x is not None:
            yield frame.line(x, x, *y_range, "rule")
        case Cloud():
            outline = np.concatenate([layer.x, layer.x[::-1]]), np.concatenate([layer.high, layer.low[::-1]])
            yield frame.polyline(*outline, "cloud" if layer.color is None else f"cloud c{layer.color % COLORS}")
        case Bars():
            bottom = y_range[0]
            for a, b, height in zip(layer.edges, layer.edges[1:], layer.heights, strict=False):
                if height > 0:
                    yield frame.box(a, b, bottom, float(height), "bar")
        case Line():
            yield frame.polyline(layer.x, layer.y, _curve(layer.color, layer.dash))
        case Points():
            yield from _points(frame, layer)


def _points(frame: Frame, layer: Points) -> Iterator[str]:
    color = f"c{layer.color % COLORS}"
    if layer.joined and len(layer.x) > 1:
        yield frame.polyline(layer.x, layer.y, f"thin {color}")
    for i, (x, y) in enumerate(zip(layer.x, layer.y, strict=True)):
        if layer.errors is not None:
            yield frame.line(x, x, y - layer.errors[i], y + layer.errors[i], f"error {color}")
        yield f'<circle class="dot {color}" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="2.6"/>'
