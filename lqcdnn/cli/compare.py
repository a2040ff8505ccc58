"""``lqcdnn compare``: several runs beside the first one, with what an independent configuration costs."""

from __future__ import annotations

import json
import os
import sys

import click

from lqcdnn.cli.completion import folders
from lqcdnn.cli.options import json_option, plain_option, report_file


@click.command()
@click.argument("directories", nargs=-1, metavar="DIR DIR...", shell_complete=folders)
@click.option("--thermalization", type=click.IntRange(min=0), metavar="N", help="Leave out trajectories up to N.")
@click.option("--observable", "observables", multiple=True, metavar="NAME", help="Only this observable (repeatable).")
@click.option("--derive", multiple=True, metavar="NAME=EXPR", help="Function of mean values, with error (repeatable).")
@click.option(
    "--html", is_flag=False, flag_value="comparison.html", metavar="[FILE.html]", help="Write a page, comparison.html."
)
@json_option
@plain_option
def compare(
    directories: tuple[str, ...],
    thermalization: int | None,
    observables: tuple[str, ...],
    derive: tuple[str, ...],
    html: str | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Mean values, distributions and cost of runs side by side.

    DIR are run directories; each is compared with the first. Nothing is written but the page of --html.
    """
    from lqcdnn.jobs.compare import compare_runs
    from lqcdnn.report.terminal.compare import comparison_document, comparison_text
    from lqcdnn.report.terminal.console import wants_plain

    directories, html = report_file(directories, html, "comparison.html")
    comparison = compare_runs(directories, thermalization, observables or None, derive)
    if html is not None:
        from lqcdnn.report.output import write_page
        from lqcdnn.report.pages.comparison import comparison_page

        write_page(html, comparison_page(comparison.analyses, [comparison_text(comparison, None, bool(observables))]))
        click.echo(f"wrote {html}", err=True)
    if as_json:
        click.echo(json.dumps(comparison_document(comparison), indent=2, allow_nan=False))
        return
    bare = wants_plain(sys.stdout, plain) or bool(os.environ.get("NO_COLOR"))
    paint = None if bare else (lambda text, color: click.style(text, fg=color, bold=True))
    click.echo(comparison_text(comparison, paint, bool(observables)))
