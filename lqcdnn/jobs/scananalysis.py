"""Analyse all points of a scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lqcdnn.analyze.cost import Cost
from lqcdnn.analyze.quantities import Request
from lqcdnn.analyze.requests import read_requests
from lqcdnn.analyze.result import Analysis
from lqcdnn.analyze.scanfits import scan_fit
from lqcdnn.analyze.scanresult import PointResult, ScanAnalysis
from lqcdnn.config.fits import is_scan_fit, parse_scan_fit
from lqcdnn.config.grid import short_names
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.jobs.compare import run_cost
from lqcdnn.report.status import read_status
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanDir, ScanPoint


def analyze_scan(
    directory: str | Path,
    thermalization: int | None = None,
    observables: Sequence[str] | None = None,
    request: Request = Request(),  # noqa: B008
) -> ScanAnalysis:
    """Mean values and errors at every point of a scan, finished or not. Writes nothing.

    Parameters
    ----------
    directory
        Of the scan.
    thermalization, observables
        As for `lqcdnn.jobs.analyze.analyze_run`, for all points.
    request
        What else to compute at each point, and fits over the points; not reweighted.

    Raises
    ------
    InputError
        Not a scan, no point has anything to analyse, or a fit over the points that cannot be done.
    DataError
        ``scan.json`` is damaged. A point with damaged files becomes a warning.
    """
    scan = ScanDir.open(directory)
    warnings: list[str] = []
    over = read_requests([text for text in request.fit if is_scan_fit(text)], parse_scan_fit, "the fit ")

    def analyzed(path: Path) -> Analysis:
        """Analysis of one point."""
        return analyze_run(
            path,
            thermalization,
            observables,
            tau_exp=request.tau_exp,
            bootstrap=request.bootstrap,
            derive=request.derive,
            fit=tuple(text for text in request.fit if not is_scan_fit(text)),
        )

    points = tuple(_point(scan, point, analyzed, warnings) for point in scan.points)
    if all(point.analysis is None for point in points):
        reasons = "; ".join(dict.fromkeys(warning.partition(": ")[2] for warning in warnings))
        hint = "lqcdnn scan runs the points" if all(point.state == "new" for point in points) else None
        raise InputError(f"{scan.path}: no point can be analysed ({reasons})", hint)
    keys = short_names(tuple(scan.grid))
    fits = tuple(scan_fit(wanted, points, keys, warnings) for wanted in over)
    return ScanAnalysis(str(scan.path), keys, points, tuple(warnings), fits)


def _point(scan: ScanDir, point: ScanPoint, analyzed: Callable[[Path], Analysis], warnings: list[str]) -> PointResult:
    path = scan.run_path(point.name)
    if not RunDir.is_run_directory(path):
        warnings.append(f"{point.name}: not started")
        return PointResult(point.name, point.values, "new", 0, None, None, None)
    analysis: Analysis | None = None
    cost: Cost | None = None
    try:
        status = read_status(path)
        analysis = analyzed(path)
        cost = run_cost(path, analysis.thermalization.trajectory)
    except (DataError, InputError) as error:
        warnings.append(f"{point.name}: {error.message}")
        if isinstance(error, DataError):
            return PointResult(point.name, point.values, "damaged", 0, None, None, None)
    done = int((status.last or {}).get("trajectory", 0))
    total = None if status.trains else status.total
    seconds = None if cost is None else cost.cpu
    return PointResult(point.name, point.values, status.state, done, total, seconds, analysis)
