"""``lqcdnn analyze``: mean values, errors, autocorrelation times and verdicts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lqcdnn.cli.completion import folders
from lqcdnn.cli.options import html_option, json_option, plain_option, report_file
from lqcdnn.cli.scananalysis import analyze_scan, is_scan, say_written
from lqcdnn.errors import DiskError, InputError

if TYPE_CHECKING:
    from lqcdnn.analyze.quantities import Request
    from lqcdnn.analyze.result import Analysis


_NOT_NEGATIVE = click.FloatRange(min=0.0)


@click.command()
@click.argument("directories", nargs=-1, metavar="[DIR]...", shell_complete=folders)
@click.option("--series", "file", metavar="FILE", help="Analyse a file of columns or JSON lines instead; - is stdin.")
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Column of FILE, by name or number from 1.")
@click.option("--thermalization", type=click.IntRange(min=0), metavar="N", help="Leave out trajectories up to N.")
@click.option("--observable", "observables", multiple=True, metavar="NAME", help="Only this observable (repeatable).")
@click.option("--derive", multiple=True, metavar="NAME=EXPR", help="Function of mean values, with error (repeatable).")
@click.option("--fit", multiple=True, metavar="NAME=KIND(...)", help="Fit of a vector of series (repeatable).")
@click.option(
    "--reweight",
    multiple=True,
    metavar="TARGET",
    help="beta=VALUE, mass=VALUE, or a series of log weights; of a scan beta=FROM:TO:STEP.",
)
@click.option("--scan", "as_scan", is_flag=True, help="Take several DIRs as points of a scan over what differs.")
@click.option("--tau-exp", type=_NOT_NEGATIVE, default=0.0, metavar="T", help="Add the tail of T trajectories.")
@click.option("--bootstrap", type=click.IntRange(min=2), default=None, metavar="N", help="Also errors from N samples.")
@click.option(
    "--export", "exports", multiple=True, metavar="FILE", help="Write .csv, .json, .h5 or .json.gz (pyerrors)."
)
@click.option("--plot", is_flag=True, help="Draw PNG and PDF pictures into DIR/analyze (needs matplotlib).")
@html_option
@click.option("-o", "--output", "out", metavar="OUT", help="Directory for the files instead of DIR/analyze.")
@json_option
@plain_option
def analyze(
    directories: tuple[str, ...],
    file: str | None,
    columns: tuple[str, ...],
    thermalization: int | None,
    observables: tuple[str, ...],
    derive: tuple[str, ...],
    fit: tuple[str, ...],
    reweight: tuple[str, ...],
    as_scan: bool,
    tau_exp: float,
    bootstrap: int | None,
    exports: tuple[str, ...],
    plot: bool,
    html: str | None,
    out: str | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Averages, errors, autocorrelation times, verdicts.

    DIR is a run directory, or that of a scan. Several runs are replicas if only their seeds differ, else compared;
    points of a scan with --scan, or with a fit over its points.
    """
    from lqcdnn.config.language.fits import is_scan_fit

    directories, html = report_file(directories, html)
    over = as_scan or (len(directories) > 1 and any(map(is_scan_fit, fit)))
    _check(directories, file, columns, observables, None if over else out)
    if file is not None and any("=" in target for target in reweight):
        raise InputError("--reweight beta=VALUE and mass=VALUE need a run directory", hint="name a column of ln w")
    scan = over or any(map(is_scan, directories))
    if reweight and (plot or html == "") and out is None and not scan:
        raise InputError("pictures and reports of reweighted numbers need a directory", hint="add -o DIRECTORY")
    from lqcdnn.analyze.quantities import Request
    from lqcdnn.report.export import check_export

    targets = [check_export(path) for path in exports]
    request = Request(tau_exp=tau_exp, bootstrap=bootstrap or 0, derive=derive, fit=fit, reweight=reweight)
    if scan:
        analyze_scan(directories, thermalization, observables or None, request, plot, html, out, as_json, targets)
        return
    analyses, common = _analyses(directories, file, columns, thermalization, observables, request)
    _export(targets, [*analyses, *([common] if common else [])])
    written = [path for analysis in analyses for path in _write(analysis, plot, html == "", out)]
    if html:
        written.append(_page(analyses, common, html))
    if as_json:
        documents = [analysis.to_dict() for analysis in (*analyses, *([common] if common else []))]
        click.echo(json.dumps(documents if len(documents) > 1 else documents[0], indent=2, allow_nan=False))
        return
    click.echo(_text(analyses, common, plain, bool(observables or columns)))
    say_written([*written, *targets])


def _page(analyses: Sequence[Analysis], common: Analysis | None, file: str) -> Path:
    """One page in a file of the user's choice; of several runs their comparison, of replicas their common analysis."""
    from lqcdnn.report.output import write_page
    from lqcdnn.report.pages.analysis import html_report
    from lqcdnn.report.pages.comparison import comparison_page

    one = common or (analyses[0] if len(analyses) == 1 else None)
    return write_page(file, comparison_page(analyses) if one is None else html_report(one))


def _analyses(
    directories: Sequence[str],
    file: str | None,
    columns: Sequence[str],
    thermalization: int | None,
    observables: Sequence[str],
    request: Request,
) -> tuple[list[Analysis], Analysis | None]:
    """One analysis for each source, and that of all runs together if they are replicas."""
    from lqcdnn.jobs.analyze import analyze_run, analyze_series
    from lqcdnn.jobs.replicas import analyze_replicas, are_replicas

    options = {"tau_exp": request.tau_exp, "bootstrap": request.bootstrap}
    wanted: dict[str, Any] = {**options, "derive": request.derive, "fit": request.fit, "reweight": request.reweight}
    if file is not None:
        return [analyze_series(file, columns, thermalization, **wanted)], None
    names = observables or None
    found = [analyze_run(path, thermalization, names, **wanted) for path in directories]
    # of runs that only trained there is nothing to average
    if not any(one.estimates or one.dH for one in found) or not are_replicas(directories):
        return found, None
    return found, analyze_replicas(directories, thermalization, names, request)


def _export(targets: Sequence[Path], analyses: Sequence[Analysis]) -> None:
    """Write the files asked for: of the one analysis, or of the replicas together."""
    from lqcdnn.report.export import export

    if targets and len(analyses) > 1 and analyses[-1].kind != "replicas":
        raise InputError("--export takes one DIR, or replicas", hint="export each run by itself")
    for target in targets:
        export(analyses[-1], target)


def _check(
    directories: Sequence[str], file: str | None, columns: Sequence[str], observables: Sequence[str], out: str | None
) -> None:
    """Refuse combinations that make no sense."""
    if file is None and not directories:
        raise InputError("nothing to analyse", hint="lqcdnn analyze DIR, or lqcdnn analyze --series FILE")
    if file is not None and (directories or observables):
        raise InputError("--series FILE goes without DIR and --observable", hint="choose columns with --column NAME")
    if len({Path(directory).resolve() for directory in directories}) < len(directories):
        raise InputError("a directory is named twice", hint="name different directories")
    if columns and file is None:
        raise InputError("--column belongs to --series", hint="for a run directory: --observable NAME")
    if out is not None and len(directories) > 1:
        raise InputError("-o OUT takes the files of one DIR only")


def _write(analysis: Analysis, plot: bool, html: bool, out: str | None) -> list[Path]:
    """Write summary.json and what was asked for; a run directory that cannot be written to is still analysed."""
    from lqcdnn.report.figures import figures
    from lqcdnn.report.output import REPORT, SUMMARY, output_directory, summary_bytes, write_files
    from lqcdnn.report.pages.analysis import html_report
    from lqcdnn.report.plots import plot_files

    asked = plot or html or out is not None
    if not asked and (analysis.kind != "run" or analysis.reweighted):
        return []  # numbers of another theory must not pass for those of the run
    directory = output_directory(analysis, out)
    files = {SUMMARY: summary_bytes(analysis)}
    if html:
        files[REPORT] = html_report(analysis).encode()
    if plot:
        files |= plot_files(figures(analysis))
    try:
        return write_files(directory, files)
    except DiskError as error:
        if asked:
            raise
        click.echo(f"note: the summary was not stored: {error.message}", err=True)
        return []


def _text(analyses: Sequence[Analysis], common: Analysis | None, plain: bool, lists: bool) -> str:
    from lqcdnn.report.terminal.compare import comparison_lines
    from lqcdnn.report.terminal.console import wants_plain
    from lqcdnn.report.terminal.table import analysis_text

    bare = wants_plain(sys.stdout, plain)
    unicode = not plain and "utf" in (sys.stdout.encoding or "").lower()
    paint = None if bare or os.environ.get("NO_COLOR") else (lambda text, color: click.style(text, fg=color, bold=True))
    texts = [analysis_text(analysis, unicode, paint, lists) for analysis in analyses]
    if common is not None:
        texts.append(analysis_text(common, unicode, paint, lists))
    elif len(analyses) > 1:
        texts.append("\n".join(comparison_lines(analyses, lists)))
    return "\n\n\n".join(texts)
