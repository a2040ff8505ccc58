"""Analyse all points of a scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lqcdnn.analyze.data.cost import Cost
from lqcdnn.analyze.data.rundata import BIAS_WEIGHT, EVOLUTION_WEIGHT, read_physics, read_run
from lqcdnn.analyze.quantities import Request
from lqcdnn.analyze.requests import read_requests
from lqcdnn.analyze.result import Analysis
from lqcdnn.analyze.reweight import weightable
from lqcdnn.analyze.scan.curves import KEY, NAME, Line, Run, parse_places
from lqcdnn.analyze.scan.derived import is_over_scan, scan_derived
from lqcdnn.analyze.scan.fits import scan_fits
from lqcdnn.analyze.scan.groups import SEED, groups, place
from lqcdnn.analyze.scan.laws import law_fits
from lqcdnn.analyze.scan.result import CurveSet, PointResult, ScanAnalysis
from lqcdnn.analyze.scan.thermal import THERMAL_KINDS, thermal_fits
from lqcdnn.config.grid import short_names
from lqcdnn.config.language.expressions import Definition, parse_definition
from lqcdnn.config.language.fits import LAW, is_scan_fit
from lqcdnn.config.language.scanfits import parse_scan_fit
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.analyze import analyze_run, series_after
from lqcdnn.jobs.compare import run_cost
from lqcdnn.jobs.scan.gathered import Gathered, gather, wanted_keys
from lqcdnn.report.scan.table import observable_names
from lqcdnn.report.terminal.status import read_status
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanDir, ScanPoint

_SHARED = (
    "points of the same run.seed draw the same random numbers, but fits and curves take all points as independent: "
    "errors and chi^2 are not to be trusted (a scan without run.seed in its grid gives each point a seed of its own)"
)


def analyze_scan(
    directory: str | Path | Sequence[str | Path],
    thermalization: int | None = None,
    observables: Sequence[str] | None = None,
    request: Request = Request(),  # noqa: B008
) -> ScanAnalysis:
    """Mean values and errors at every point of a scan, finished or not. Writes nothing.

    Parameters
    ----------
    directory
        Of the scan; or run directories that were made one by one, as its points (`lqcdnn.jobs.scan.gathered`).
    thermalization, observables
        As for `lqcdnn.jobs.analyze.analyze_run`, for all points.
    request
        What else to compute at each point, fits over the points, functions of the parameters of these, and the
        couplings of curves between the points (`lqcdnn.analyze.scan.curves.parse_places`).

    Raises
    ------
    InputError
        Not a scan, runs that do not differ, no point has anything to analyse, or a fit, a definition or a reweighting
        that cannot be done.
    DataError
        ``scan.json`` is damaged. A point with damaged files becomes a warning.
    """
    over = read_requests([text for text in request.fit if is_scan_fit(text)], parse_scan_fit, "the fit ")
    scan = ScanDir.open(directory) if isinstance(directory, str | Path) else gather(directory, wanted_keys(over))
    warnings = list(scan.notes) if isinstance(scan, Gathered) else []
    definitions = {item.name: item for item in read_requests(request.derive, parse_definition)}
    upon = [item for item in definitions.values() if is_over_scan(item, [fit.name for fit in over])]
    places = parse_places(request.reweight) if request.reweight else ()

    def analyzed(path: Path) -> Analysis:
        """Analysis of one point."""
        return analyze_run(
            path,
            thermalization,
            observables,
            tau_exp=request.tau_exp,
            bootstrap=request.bootstrap,
            derive=tuple(item.text for item in definitions.values() if item not in upon),
            fit=tuple(text for text in request.fit if not is_scan_fit(text)),
        )

    points = tuple(_point(scan, point, analyzed, warnings) for point in scan.points)
    if all(point.analysis is None for point in points):
        reasons = "; ".join(dict.fromkeys(warning.partition(": ")[2] for warning in warnings))
        hint = "lqcdnn scan runs the points" if all(point.state == "new" for point in points) else None
        raise InputError(f"{scan.path}: no point can be analysed ({reasons})", hint)
    keys = short_names(tuple(scan.grid))
    if isinstance(scan, ScanDir) and (over or places) and SEED in keys and len(keys) > 1:
        warnings.append(_SHARED)
    found = ScanAnalysis(str(scan.path), keys, points, (), of_runs=isinstance(scan, Gathered))
    lines = _lines(scan, found, definitions, request, warnings) if places else []
    names = [name for name in observable_names(found) if not _is_parameter(found, name)]
    curves = tuple(_curves(line, names, places) for line in lines)
    pairs = [(line, places) for line in lines]
    physics = {point.name: read_physics(scan.run_path(point.name)) for point in points if point.analysis is not None}
    fits = tuple(
        fit
        for wanted in over
        for fit in (
            thermal_fits(wanted, points, keys, physics, request.method, warnings)
            if wanted.kind in THERMAL_KINDS
            else law_fits(wanted, points, keys, physics, request.method, warnings)
            if wanted.kind == LAW
            else scan_fits(wanted, points, keys, pairs, warnings)
        )
    )
    derived = tuple(item for wanted in upon for item in scan_derived(wanted, fits, points, request.method))
    return replace(found, fits=fits, curves=curves, derived=derived, warnings=tuple(dict.fromkeys(warnings)))


def _lines(
    scan: ScanDir | Gathered,
    found: ScanAnalysis,
    asked: dict[str, Definition],
    request: Request,
    warnings: list[str],
) -> list[Line]:
    """The runs of each line of the grid along beta as one ensemble."""
    lines: list[Line] = []
    reason: InputError | None = None
    for where, points in groups(found.points, found.names, KEY):
        runs: list[Run] = []
        definitions: dict[str, Definition] = {}
        for point in points:
            if point.analysis is None:
                continue
            data = read_run(scan.run_path(point.name))
            if EVOLUTION_WEIGHT in data.diagnostics:
                raise InputError(f"{point.name}: ends of evolutions have weights, which curves in beta do not know of")
            if BIAS_WEIGHT in data.diagnostics:
                raise InputError(f"{point.name}: a bias potential gives weights, which curves in beta do not know of")
            if data.physics.windows is not None:
                hint = "lqcdnn analyze RUN --reweight beta=VALUE takes one run to any beta within its windows"
                raise InputError(f"{point.name}: windows have no ensemble of one beta, as curves need", hint=hint)
            series = weightable(series_after(data, point.analysis.thermalization.trajectory), warnings)
            runs.append(Run(point.name, series, data.physics))
            definitions |= {item.name: item for item in map(parse_definition, data.physics.derive)}
        try:
            label = found.names.get(KEY, NAME)
            lines.append(Line(where, runs, definitions | asked, request.method, warnings, label))
        except InputError as error:
            reason = reason or error
            warnings.append(f"{place(where) or 'scan'}: not reweighted: {error.message}")
    if not lines and reason is not None:
        raise reason
    return lines


def _curves(line: Line, names: Sequence[str], places: Sequence[float]) -> CurveSet:
    try:
        return line.curves(names, places)
    except InputError as error:
        where = f"{place(line.where)}: " if line.where else ""
        raise InputError(f"{where}{error.message}", hint=error.hint) from error


def _is_parameter(found: ScanAnalysis, name: str) -> bool:
    """Whether a name is one of a fit to a single run."""
    return any(item.name == name for _, analysis in found.analysed for fit in analysis.fits for item in fit.parameters)


def _point(
    scan: ScanDir | Gathered, point: ScanPoint, analyzed: Callable[[Path], Analysis], warnings: list[str]
) -> PointResult:
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
