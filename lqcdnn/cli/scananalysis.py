"""``lqcdnn analyze`` for the directory of a scan."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lqcdnn.errors import DiskError, InputError

if TYPE_CHECKING:
    from lqcdnn.analyze.quantities import Request
    from lqcdnn.analyze.scan.result import ScanAnalysis


def is_scan(directory: str) -> bool:
    """Whether a directory is that of a scan."""
    return (Path(directory) / "scan.json").is_file()


def analyze_scan(
    directories: Sequence[str],
    thermalization: int | None,
    observables: Sequence[str] | None,
    request: Request,
    plot: bool,
    html: str | None,
    out: str | None,
    as_json: bool,
    targets: Sequence[Path],
) -> None:
    """Analyse all points, print the table over the grid and write what was asked for.

    DIRECTORIES are that of a scan, or several of runs, which have no place for files of their own.
    """
    one = next((path for path in directories if is_scan(path)), None)
    if one is not None and len(directories) > 1:
        raise InputError("a scan is analysed alone", hint=f"lqcdnn analyze {shlex.quote(one)}, or name its points")
    if one is None and (plot or html == "") and out is None:
        raise InputError("pictures and reports of several runs need a directory", hint="add -o DIRECTORY")
    from lqcdnn.jobs.scan.analysis import analyze_scan as analysed
    from lqcdnn.report.scan.export import check_scan_export, export_scan
    from lqcdnn.report.scan.table import scan_text

    for target in targets:
        check_scan_export(target)
    found = analysed(directories if one is None else one, thermalization, observables, request)
    for target in targets:
        export_scan(found, target)
    written = [*_write(found, plot, html, out), *targets]
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2, allow_nan=False))
        return
    click.echo(scan_text(found))
    say_written(written)


def _write(found: ScanAnalysis, plot: bool, html: str | None, out: str | None) -> list[Path]:
    from lqcdnn.report.output import REPORT, SUMMARY, given_directory, summary_bytes, write_files, write_page
    from lqcdnn.report.plots import plot_files
    from lqcdnn.report.scan.page import scan_figures, scan_page

    page_file = [write_page(html, scan_page(found))] if html else []
    if found.of_runs and out is None:
        return page_file
    directory = Path(found.source) / "analyze" if out is None else given_directory(out)
    files = {SUMMARY: summary_bytes(found)}
    if html == "":
        files[REPORT] = scan_page(found).encode()
    if plot:
        files |= plot_files(scan_figures(found))
    try:
        written = write_files(directory, files)
    except DiskError as error:
        if plot or html == "" or out is not None:
            raise
        click.echo(f"note: the summary was not stored: {error.message}", err=True)
        written = []
    return [*written, *page_file]


def say_written(written: Sequence[Path]) -> None:
    """One line for each directory that files were written to, pictures only counted; and what there is older."""
    for directory in dict.fromkeys(path.parent for path in written):
        names = [path.name for path in written if path.parent == directory]
        pictures = sum(name.endswith(".png") for name in names)
        others = [name for name in names if not name.endswith(".png")]
        shown = others + ([f"{pictures} picture{'s' * (pictures > 1)} (plot_*.png)"] if pictures else [])
        click.echo(f"wrote {directory}: {', '.join(shown)}", err=True)
        older = [name for name in ("report.html", "plots.pdf") if (directory / name).is_file() and name not in names]
        if "summary.json" in names and older:
            click.echo(f"note: from an earlier analysis, not written anew: {', '.join(older)}", err=True)
