"""Small charts as inline SVG: history, histogram, autocorrelation. Colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from lqcdnn.analyze.gamma import FloatArray, GammaResult, rho_errors
from lqcdnn.analyze.series import Series

#: Most points drawn along a history.
COLUMNS = 400


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers (1, 2, 5 times a power of ten) in [low, high]."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next((factor for limit, factor in ((1.5, 1), (3.5, 2), (7.5, 5)) if raw < limit * power), 10)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """Texts of the ticks, all with the same number of decimals."""
    if len(values) < 2:
        return [f"{value:.4g}" for value in values]
    step = values[1] - values[0]
    largest = max(abs(value) for value in values)
    if largest >= 1e5 or largest < 1e-3:
        return [f"{value:.3g}" if value else "0" for value in values]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value + 0.0:.{places}f}" for value in values]


@dataclass(frozen=True)
class Frame:
    """A chart area with linear axes, in pixels of the picture."""

    width: int
    height: int
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    left: int = 62
    right: int = 20
    top: int = 8
    bottom: int = 34

    def x(self, value: float) -> float:
        """Horizontal position of a value."""
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Vertical position of a value."""
        low, high = self.y_range
        return self.height - self.bottom - (value - low) / (high - low) * (self.height - self.top - self.bottom)

    def path(self, xs: FloatArray, ys: FloatArray, css: str) -> str:
        """A line through points."""
        points = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))
        return f'<polyline class="{css}" points="{points}"/>'

    def rectangle(self, x0: float, x1: float, y0: float, y1: float, css: str) -> str:
        """A filled box between data coordinates."""
        left, top = self.x(min(x0, x1)), self.y(max(y0, y1))
        width, height = abs(self.x(x1) - self.x(x0)), abs(self.y(y1) - self.y(y0))
        return f'<rect class="{css}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'

    def line(self, x0: float, x1: float, y0: float, y1: float, css: str) -> str:
        """A straight line between data coordinates."""
        return (
            f'<line class="{css}" x1="{self.x(x0):.1f}" y1="{self.y(y0):.1f}" '
            f'x2="{self.x(x1):.1f}" y2="{self.y(y1):.1f}"/>'
        )

    def axes(self, x_label: str, y_ticks: bool = True) -> str:
        """Frame, ticks and labels."""
        base = self.height - self.bottom
        parts = [
            f'<path class="axis" d="M{self.left},{self.top}V{base}H{self.width - self.right}"/>',
            f'<text class="label" x="{(self.left + self.width - self.right) / 2:.0f}" y="{self.height - 4}" '
            f'text-anchor="middle">{escape(x_label)}</text>',
        ]
        values = ticks(*self.x_range, count=6 if self.width > 400 else 4)
        for value, text in zip(values, tick_labels(values), strict=True):
            parts.append(f'<path class="axis" d="M{self.x(value):.1f},{base}v4"/>')
            parts.append(f'<text x="{self.x(value):.1f}" y="{base + 15}" text-anchor="middle">{text}</text>')
        values = ticks(*self.y_range) if y_ticks else []
        for value, text in zip(values, tick_labels(values), strict=True):
            parts.append(f'<path class="axis" d="M{self.left - 4},{self.y(value):.1f}h4"/>')
            parts.append(f'<text x="{self.left - 7}" y="{self.y(value) + 3.5:.1f}" text-anchor="end">{text}</text>')
        return "".join(parts)

    def picture(self, title: str, *content: str) -> str:
        """The finished SVG element."""
        return (
            f'<svg role="img" viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}">'
            f"<title>{escape(title)}</title>{''.join(content)}</svg>"
        )


def padded_range(values: FloatArray) -> tuple[float, float]:
    """Range of values with a margin of 6 %, never empty."""
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or max(abs(low) * 1e-3, 1e-6)
    return low - margin, high + margin


def thinned(series: Series) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Trajectory, mean, minimum and maximum of at most `COLUMNS` consecutive parts of a series."""
    parts = np.array_split(np.arange(len(series)), min(COLUMNS, len(series)))
    x = np.array([series.trajectories[part].mean() for part in parts])
    values = [series.values[part] for part in parts]
    return (
        x,
        np.array([part.mean() for part in values]),
        np.array([part.min() for part in values]),
        np.array([part.max() for part in values]),
    )


def history_chart(series: Series, cut: int, mean: float | None, error: float | None, unit: str) -> str:
    """Value against trajectory, the part cut off shaded, the mean with its error as a band."""
    x, middle, low, high = thinned(series)
    end = float(max(series.trajectories[-1], 1))
    frame = Frame(560, 170, (0.0, end), padded_range(series.values))
    content = []
    if cut > 0:
        content.append(frame.rectangle(0.0, min(float(cut), end), *frame.y_range, "cut"))
    if len(series) > COLUMNS:
        outline = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
        content.append(frame.path(*outline, "envelope"))
    content.append(frame.path(x, middle, "history"))
    if mean is not None and error is not None:
        content.append(frame.rectangle(cut, end, mean - error, mean + error, "band"))
        content.append(frame.line(cut, end, mean, mean, "mean"))
    return frame.picture(f"history of {series.name}", *content, frame.axes(unit))


def histogram_chart(values: FloatArray, name: str) -> str:
    """Distribution of the values used."""
    bins = int(np.clip(math.sqrt(len(values)), 8, 40))
    counts, edges = np.histogram(values, bins=bins, range=padded_range(values))
    frame = Frame(220, 170, (float(edges[0]), float(edges[-1])), (0.0, float(counts.max()) * 1.08), left=12)
    boxes = [
        frame.rectangle(a, b, 0.0, float(n), "bar") for a, b, n in zip(edges, edges[1:], counts, strict=False) if n
    ]
    return frame.picture(f"histogram of {name}", *boxes, frame.axes("value", y_ticks=False))


def autocorrelation_chart(gamma: GammaResult, name: str, unit: str) -> str:
    """Normalised autocorrelation with errors (hep-lat/0409106) and the summation window."""
    rho, errors = gamma.rho, rho_errors(gamma)
    t = np.arange(len(rho), dtype=np.float64)
    low = min(-0.1, float((rho - errors).min()))
    frame = Frame(260, 170, (0.0, max(float(len(rho) - 1), 1.0)), (max(low, -1.0), 1.05), left=38)
    outline = np.concatenate([t, t[::-1]]), np.concatenate([rho + errors, (rho - errors)[::-1]])
    clipped = np.clip(outline[1], *frame.y_range)
    return frame.picture(
        f"autocorrelation of {name}",
        frame.rectangle(0.0, float(gamma.window), *frame.y_range, "window"),
        frame.path(outline[0], clipped, "envelope"),
        frame.line(*frame.x_range, 0.0, 0.0, "zero"),
        frame.path(t, rho, "history"),
        frame.axes(unit),
    )
