"""What a shell offers behind TAB: files, ready-made inputs, keys of the input file, observables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string


@add_completion_class
class Bash(BashComplete):
    """Completion of bash, for which a word ends at an equals sign: it completes what is behind the last one."""

    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)", "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace"
    )
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Words before that which is completed, and what there is of it; those around equals signs put together."""
        words, number = split_arg_string(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
        current = words[number] if number < len(words) else ""
        joined: list[str] = []
        for word in words[: number + 1]:
            if joined and (word == "=" or joined[-1].endswith("=")):
                joined[-1] += word
            else:
                joined.append(word)
        begun = joined.pop() if current else ""
        self._before = begun.removesuffix(current if current != "=" else "")
        return joined[1:], begun

    def format_completion(self, item: CompletionItem) -> str:
        """One line for the shell; behind a key follows an equals sign."""
        return f"{item.type},{item.value.removeprefix(self._before)}{item.before_value or ''}"


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


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys of the input file; where only words are allowed, behind the equals sign these."""
    from lqcdnn.config.overrides import schema_entry
    from lqcdnn.config.tables.schema import RunConfig

    name, equals, begun = incomplete.partition("=")
    if not equals:
        return [CompletionItem(key, before_value="=") for key in _keys(RunConfig) if key.startswith(incomplete)]
    choices = getattr(getattr(schema_entry(name.split(".")), "value", None), "choices", ())
    return [CompletionItem(f"{name}={word}") for word in choices if word.startswith(begun)]


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
