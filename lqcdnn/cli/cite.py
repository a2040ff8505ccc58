"""``lqcdnn cite``: what to cite."""

from __future__ import annotations

import json

import click

from lqcdnn.cli.completion import files
from lqcdnn.cli.options import json_option, set_option
from lqcdnn.config.load import check_text, read_text
from lqcdnn.report.references.citations import REFERENCES, as_data, bibtex, used_by


@click.command()
@click.argument("file", required=False, metavar="[INPUT]", shell_complete=files)
@set_option
@json_option
def command(file: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Print lqcdnn and the papers of its algorithms in BibTeX.

    With an input file: only what that input uses.
    """
    if overrides and file is None:
        raise click.UsageError("--set needs an input file")
    keys = tuple(REFERENCES) if file is None else used_by(check_text(read_text(file), file, overrides))
    if as_json:
        click.echo(json.dumps([as_data(key) for key in keys], indent=2))
    else:
        click.echo("\n\n".join(bibtex(key) for key in keys))
