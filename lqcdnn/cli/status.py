"""``lqcdnn status``: how far a run or the points of a scan are."""

from __future__ import annotations

import json

import click

from lqcdnn.cli.completion import folders
from lqcdnn.cli.options import json_option
from lqcdnn.cli.scananalysis import is_scan


@click.command()
@click.argument("directory", metavar="DIR", shell_complete=folders)
@json_option
def status(directory: str, as_json: bool) -> None:
    """Say how far a run is.

    DIR is a run directory, or that of a scan; it may be running, here or on another machine. Nothing is written or
    locked.
    """
    from lqcdnn.report.scan.status import read_scan_status, scan_status_text
    from lqcdnn.report.terminal.status import read_status, status_text

    if is_scan(directory):
        points = read_scan_status(directory)
        click.echo(json.dumps(points.to_dict(), indent=2) if as_json else scan_status_text(points))
        return
    found = read_status(directory)
    click.echo(json.dumps(found.to_dict(), indent=2) if as_json else status_text(found))
