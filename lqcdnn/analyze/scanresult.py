"""What the analysis of a scan finds: the results of its points beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lqcdnn.analyze.gamma import FloatArray
from lqcdnn.analyze.result import CONVENTION, Analysis
from lqcdnn.analyze.scaling import LineFit
from lqcdnn.config.fits import ScanFitRequest


@dataclass(frozen=True)
class PointResult:
    """One point of a scan.

    Attributes
    ----------
    name, values
        Of the point; values by dotted key.
    state, trajectory, total
        How far it is, as ``lqcdnn status`` says.
    seconds
        CPU seconds for a trajectory, measurements included; None if unknown.
    analysis
        None where there is nothing to analyse yet, or the files are damaged.
    """

    name: str
    values: Mapping[str, Any]
    state: str
    trajectory: int
    total: int | None
    seconds: float | None
    analysis: Analysis | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain = {name: getattr(self, name) for name in ("name", "state", "trajectory", "total", "seconds")}
        analysis = None if self.analysis is None else self.analysis.to_dict()
        return {**plain, "values": dict(self.values), "analysis": analysis}


@dataclass(frozen=True)
class ScanFit:
    """A fit over the points of a scan.

    Attributes
    ----------
    request
        Name, kind, and what is fitted against what.
    points
        Names of the points used.
    x, y
        What was fitted: number and error at each of them, tau_int in trajectories.
    line
        The parameters.
    """

    request: ScanFitRequest
    points: tuple[str, ...]
    x: tuple[tuple[float, float], ...]
    y: tuple[tuple[float, float], ...]
    line: LineFit

    @property
    def formula(self) -> tuple[str, str, str]:
        """The function in words, and the names of its parameters ``line.constant`` and ``line.slope``."""
        x, kind = self.request.x, self.request.kind
        if kind == "tau_power":
            return f"c {x}^z", "c", "z"
        if kind == "tau_exponential":
            return f"c exp(b {x})", "c", "b"
        if kind == "zero":
            return f"b ({x} - x0)", "x0", "b"
        return f"A + b {x}^-{self.request.numbers[0]:g}", "A", "b"

    def curve(self, x: FloatArray) -> FloatArray:
        """The fitted function."""
        c, slope = self.line.constant, self.line.slope
        if self.request.kind == "tau_power":
            return np.asarray(c * x**slope)
        if self.request.kind == "tau_exponential":
            return np.asarray(c * np.exp(slope * x))
        if self.request.kind == "zero":
            return np.asarray(slope * (x - c))
        return np.asarray(c + slope * x ** -self.request.numbers[0])

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        formula, first, second = self.formula
        line = self.line
        parameters = {
            first: {"value": line.constant, "error": line.constant_error},
            second: {"value": line.slope, "error": line.slope_error},
        }
        return {
            "name": self.request.name,
            "text": self.request.text,
            "formula": formula,
            "parameters": parameters,
            "chi2": line.chi2,
            "dof": line.dof,
            "probability": line.probability,
            "points": list(self.points),
            "x": [list(pair) for pair in self.x],
            "y": [list(pair) for pair in self.y],
        }


@dataclass(frozen=True)
class ScanAnalysis:
    """Result of `lqcdnn.jobs.scananalysis.analyze_scan`; `to_dict` is what ``--json`` prints.

    Attributes
    ----------
    source
        Directory of the scan.
    names
        Short name of each key of the grid.
    points
        In the order of the grid.
    warnings
        Sentences about points without results.
    fits
        Over the points.
    """

    source: str
    names: Mapping[str, str]
    points: tuple[PointResult, ...]
    warnings: tuple[str, ...]
    fits: tuple[ScanFit, ...] = ()

    @property
    def analysed(self) -> list[tuple[PointResult, Analysis]]:
        """Points with an analysis, and it."""
        return [(point, point.analysis) for point in self.points if point.analysis is not None]

    @property
    def status(self) -> str:
        """Worst status of the points."""
        found = {analysis.status for _, analysis in self.analysed}
        return next((status for status in ("fail", "warn", "unknown") if status in found), "ok")

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and finite numbers."""
        head = {"schema": 1, "kind": "scan", "convention": CONVENTION, "status": self.status, "source": self.source}
        points = [point.to_dict() for point in self.points]
        tail = {"fits": [fit.to_dict() for fit in self.fits], "warnings": list(self.warnings)}
        return {**head, "keys": dict(self.names), "points": points, **tail}
