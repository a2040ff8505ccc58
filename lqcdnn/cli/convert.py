"""``lqcdnn convert``: a configuration file in another format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from lqcdnn.cli.options import group_option, json_option, shape_option

if TYPE_CHECKING:
    from lqcdnn.jobs.convert import Conversion


@click.command("convert")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--to", "format", metavar="FORMAT", help="Format of OUT; default by the ending of its name.")
@click.option("--precision", type=click.Choice(["f4", "f8"]), help="Precision of OUT; default that of IN.")
@shape_option
@group_option
@click.option("--reunitarize", is_flag=True, help="Project the links onto the group; default: keep the numbers of IN.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@json_option
def command(
    source: str,
    target: str,
    format: str | None,
    precision: str | None,
    shape: tuple[int, ...] | None,
    group: str | None,
    reunitarize: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the configuration of file IN, of any known format, to file OUT in another format.

    IN is verified first; OUT is read back and compared with IN.
    """
    from lqcdnn.jobs.convert import convert

    done = convert(source, target, format, precision, shape, group, reunitarize, force)
    click.echo(json.dumps(done.to_dict(), indent=2) if as_json else _lines(done))


def _lines(done: Conversion) -> str:
    """What was read and what was written, then notes."""
    shape = "x".join(map(str, done.shape))
    lines = [
        f"read   {done.source}: {done.source_format} {done.source_precision}, {done.group} on {shape}, "
        f"plaquette {done.plaquette:.12f}",
        f"wrote  {done.target}: {done.format} {done.precision}, plaquette {done.target_plaquette:.12f}, "
        f"largest change of a number {done.change:.1e}",
    ]
    notes = [*done.warnings]
    if done.attributes_lost:
        notes.append(f"{done.format} keeps no attribute {', '.join(done.attributes_lost)}")
    return "\n".join([*lines, *(f"note: {text}" for text in notes)])
