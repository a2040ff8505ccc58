"""``lqcdnn show``: the complete input, or what a file is."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from lqcdnn.cli.completion import files
from lqcdnn.cli.options import group_option, json_option, set_option, shape_option
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.load import load
from lqcdnn.config.tree import as_tree

#: What a terminal would take for orders.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@click.command()
@click.argument("path", metavar="FILE", shell_complete=files)
@set_option
@shape_option
@group_option
@json_option
def command(
    path: str, overrides: tuple[str, ...], shape: tuple[int, ...] | None, group: str | None, as_json: bool
) -> None:
    """Show an input file with every default filled in, or say what any other file or directory is.

    Configurations of all known formats, weights files, checkpoints and run directories are recognised.
    """
    if path.endswith(".toml"):
        if shape is not None or group is not None:
            raise click.UsageError("--shape and --group belong to configuration files")
        config = load(path, overrides)
        click.echo(json.dumps(as_tree(config), indent=2) if as_json else resolved_toml(config, overrides).rstrip("\n"))
        return
    if overrides:
        raise click.UsageError("--set changes input files (*.toml) only")
    from lqcdnn.jobs.inspect import describe

    found: dict[str, Any] = describe(path, shape, group)
    click.echo(json.dumps(found, indent=2) if as_json else _lines(found))


def _lines(found: dict[str, Any]) -> str:
    """Write a description as aligned lines; entries of dictionaries and sentences one below the other."""
    width = max((len(name) for name in found), default=0)
    return "\n".join(
        f"{'' if count else name:<{width}}  {text}"
        for name, value in found.items()
        for count, text in enumerate(_entries(value))
    )


def _entries(value: Any) -> list[str]:
    if value is None or value == {} or value == []:
        return ["none"]
    if isinstance(value, dict):
        return [line for key, entry in value.items() for line in _indented(f"{key} = {_plain(entry)}")]
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    return [_plain(value)]


def _indented(text: str) -> list[str]:
    """Lines of a text, such as the user's record of an ILDG file; all but the first stand further in."""
    first, *others = [_CONTROL.sub("?", line) for line in text.rstrip("\n").split("\n")]
    return [first, *(f"    {line}" for line in others)]


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list | tuple) or value is None else str(value)
