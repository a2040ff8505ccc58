"""The table over the grid of a scan, as cells; and as lines for a terminal."""

from __future__ import annotations

import operator
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence

from lqcdnn.analyze.data.series import is_effort
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Analysis, Estimate
from lqcdnn.analyze.scan.groups import place
from lqcdnn.analyze.scan.result import PointResult, ScanAnalysis, ScanDerived, ScanFit
from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.values import toml_value
from lqcdnn.report.charts.vectors import components, vectors
from lqcdnn.report.scan.curve_table import curve_columns, curve_line
from lqcdnn.report.terminal.compare import aligned_rows
from lqcdnn.report.terminal.console import text_width
from lqcdnn.report.terminal.table import prior_words, shown_name

Column = tuple[str, list[str]]


def observable_names(scan: ScanAnalysis) -> list[str]:
    """What any point has, derived quantities and fits too; parts of lists and the work of solvers are left out."""
    names: dict[str, None] = {}
    for _, analysis in scan.analysed:
        hidden = components(analysis.observables)
        hidden |= {name for fit in analysis.fits for name in components(fit.parameters)}
        names |= dict.fromkeys(
            item.name for item in analysis.estimates if item.name not in hidden and not is_effort(item.name)
        )
    return list(names)


def columns(scan: ScanAnalysis) -> tuple[list[Column], list[Column]]:
    """Columns that name the point, and those with results: heading and one cell for each point."""
    keys = [(short, [_value(point.values[key]) for point in scan.points]) for key, short in scan.names.items()]
    results: list[Column] = [
        ("state", [point.state for point in scan.points]),
        ("traj", [f"{point.trajectory}" for point in scan.points]),
        ("verdict", [point.analysis.status if point.analysis else "-" for point in scan.points]),
    ]
    acceptance = _cells(scan, lambda analysis: analysis.acceptance, _mean)
    if any(cell != "-" for cell in acceptance):
        results.append(("acceptance", acceptance))
    for name in observable_names(scan):
        find = operator.methodcaller("get", name)
        results.append((shown_name(name), _cells(scan, find, _mean)))
        results.append(("tau_int", _cells(scan, find, _tau)))
    if any(point.seconds is not None for point in scan.points):
        results.append(("CPU s/traj", [_seconds(point) for point in scan.points]))
    return keys, results


def scan_text(scan: ScanAnalysis) -> str:
    """Aligned tables no wider than a terminal, each with the columns that name the point."""
    keys, results = columns(scan)
    what = "runs as a scan" if scan.of_runs else "scan"
    lines = [f"{scan.source}: {what} of {counted(len(scan.points), 'point')} over {', '.join(scan.names)}"]
    for part in _fitting(keys, results, 14):
        lines += ["", *_aligned([*keys, *part])]
    for found in scan.curves:
        lines += ["", *_wrapped(curve_line(found))]
        where, values = curve_columns(found)
        for part in _fitting(where, values, 0):
            lines += ["", *_aligned([*where, *part])]
    fits = [line for text in fit_lines(scan) for line in _wrapped(text)]
    lines += ["", *fits] if fits else []
    notes = [f"note: {text}" for text in scan_notes(scan)]
    for point, analysis in scan.analysed:
        failed = [verdict for verdict in analysis.verdicts if verdict.status == "fail"]
        notes += [f"fail: {point.name}: {verdict.name}: {verdict.sentence}" for verdict in failed]
    wrapped = [line for note in notes for line in _wrapped(note)]
    return "\n".join([*lines, *([""] if wrapped else []), *wrapped])


def fit_lines(scan: ScanAnalysis) -> list[str]:
    """Fits over the points, and functions of their parameters."""
    return [*map(fit_line, scan.fits), *map(derived_line, scan.derived)]


def scan_notes(scan: ScanAnalysis) -> list[str]:
    """Warnings, what the table leaves out, and what else can be made of the points."""
    notes = list(scan.warnings)
    lists = {vector.name: None for _, analysis in scan.analysed for vector in vectors(analysis.observables)}
    if lists:
        one = "DIR" if scan.of_runs else shlex.quote(f"{scan.source}/POINT")
        notes.append(
            f"lists are left out ({', '.join(lists)}): lqcdnn analyze {one} shows them, and "
            "--derive and --fit bring numbers found from them into this table"
        )
    if list(scan.names) == ["run.seed"] and len(scan.points) > 1:
        which = "without --scan" if scan.of_runs else f"{scan.source}/seed=*"
        notes.append(f"the points are replicas; their common mean values: lqcdnn analyze {which}")
    return notes


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, text_width(), subsequent_indent="      ")


def fit_line(fit: ScanFit) -> str:
    """The request, its parameters, and how good the fit is."""
    parameters = ", ".join(f"{item.name} = {compact(item.value, item.error)}" for item in fit.parameters)
    where = f" at {place(fit.where)}" if fit.where else ""
    formula = "" if fit.variables else f"{fit.formula}, "  # that of a law stands in the request
    text = f"{fit.request.text}{where}: {formula}{parameters}"
    second = [item.jackknife_error for item in fit.parameters if item.jackknife_error is not None]
    if second:
        text = f"{text}; jackknife {', '.join(f'{error:.2g}' for error in second)}"
    if fit.chi2 is None or fit.dof is None:
        return text
    text = f"{text}; chi^2 = {fit.chi2:.3g} for {counted(fit.dof, 'degree')} of freedom{prior_words(fit.priors)}"
    return text if fit.probability is None else f"{text}, p = {fit.probability:.2g}"


def derived_line(item: ScanDerived) -> str:
    """The definition and its value."""
    where = f" at {place(item.where)}" if item.where else ""
    return f"{item.text}{where}: {compact(item.value, item.error)}"


def _fitting(keys: Sequence[Column], results: Sequence[Column], beside: int) -> Iterator[list[Column]]:
    """Parts of the results that fit beside the keys; a tau_int, `beside` wide, stays with its observable."""
    room = text_width() - sum(_width(column) + 2 for column in keys)
    part: list[Column] = []
    used = 0
    for column in results:
        width = _width(column) + 2 + (beside if column[0] != "tau_int" else 0)
        if part and used + width > room and column[0] != "tau_int":
            yield part
            part, used = [], 0
        part.append(column)
        used += _width(column) + 2
    if part:
        yield part


def _aligned(table: Sequence[Column]) -> list[str]:
    return aligned_rows([[name for name, _ in table], *map(list, zip(*(cells for _, cells in table), strict=True))])


def _width(column: Column) -> int:
    return max(map(len, (column[0], *column[1])))


def _cells(
    scan: ScanAnalysis, find: Callable[[Analysis], Estimate | None], show: Callable[[Estimate], str]
) -> list[str]:
    found = [None if point.analysis is None else find(point.analysis) for point in scan.points]
    return ["-" if item is None else show(item) for item in found]


def _mean(item: Estimate) -> str:
    return compact(item.mean, item.error)


def _tau(item: Estimate) -> str:
    return compact(item.tau_int, item.tau_int_error)


def _value(value: object) -> str:
    return value if isinstance(value, str) else toml_value(value)


def _seconds(point: PointResult) -> str:
    return "-" if point.seconds is None else f"{point.seconds:.3g}"
