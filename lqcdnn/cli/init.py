"""``lqcdnn init``: write a commented input file from a preset or from a few questions."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from lqcdnn.cli.completion import files, presets
from lqcdnn.cli.wizard import ask, defaults
from lqcdnn.config.check import from_tree
from lqcdnn.config.language.parse import is_of_latticeqcd, parse_any
from lqcdnn.config.language.problems import Source
from lqcdnn.config.language.values import nearest
from lqcdnn.config.latticeqcd.translation import translated
from lqcdnn.config.load import load_text, read_text
from lqcdnn.config.presets.catalogue import PRESETS, input_name
from lqcdnn.config.toml import write_toml
from lqcdnn.errors import DiskError, InputError


@click.command()
@click.argument("path", required=False, shell_complete=files)
@click.option("--preset", metavar="NAME", shell_complete=presets, help="Write a ready-made input; --list shows them.")
@click.option("--from", "source", metavar="FILE", shell_complete=files, help="Translate parameters of LatticeQCD.jl.")
@click.option("--yes", is_flag=True, help="Ask nothing: take every default. A preset asks nothing anyway.")
@click.option("--list", "show_list", is_flag=True, help="List the presets.")
def command(path: str | None, preset: str | None, source: str | None, yes: bool, show_list: bool) -> None:
    """Write an input file with a comment on every key.

    Without --preset it asks at most eight questions, each with a default. An existing file is never overwritten.
    """
    if show_list:
        width = max(len(name) for name in PRESETS)
        click.echo("\n".join(f"{name:<{width}}  {entry.summary}" for name, entry in PRESETS.items()))
        return
    if preset is not None and preset not in PRESETS:
        raise _unknown_preset(preset)
    if source is not None and preset is not None:
        raise InputError("--from and --preset are two inputs", "give one of them")
    if source is None and preset is None and not yes and not is_terminal():
        raise InputError("lqcdnn init asks questions and standard input is no terminal", "add --yes")
    notes: list[str] = []
    if source is not None:
        name, text, notes = _translated(path, source)
    else:
        name, text = _input(path, preset, yes)
    load_text(text, name)  # what is written is right, or nothing is written
    _write_new(name, text)
    click.echo("".join(f"note: {note}\n" for note in notes), nl=False)
    quoted = shlex.quote(name)
    click.echo(f"wrote {name}\nnext: lqcdnn validate {quoted}; lqcdnn {_next_command(text)} {quoted}")


def is_terminal() -> bool:
    """Say whether somebody can answer questions."""
    return sys.stdin.isatty()


def _input(path: str | None, preset: str | None, yes: bool) -> tuple[str, str]:
    """Return file name and text; the name is checked before any question is asked."""
    if preset is not None:
        name = path or input_name(preset)
        _refuse_existing(name)
        return name, PRESETS[preset].text()
    if path is not None:
        _refuse_existing(path)
    tree = defaults() if yes else ask(path)
    return path or f"{tree['run']['name']}.toml", write_toml(tree, ["Written by lqcdnn init."], comments=True)


def _translated(path: str | None, source: str) -> tuple[str, str, list[str]]:
    """File name, text and notes of a parameter file of LatticeQCD.jl."""
    text = read_text(source)
    if not is_of_latticeqcd(text):
        missing = f'{source} has no table ["Physical setting"], as parameter files of LatticeQCD.jl have'
        raise InputError(missing, _NEWER)
    found = translated(parse_any(text, source), source, Path(source).stem)
    name = path or f"{found.tree['run']['name']}.toml"
    _refuse_existing(name)
    header = [f"Translated from {Path(source).name} of LatticeQCD.jl.", *found.notes]
    from_tree(found.tree, Source(f"{source}, translated"))  # with no lines of a file that is not there yet
    return name, write_toml(found.tree, header, comments=True), found.notes


_NEWER = 'those of versions 2 with format = "LatticeQCD.SimulationSpec" are not translated'


def _unknown_preset(preset: str) -> InputError:
    word = nearest(preset, PRESETS)
    suggestion = f'; did you mean "{word}"?' if word else ""
    return InputError(f'no preset "{preset}"{suggestion}', "lqcdnn init --list shows them")


def _refuse_existing(name: str) -> None:
    if os.path.lexists(name):
        raise InputError(f"{name} exists and is not overwritten", "give another path")


def _write_new(name: str, text: str) -> None:
    """Create a file that must not exist yet; leave nothing behind if it cannot be written whole."""
    try:
        with open(name, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{name} exists and is not overwritten", "give another path") from None
    except OSError as error:
        if os.path.isfile(name):
            os.unlink(name)
        raise DiskError(f"cannot write {name}: {error.strerror}") from None


def _next_command(text: str) -> str:
    """Return the command to start with: train for an input that only trains."""
    config = load_text(text)
    return "train" if config.train is not None and config.run.trajectories == 0 else "generate"
