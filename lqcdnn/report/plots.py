"""Pictures of an analysis with matplotlib (extra "plot"), drawn without pyplot: no windows, no global state."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from lqcdnn.analyze.gamma import rho_errors
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Analysis, Estimate
from lqcdnn.errors import InputError
from lqcdnn.report.svg import thinned
from lqcdnn.report.table import shown_name, update_estimates

_LINE, _CLOUD, _MEAN, _SHADE = "#1f5f99", "#b9d3ea", "#b5460f", "#e9e9e2"


def plot_files(analysis: Analysis, history: Sequence[dict[str, Any]] = ()) -> dict[str, bytes]:
    """PNG pictures by file name: one for each series that varies, and one of the training.

    Parameters
    ----------
    analysis
        Result of `lqcdnn.jobs.analyze`.
    history
        Records of the training history.

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError("--plot needs matplotlib", hint="pip install 'lqcdnn[plot]'") from error
    unit = "trajectory" if analysis.kind == "run" else "row"
    cut = analysis.thermalization.trajectory
    files = {}
    for item in (*analysis.observables, *update_estimates(analysis)):
        if item.gamma is not None and not item.gamma.constant:
            files[f"plot_{file_name(item.name)}.png"] = _series_figure(item, cut, unit)
    if any("loss" in record for record in history):
        files["plot_training.png"] = _training_figure(history)
    return files


def file_name(name: str) -> str:
    """Name of a series as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)


def _figure(width: float, ratios: Sequence[float]) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 3.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(ratios), width_ratios=list(ratios))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
    return figure, axes


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": "lqcdnn"})
    return buffer.getvalue()


def _series_figure(item: Estimate, cut: int, unit: str) -> bytes:
    """History, histogram and autocorrelation of one series."""
    figure, (left, middle, right) = _figure(12.0, (2.6, 1.0, 1.2))
    _draw_history(left, item, cut, unit)
    used = item.series.after(cut).values
    middle.hist(used, bins=int(np.clip(math.sqrt(len(used)), 8, 40)), color=_LINE, alpha=0.8)
    middle.set_xlabel("value")
    middle.set_yticks([])
    middle.spines["left"].set_visible(False)
    middle.locator_params(axis="x", nbins=4)
    _draw_autocorrelation(right, item)
    return _png(figure)


def _draw_history(axis: Any, item: Estimate, cut: int, unit: str) -> None:
    x, mean, low, high = thinned(item.series)
    if cut > 0:
        axis.axvspan(0, cut, color=_SHADE, lw=0, label="left out")
    if len(item.series) > len(x):
        axis.fill_between(x, low, high, color=_CLOUD, lw=0)
    axis.plot(x, mean, color=_LINE, lw=1.0)
    if item.mean is not None and item.error is not None:
        end = float(item.series.trajectories[-1])
        axis.fill_between([cut, end], item.mean - item.error, item.mean + item.error, color=_MEAN, alpha=0.3, lw=0)
        axis.hlines(item.mean, cut, end, color=_MEAN, lw=1.4)
    axis.set_xlim(0, float(item.series.trajectories[-1]))
    axis.set_xlabel(unit)
    axis.set_ylabel(shown_name(item.name))


def _draw_autocorrelation(axis: Any, item: Estimate) -> None:
    if item.gamma is None:
        return
    t = np.arange(len(item.gamma.rho))
    axis.axvspan(0, item.gamma.window, color=_SHADE, lw=0)
    axis.axhline(0.0, color="gray", lw=0.8, ls=":")
    rho, errors = item.gamma.rho, rho_errors(item.gamma)
    axis.fill_between(t, rho - errors, rho + errors, color=_CLOUD, lw=0)
    axis.plot(t, rho, color=_LINE, lw=1.0, marker="o" if len(t) < 40 else None, ms=2.5)
    axis.set_xlim(-0.5, len(t) - 0.5)
    axis.set_xlabel("t in measurements")
    axis.set_ylabel("rho(t)")
    axis.set_title(f"tau_int = {compact(item.gamma.tau_int, item.gamma.tau_int_error)}", fontsize=10)


def _training_figure(history: Sequence[dict[str, Any]]) -> bytes:
    """Loss on a logarithmic scale, and every weight, against the optimiser step."""
    figure, (left, right) = _figure(11.0, (1.3, 1.0))
    records = [record for record in history if record.get("loss") is not None]
    steps = np.array([record.get("step", i + 1) for i, record in enumerate(records)])
    loss = np.maximum([record["loss"] for record in records], 1e-12)
    left.semilogy(steps, loss, color=_CLOUD, lw=0.8)
    width = max(len(loss) // 50, 1)
    smooth = np.convolve(loss, np.full(width, 1.0 / width), mode="valid")
    left.semilogy(steps[width - 1 :], smooth, color=_LINE, lw=1.4, label=f"mean of {width}")
    # a single sample may come out at zero by chance; such dips are not what the picture is about
    left.set_ylim(bottom=max(float(smooth.min()) / 20.0, 1e-12))
    left.set_xlabel("step")
    left.set_ylabel("loss")
    left.legend(frameon=False, fontsize=9)
    for layer, group in enumerate(_weights(records)):
        for k, line in enumerate(group.T):
            right.plot(steps[: len(line)], line, lw=1.1, ls=("-", "--", ":", "-.")[layer % 4], color=f"C{k % 10}")
    right.set_xlabel("step")
    right.set_ylabel("weights (line style: layer)")
    return _png(figure)


def _weights(records: Sequence[dict[str, Any]]) -> list[Any]:
    """One array (steps, weights of the layer) for each layer; empty if the history has no weights."""
    stored = [record["weights"] for record in records if record.get("weights")]
    if not stored:
        return []
    return [np.array([np.ravel(weights[layer]) for weights in stored]) for layer in range(len(stored[0]))]
