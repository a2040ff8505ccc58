"""What the analysis of a scan finds: the results of its points beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lqcdnn.analyze.result import CONVENTION, Analysis, plain, worst
from lqcdnn.analyze.scan.fluctuations import Number
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.scanfits import ScanFitRequest


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
class Parameter:
    """What a fit over the points found.

    Attributes
    ----------
    name, value, error
        Of the parameter.
    jackknife_error
        Second opinion, of parameters found along a curve; else None.
    number
        The value with what its error comes from, for functions of it.
    """

    name: str
    value: float
    error: float
    jackknife_error: float | None = None
    number: Number | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        second = {} if self.jackknife_error is None else {"jackknife_error": plain(self.jackknife_error)}
        return {"value": plain(self.value), "error": plain(self.error), **second}


@dataclass(frozen=True)
class ScanFit:
    """A fit over the points of a scan that lie on one line of the grid.

    Attributes
    ----------
    request
        Name, kind, and what is fitted against what.
    where
        Values of the other keys of the grid, by short name.
    points
        Names of the points used.
    x, y
        What was fitted: number and error at each of them, tau_int in trajectories; of a curve the points beside it.
    formula
        The function in words.
    parameters
        Its parameters.
    chi2, dof, probability
        Quality; None along a curve, the probability also without degrees of freedom.
    drawn
        The fitted function: x and y.
    labels
        Of the axes, where what was fitted is neither the series nor against X; else empty.
    variables
        Of a law: number and error of each variable at each point, by name.
    fitted
        Where the function has several variables: its values at the points, against which these are drawn.
    others
        Of a law of several quantities the others, each with its own points, and the parameters of all.
    """

    request: ScanFitRequest
    where: Mapping[str, Any]
    points: tuple[str, ...]
    x: tuple[tuple[float, float], ...]
    y: tuple[tuple[float, float], ...]
    formula: str
    parameters: tuple[Parameter, ...]
    chi2: float | None
    dof: int | None
    probability: float | None
    drawn: tuple[FloatArray, FloatArray] = field(repr=False, compare=False)
    labels: tuple[str, str] | None = None
    variables: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    fitted: tuple[float, ...] = ()
    others: tuple[ScanFit, ...] = ()

    @property
    def priors(self) -> tuple[tuple[str, float, float], ...]:
        """Name, value and error of those that chi^2 and its degrees of freedom contain."""
        return () if self.request.formula is None else self.request.formula.priors

    @property
    def along_curve(self) -> bool:
        """Whether it is a place on a curve of multi-histogram reweighting, which shows it."""
        return self.chi2 is None and self.labels is None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        others = [{"quantity": one.request.quantity, "formula": one.formula, **one._points()} for one in self.others]
        return {
            "name": self.request.name,
            "text": self.request.text,
            "where": dict(self.where),
            "formula": self.formula,
            "parameters": {item.name: item.to_dict() for item in self.parameters},
            "chi2": self.chi2,
            "dof": self.dof,
            "probability": self.probability,
            **self._points(),
            **({"priors": [list(prior) for prior in self.priors]} if self.variables else {}),
            **({"others": others} if others else {}),
        }

    def _points(self) -> dict[str, Any]:
        """Plain data of the points."""
        variables = {name: [list(pair) for pair in pairs] for name, pairs in self.variables.items()}
        return {
            "points": list(self.points),
            "x": [list(pair) for pair in self.x],
            "y": [list(pair) for pair in self.y],
            **({"variables": variables} if variables else {}),
        }


@dataclass(frozen=True)
class ScanDerived:
    """A function of parameters of fits over the points."""

    name: str
    text: str
    where: Mapping[str, Any]
    value: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        numbers = {"value": plain(self.value), "error": plain(self.error)}
        return {"name": self.name, "text": self.text, "where": dict(self.where), **numbers}


@dataclass(frozen=True)
class Overlap:
    """How much two neighbouring runs have in common.

    Attributes
    ----------
    first, second
        Their couplings.
    share
        Integral of 2 p q/(p + q) over the two distributions of the action: 1 if equal, 0 if apart.
    shared
        The same part of the independent configurations of the shorter run.
    """

    first: float
    second: float
    share: float
    shared: float


@dataclass(frozen=True)
class CurveSet:
    """Quantities along one line of the grid, by multi-histogram reweighting.

    Attributes
    ----------
    where
        Values of the other keys of the grid, by short name.
    x_name, x
        Short name of the coupling, and the places.
    curves
        Value and error at every place, by name.
    runs
        Couplings of the runs.
    overlaps
        Of neighbouring runs.
    effective
        Independent configurations that the weights leave at every place.
    """

    where: Mapping[str, Any]
    x_name: str
    x: tuple[float, ...]
    curves: Mapping[str, tuple[tuple[float, float], ...]]
    runs: tuple[float, ...]
    overlaps: tuple[Overlap, ...]
    effective: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "where": dict(self.where),
            "key": self.x_name,
            "x": list(self.x),
            "curves": {
                name: {"value": plain([v for v, _ in pairs]), "error": plain([e for _, e in pairs])}
                for name, pairs in self.curves.items()
            },
            "runs": list(self.runs),
            "overlaps": plain(list(self.overlaps)),
            "effective": plain(list(self.effective)),
        }


@dataclass(frozen=True)
class ScanAnalysis:
    """Result of `lqcdnn.jobs.scan.analysis.analyze_scan`; `to_dict` is what ``--json`` prints.

    Attributes
    ----------
    source
        Directory of the scan; of runs that were made one by one their directories.
    names
        Short name of each key of the grid.
    points
        In the order of the grid.
    warnings
        Sentences about points without results.
    fits
        Over the points.
    curves
        Between them, one set for each line of the grid; empty: not reweighted.
    derived
        Functions of parameters of the fits.
    of_runs
        Whether the points are runs that were made one by one.
    """

    source: str
    names: Mapping[str, str]
    points: tuple[PointResult, ...]
    warnings: tuple[str, ...]
    fits: tuple[ScanFit, ...] = ()
    curves: tuple[CurveSet, ...] = ()
    derived: tuple[ScanDerived, ...] = ()
    of_runs: bool = False

    @property
    def analysed(self) -> list[tuple[PointResult, Analysis]]:
        """Points with an analysis, and it."""
        return [(point, point.analysis) for point in self.points if point.analysis is not None]

    @property
    def status(self) -> str:
        """Worst status of the points."""
        return worst(analysis.status for _, analysis in self.analysed)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and finite numbers."""
        head = {"schema": 1, "kind": "scan", "convention": CONVENTION, "status": self.status, "source": self.source}
        points = [point.to_dict() for point in self.points]
        found = {
            "fits": [fit.to_dict() for fit in self.fits],
            "derived": [item.to_dict() for item in self.derived],
            "curves": [item.to_dict() for item in self.curves],
        }
        return {**head, "keys": dict(self.names), "points": points, **found, "warnings": list(self.warnings)}
