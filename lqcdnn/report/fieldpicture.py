"""A real field of sites as a picture: planes in colours, side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.report.plots import COLORS, new_canvas, png_of

FloatArray = NDArray[np.float64]

_PANEL, _BAR, _TITLE = 1.5, 1.0, 0.7
"""Inches of a panel, and of what is beside and above all panels."""


def field_picture(values: FloatArray, axes: str, title: str, vacuum: float, signed: bool) -> bytes:
    """PNG picture of a field; needs matplotlib.

    One direction: a line. Two: a plane. Three: a panel for each place along the last. Four: likewise, and of the sites
    along the third direction the one whose value is farthest from ``vacuum``.

    Parameters
    ----------
    values
        Real numbers [first direction, ...].
    axes
        A letter for each direction.
    title
        Stands above it.
    vacuum
        Value of the field without any field.
    signed
        Both signs mean something: colours diverge from 0, with the same range on both sides.
    """
    if values.ndim == 1:
        return _line(values, axes, title)
    if values.ndim == 4:
        title += f"\nof all {axes[2]} the value farthest from {vacuum:g}"
        values, axes = farthest(values, vacuum), axes[:2] + axes[3]
    planes = values[..., np.newaxis] if values.ndim == 2 else values
    columns = math.ceil(math.sqrt(planes.shape[-1]))
    rows = math.ceil(planes.shape[-1] / columns)
    panel = _PANEL if values.ndim == 3 else 2.5 * _PANEL
    canvas = new_canvas(max(columns * panel + _BAR, 4.0), rows * panel + _TITLE)
    canvas.suptitle(title, fontsize=11)
    panels = canvas.subplots(rows, columns, squeeze=False).ravel()
    for axis in panels[planes.shape[-1] :]:
        axis.set_visible(False)
    for place, axis in enumerate(panels[: planes.shape[-1]]):
        image = _plane(axis, planes[..., place], _range(planes, vacuum, signed), signed)
        if values.ndim == 3:
            axis.set_title(f"{axes[2]} = {place}", fontsize=9)
        if place == columns * (rows - 1):
            axis.set_xlabel(axes[0])
            axis.set_ylabel(axes[1])
        elif values.ndim == 3:
            axis.tick_params(labelbottom=False, labelleft=False)
    canvas.colorbar(image, ax=panels.tolist(), shrink=min(1.0, 2.0 / rows + 0.3)).ax.tick_params(labelsize=9)
    return png_of(canvas)


def farthest(values: FloatArray, vacuum: float) -> FloatArray:
    """[x, y, t]: of the values [x, y, z, t] along z the one farthest from that of the vacuum."""
    which = np.abs(values - vacuum).argmax(axis=2)
    return np.asarray(np.take_along_axis(values, which[:, :, np.newaxis], axis=2)[:, :, 0])


def _range(values: FloatArray, vacuum: float, signed: bool) -> tuple[float, float]:
    """Ends of the colours; a field that is constant has some, too."""
    if signed:
        most = float(np.abs(values).max()) or 1.0
        return -most, most
    low, high = min(vacuum, float(values.min())), max(vacuum, float(values.max()))
    return low, high if high > low else low + 1.0


def _plane(axis: Any, values: FloatArray, ends: tuple[float, float], signed: bool) -> Any:
    axis.tick_params(labelsize=9)
    axis.locator_params(nbins=4, integer=True)
    colors = "RdBu_r" if signed else "viridis"
    return axis.imshow(values.T, cmap=colors, vmin=ends[0], vmax=ends[1], origin="lower", interpolation="nearest")


def _line(values: FloatArray, axes: str, title: str) -> bytes:
    canvas = new_canvas(5.0, 3.2)
    canvas.suptitle(title, fontsize=11)
    axis = canvas.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=9)
    axis.axhline(0.0, color="gray", lw=0.8, ls=":")
    axis.plot(values, color=COLORS[0], lw=1.1, marker="o", ms=3.5)
    axis.set_xlabel(axes[0])
    return png_of(canvas)
