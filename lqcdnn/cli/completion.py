"""What a shell offers behind TAB: files, ready-made inputs, keys of the input file, observables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from click.shell_completion import CompletionItem


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell finds."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders, such as runs are."""
    return [CompletionItem(incomplete, type="dir")]


def presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of ready-made inputs."""
    from lqcdnn.config.presets.catalogue import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


def observables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Observables, one after the other of a list with commas."""
    from lqcdnn.config.tables.observables import OBSERVABLES

    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in OBSERVABLES if name.startswith(begun)]


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Keys of the input file; where only words are allowed, behind the equals sign these."""
    from lqcdnn.config.overrides import schema_entry
    from lqcdnn.config.tables.schema import RunConfig

    name, equals, begun = incomplete.partition("=")
    if not equals:
        return [key for key in _keys(RunConfig) if key.startswith(incomplete)]
    choices = getattr(getattr(schema_entry(name.split(".")), "value", None), "choices", ())
    return [f"{name}={word}" for word in choices if word.startswith(begun)]


def _keys(table: type[Any], path: str = "") -> Iterator[str]:
    """Dotted keys; the first entry of arrays, no tables whose names are the user's."""
    from lqcdnn.config.language.keys import Key, Table, TableList, TableMenu, entries

    for name, (_, entry) in entries(table).items():
        match entry:
            case Key():
                yield f"{path}{name}"
            case Table():
                yield from _keys(entry.cls, f"{path}{name}.")
            case TableList():
                yield from _keys(entry.cls, f"{path}{name}.1.")
            case TableMenu():
                for one, cls in entry.menu.items():
                    yield from _keys(cls, f"{path}{name}.{one}.")
