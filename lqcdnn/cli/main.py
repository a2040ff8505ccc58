"""``lqcdnn``: the group of commands, lazy loading, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO

import click

import lqcdnn
from lqcdnn.errors import LqcdnnError, MemoryLack, StoppedEarly

COMMANDS: dict[str, str] = {
    "init": "Write a commented input file (questions, or --preset).",
    "validate": "Check input files: all errors at once.",
    "generate": "Make gauge configurations by HMC or self-learning HMC; also resumes.",
    "train": "Train a gauge-covariant network for self-learning HMC.",
    "scan": "Generate a run for every point of a grid; also resumes.",
    "measure": "Measure observables on configurations.",
    "convert": "Write a configuration file in another format.",
    "analyze": "Averages, errors, autocorrelation times, verdicts.",
    "compare": "Mean values, distributions and cost of runs side by side.",
    "status": "Say how far a run is.",
    "verify": "Check every file of a run or scan; writes nothing.",
    "show": "Show the complete input, or what any file is.",
    "schema": "Print the JSON Schema of the input file for editors.",
    "doctor": "Check threads, caches and versions; compile kernels ahead.",
    "bench": "Measure the speed of kernels and trajectories; tune runs.",
    "cite": "Print the papers to cite, in BibTeX.",
}
"""Every command and its help line; nothing is imported to print them."""

_INTERRUPTED, _PIPE_CLOSED = 130, 141


class _PipeClosed(Exception):  # noqa: N818 (no error: the reader of our output has seen enough)
    """Standard output was closed by its reader."""


class LazyGroup(click.Group):
    """A group that imports ``lqcdnn.cli.<command>`` when the command is invoked, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; its module defines it as ``command`` or under its own name."""
        if cmd_name not in COMMANDS:
            return None
        name = f"lqcdnn.cli.{cmd_name}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise click.UsageError(f"this installation has no command '{cmd_name}'") from None
        found = getattr(module, "command", None) or getattr(module, cmd_name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{name} defines no command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Add "did you mean" to the message about an unknown command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from lqcdnn.config.language import synonyms
            from lqcdnn.config.language.values import nearest

            word = synonyms.COMMANDS.get(args[0].lower()) or nearest(args[0], COMMANDS)
            suggestion = f" Did you mean '{word}'?" if word else ""
            raise click.UsageError(f"No such command '{args[0]}'.{suggestion}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe must reach ``main`` as it is."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _PipeClosed from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lqcdnn.__version__, prog_name="lqcdnn", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, envvar="LQCDNN_DEBUG", help="Show where in the program an error arose.")
def cli(debug: bool) -> None:
    """Lattice gauge theory with gauge-covariant neural networks.

    Start with 'lqcdnn init --preset quickstart --yes' and 'lqcdnn generate quickstart.toml'.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    arguments
        Without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        0 done, 1 internal error, 2 input or usage, 3 data damaged, 4 disk, permission or memory, 5 numerical, 6 locked,
        75 stopped early and resumable, 130 interrupted, 141 output closed.
    """
    if arguments is None:  # the process is ours: what is imported stays, and looking through it took a tenth of a start
        gc.set_threshold(50_000, 20, 50)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    warnings.formatwarning = _one_line
    _open_outputs()
    if "_LQCDNN_COMPLETE" in os.environ:
        importlib.import_module("lqcdnn.cli.completion")  # bash is told of what a key of --set needs
    try:
        result = cli.main(arguments, prog_name="lqcdnn", standalone_mode=False)
        sys.stdout.flush()
    except (_PipeClosed, BrokenPipeError):
        _forget(sys.stdout)
        return _PIPE_CLOSED
    except Exception as error:
        try:
            if _wants_traceback(arguments):
                traceback.print_exc()
            return _report(error)
        except OSError:  # nowhere to tell it, such as a log on a disk that is full
            _forget(sys.stderr)
            return _exit_code(error)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _exit_code(error: Exception) -> int:
    """That of :func:`_report`."""
    if isinstance(error, click.Abort):
        return _INTERRUPTED
    return 4 if isinstance(error, OSError | MemoryError) else int(getattr(error, "exit_code", 1))


def _forget(stream: TextIO) -> None:
    """Keep the interpreter from complaining when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_outputs() -> None:
    """A process started with closed outputs works all the same; what it says is lost."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (open until the end)


def _one_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning as users see it: what it says, not where in the program it arose."""
    return f"lqcdnn: warning: {message}\n"


def _wants_traceback(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or os.environ.get("LQCDNN_DEBUG", "0") not in ("", "0")


def _report(error: Exception) -> int:
    """Print an error on standard error and return its exit code."""
    if isinstance(error, click.Abort):  # click's name for Ctrl-C and the end of input
        click.echo("\nlqcdnn: interrupted", err=True)
        return _INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, LqcdnnError):
        kind = "" if isinstance(error, StoppedEarly) else "error: "
        click.echo(f"lqcdnn: {kind}{error.message}", err=True)
        if error.hint:
            click.echo(f"  hint: {error.hint}", err=True)
        return error.exit_code
    if isinstance(error, OSError):
        what = f"could not write standard output: {error.strerror}" if _of_output(error) else error
        click.echo(f"lqcdnn: error: {what}", err=True)
        return 4
    if isinstance(error, MemoryError):
        told = f": {error}" if str(error) else ""
        click.echo(f"lqcdnn: error: not enough memory{told}", err=True)
        return MemoryLack.exit_code
    click.echo(f"lqcdnn: internal error: {type(error).__name__}: {error}", err=True)
    click.echo(
        "  This is a fault of the program. Please report it with the output of the same command with LQCDNN_DEBUG=1\n"
        "  and of 'lqcdnn doctor'.",
        err=True,
    )
    return 1


def _of_output(error: OSError) -> bool:
    """Whether printing failed, here or in ``click.echo``; the system names no file then."""
    places = traceback.extract_tb(error.__traceback__, limit=-1)
    return error.filename is None and bool(places) and places[0].name in ("main", "echo")
