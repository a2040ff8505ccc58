"""``lqcdnn validate``: check input files without running anything."""

from __future__ import annotations

import glob
import json
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

from lqcdnn.cli.completion import files
from lqcdnn.cli.options import json_option, set_option
from lqcdnn.config.language.parse import toml_1_0_problem
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.load import check_text, read_text
from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import measurement_summary, summary
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.config.tables.starts import STARTS
from lqcdnn.errors import LqcdnnError
from lqcdnn.report.terminal.console import text_width

Report = dict[str, Any]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=files)
@set_option
@json_option
def command(files: tuple[str, ...], overrides: tuple[str, ...], as_json: bool) -> int:
    """Check input files and say what they will run, or list every problem.

    Nothing is written. Exit code 0 if all files are right, 2 otherwise.
    """
    reports = [check_file(path, overrides) for path in files]
    if as_json:
        click.echo(json.dumps(reports, indent=2))
    else:
        for report in reports:
            _print(report)
    return max(int(report["exit_code"]) for report in reports)


def check_file(path: str, overrides: Sequence[str] = ()) -> Report:
    """Check one file.

    Returns
    -------
    dict
        ``file``, ``ok``, ``exit_code``, ``problems`` (list of records), ``message`` (the problems as text),
        ``warnings`` (list of sentences), ``summary`` (heading to line).
    """
    report: Report = {"file": path, "ok": True, "exit_code": 0, "problems": [], "warnings": [], "summary": {}}
    try:
        text = read_text(path)
        config = check_text(text, path, overrides)
    except InvalidInputError as error:
        problems = [problem.record(error.source) for problem in error.problems]
        return {**report, "ok": False, "exit_code": error.exit_code, "problems": problems, "message": error.message}
    except LqcdnnError as error:
        message = f"{error.message} ({error.hint})" if error.hint else error.message
        problem = {"key": "", "place": path, "line": None, "message": message, "allowed": "", "suggestion": ""}
        return {**report, "ok": False, "exit_code": error.exit_code, "problems": [problem], "message": message}
    warnings = [*remarks(config), *_missing_files(config)]
    old_parser = toml_1_0_problem(text)
    if old_parser:
        warnings.append(f"this is TOML 1.1, which older tools refuse: {old_parser}")
    found = summary(config) if isinstance(config, RunConfig) else measurement_summary(config, path)
    return {**report, "warnings": warnings, "summary": found}


def _missing_files(config: RunConfig | FileMeasurement) -> Iterator[str]:
    """Name files that will be needed and are not there (yet)."""
    for name, network in config.network.items():
        if network.weights is not None and not os.path.exists(network.weights):
            yield f"network.{name}.weights: there is no file {network.weights} yet"
    if isinstance(config, FileMeasurement):
        return
    if config.run.initial not in STARTS and not os.path.exists(config.run.initial):
        yield f"run.initial: there is no file {config.run.initial} yet"
    for pattern in (config.train.configs or ()) if config.train else ():
        if not glob.glob(pattern):
            yield f"train.configs: nothing matches {pattern} yet"


def _print(report: Report) -> None:
    """Print the report on one file: what is right on standard output, problems on standard error."""
    if not report["ok"]:
        click.echo(f"lqcdnn: error: {report['message']}", err=True)
        return
    click.echo(f"{report['file']}: OK")
    width = max(len(heading) for heading in report["summary"])
    for heading, line in report["summary"].items():
        text = f"  {heading:<{width}}  {line}"
        click.echo(textwrap.fill(text, text_width(), subsequent_indent=" " * (width + 4), break_on_hyphens=False))
    sys.stdout.flush()
    for warning in report["warnings"]:
        click.echo(f"{report['file']}: warning: {warning}", err=True)
