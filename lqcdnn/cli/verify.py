"""``lqcdnn verify``: check every file of a run, or of the runs of a scan."""

from __future__ import annotations

import json

import click

from lqcdnn.cli.completion import folders
from lqcdnn.cli.options import json_option
from lqcdnn.cli.scananalysis import is_scan


@click.command()
@click.argument("directory", metavar="DIR", shell_complete=folders)
@json_option
def command(directory: str, as_json: bool) -> int:
    """Check every file of a run: checksums, plaquettes, journal entries.

    DIR is a run directory, or that of a scan, of which every run is checked. Nothing is written or locked. Exit code 3
    when something is wrong.
    """
    from lqcdnn.jobs.scan.verification import verify_scan
    from lqcdnn.jobs.verify import verify

    found = verify_scan(directory) if is_scan(directory) else verify(directory)
    click.echo(json.dumps(found.to_dict(), indent=2) if as_json else found.text())
    return 0 if found.sound else 3
