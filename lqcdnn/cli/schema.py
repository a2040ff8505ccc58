"""``lqcdnn schema``: what an input file may contain, for editors and for readers."""

from __future__ import annotations

import json

import click

from lqcdnn.config.export import input_reference, json_schema


@click.command()
@click.option("--reference", is_flag=True, help="Print the reference page (Markdown) instead.")
def command(reference: bool) -> None:
    """Print the JSON Schema (draft 4) of the input file.

    Save it as lqcdnn.schema.json and begin the input with '#:schema ./lqcdnn.schema.json': editors with TOML support
    (Even Better TOML, taplo) then complete and check it as you type.
    """
    click.echo(input_reference().rstrip("\n") if reference else json.dumps(json_schema(), indent=2))
