"""``lqcdnn status``: how far a run is."""

from __future__ import annotations

import json

import click

from lqcdnn.cli.options import json_option


@click.command()
@click.argument("directory", metavar="DIR")
@json_option
def status(directory: str, as_json: bool) -> None:
    """Say how far a run is.

    DIR is a run directory; it may be running, here or on another machine. Nothing is written or locked.
    """
    from lqcdnn.report.status import read_status, status_text

    found = read_status(directory)
    click.echo(json.dumps(found.to_dict(), indent=2) if as_json else status_text(found))
