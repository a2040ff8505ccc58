"""The same figures with matplotlib (extra "plot"), drawn without pyplot: no windows, no global state."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Container, Sequence
from typing import Any

from lqcdnn.errors import InputError
from lqcdnn.report.charts.chart import Band, Bars, Chart, Cloud, Layer, Line, Points, Rule, Span
from lqcdnn.report.figures import Figure

_CLOUD, _MEAN, _SHADE = "#b9d3ea", "#b5460f", "#e9e9e2"
COLORS = ("#1f5f99", "#b5460f", "#2f7d4f", "#8a3f8f", "#806300", "#4b5563")
_DASHES = ("-", "--", ":", "-.")
#: All figures, one a page.
PDF = "plots.pdf"


def need_matplotlib(what: str) -> None:
    """Say what to do where matplotlib is not installed.

    Raises
    ------
    InputError
        It is not; ``what`` needs it.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError(f"{what} needs matplotlib", hint="pip install 'lqcdnn[plot]'") from error


def plot_files(figures: Sequence[Figure]) -> dict[str, bytes]:
    """PNG pictures by file name, one for each figure, and all of them as the pages of one PDF file.

    Parameters
    ----------
    figures
        From `lqcdnn.report.figures.figures`.

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    need_matplotlib("--plot")
    from matplotlib.backends.backend_pdf import PdfPages

    if not figures:
        return {}
    files: dict[str, bytes] = {}
    pages = io.BytesIO()
    with PdfPages(pages, metadata={"Creator": "lqcdnn", "CreationDate": None}) as pdf:
        for figure in figures:
            drawn = _draw(figure)
            files[_free(file_name(figure.name), files)] = png_of(drawn)
            pdf.savefig(drawn)
    return files | {PDF: pages.getvalue()}


def new_canvas(width: float, height: float) -> Any:
    """An empty figure of matplotlib, width and height in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def png_of(canvas: Any) -> bytes:
    """A figure of matplotlib as a PNG picture without a date."""
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", metadata={"Software": "lqcdnn"})
    return buffer.getvalue()


def file_name(name: str) -> str:
    """Name of a figure as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")


def _free(stem: str, taken: Container[str]) -> str:
    """A file of its own for each figure: two may have the same name, a fit and a series say."""
    numbered = (f"plot_{stem}_{number}.png" for number in itertools.count(2))
    return next(name for name in itertools.chain([f"plot_{stem}.png"], numbered) if name not in taken)


def _draw(figure: Figure) -> Any:
    widths = [chart.width for chart in figure.charts]
    canvas = new_canvas(max(sum(widths) / 80.0, 5.0), 3.2)
    axes = canvas.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    canvas.suptitle(figure.name, fontsize=11)
    for axis, chart in zip(axes, figure.charts, strict=True):
        _draw_chart(axis, chart)
    return canvas


def _draw_chart(axis: Any, chart: Chart) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=9)
    if chart.log:
        axis.set_yscale("log")
    for layer in chart.layers:
        _draw_layer(axis, layer)
    axis.set_xlim(*chart.x_range)
    axis.set_ylim(*chart.y_range)
    if chart.x_ticks is not None:
        axis.set_xticks(chart.x_ticks)
    elif chart.width < 350:
        axis.locator_params(axis="x", nbins=4)
    axis.set_xlabel(chart.x_label)
    axis.set_ylabel(chart.y_label)
    if chart.note:
        axis.set_title(chart.note, fontsize=9)
    if chart.legend:
        axis.legend(frameon=False, fontsize=8, ncols=1 + (len(chart.legend) > 6))


def _draw_layer(axis: Any, layer: Layer) -> None:
    match layer:
        case Span():
            axis.axvspan(layer.x0, layer.x1, color=_SHADE, lw=0)
        case Band():
            ends = [layer.x0, layer.x1]
            axis.fill_between(ends, layer.y - layer.error, layer.y + layer.error, color=_MEAN, alpha=0.3, lw=0)
            axis.hlines(layer.y, *ends, color=_MEAN, lw=1.4)
        case Rule(x=None):
            axis.axhline(layer.y, color="gray", lw=0.8, ls=":")
        case Rule():
            axis.axvline(layer.x, color="gray", lw=0.8, ls=":")
        case Cloud():
            color, alpha = (_CLOUD, 1.0) if layer.color is None else (COLORS[layer.color % len(COLORS)], 0.2)
            axis.fill_between(layer.x, layer.low, layer.high, lw=0, color=color, alpha=alpha)
        case Bars():
            axis.stairs(layer.heights, layer.edges, fill=True, color=COLORS[0], alpha=0.8)
        case Line():
            style = {"color": COLORS[layer.color % len(COLORS)], "ls": _DASHES[layer.dash % len(_DASHES)]}
            axis.plot(layer.x, layer.y, lw=1.1, label=layer.label or None, **style)
        case Points():
            color = COLORS[layer.color % len(COLORS)]
            join = "-" if layer.joined else "none"
            axis.errorbar(layer.x, layer.y, layer.errors, color=color, ls=join, lw=0.8, marker="o", ms=3.5,
                          label=layer.label or None)  # fmt: skip
