"""What the analysis of a scan finds: the results of its points beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lqcdnn.analyze.result import CONVENTION, Analysis


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
    """

    source: str
    names: Mapping[str, str]
    points: tuple[PointResult, ...]
    warnings: tuple[str, ...]

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
        return {**head, "keys": dict(self.names), "points": points, "warnings": list(self.warnings)}
