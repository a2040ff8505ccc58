"""Options that several commands share, each declared once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from lqcdnn.cli.completion import settings

Function = TypeVar("Function", bound=Callable[..., Any])

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_CLOCK = re.compile(r"\d+(?::\d\d){1,2}")


def seconds(text: str) -> float:
    """Read a duration: "3h50m", "90m", "120s", "1d", "03:50:00" (hours, minutes, seconds), or plain seconds.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If the text is none of these, or not above zero.
    """
    text = text.strip().lower()
    if _DURATION.fullmatch(text):
        total = sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([dhms])", text))
    elif _CLOCK.fullmatch(text):
        parts = [int(part) for part in text.split(":")]
        total = float(sum(part * 60 ** (2 - i) for i, part in enumerate(parts)))
    else:
        total = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
    if total <= 0.0:
        raise ValueError(text)
    return total


def _read_duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return seconds."""
    try:
        return None if value is None else seconds(value)
    except ValueError:
        raise click.BadParameter(
            f"'{value}' is not a time; allowed: 3h50m, 90m, 120s, 03:50:00, or seconds", ctx, param
        ) from None


def _read_threads(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return the number of threads, or None for "auto"."""
    if value is None or value == "auto":
        return None
    if not re.fullmatch(r"[1-9]\d{0,3}", value):
        variable = ctx.get_parameter_source(param.name or "") is ParameterSource.ENVIRONMENT
        found = f"'{value}' of {param.envvar}" if variable else f"'{value}'"
        raise click.BadParameter(f"{found} is not a number of threads; allowed: 1, 2, ... or auto", ctx, param)
    return int(value)


def integers(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Read "4,4,4,8" (also with x); a callback of options."""
    if value is None:
        return None
    try:
        return tuple(int(part) for part in value.lower().replace("x", ",").split(","))
    except ValueError:
        raise click.BadParameter(f"'{value}' is not a list of integers such as 4,4,4,8", ctx, param) from None


def set_option(function: Function) -> Function:
    """Add ``--set KEY=VALUE`` as ``overrides: tuple[str, ...]``."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        shell_complete=settings,
        help="Change a key of the input, e.g. --set update.steps=20 (repeatable).",
    )(function)


def shape_option(function: Function) -> Function:
    """Add ``--shape 4,4,4,4`` as ``shape: tuple[int, ...] | None``."""
    return click.option(
        "--shape",
        callback=integers,
        metavar="4,4,4,4",
        help="Extents, time last, of a configuration file that does not say itself; others must agree.",
    )(function)


def group_option(function: Function) -> Function:
    """Add ``--group "SU(2)"`` as ``group: str | None``."""
    return click.option(
        "--group",
        metavar="SU(2)",
        help="Gauge group of a configuration file that does not say itself; others must agree.",
    )(function)


def json_option(function: Function) -> Function:
    """Add ``--json`` as ``as_json: bool``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def plain_option(function: Function) -> Function:
    """Add ``--plain`` as ``plain: bool``; also set by LQCDNN_PLAIN=1."""
    return click.option(
        "--plain", is_flag=True, envvar="LQCDNN_PLAIN", help="Plain lines, no colours and no live display."
    )(function)


def html_option(function: Function) -> Function:
    """Add ``--html [FILE.html]`` as ``html: str | None``: "" for the usual place; see `report_file`."""
    return click.option(
        "--html",
        is_flag=False,
        flag_value="",
        default=None,
        metavar="[FILE.html]",
        help="Write a self-contained page: FILE.html, or report.html in DIR/analyze.",
    )(function)


def report_file(
    directories: tuple[str, ...], html: str | None, default: str = ""
) -> tuple[tuple[str, ...], str | None]:
    """Directories and page of ``--html X``: X is the page only if it is called so, else the first directory."""
    if html and not html.endswith((".html", ".htm")):
        return (html, *directories), default
    return directories, html


def threads_option_of(text: str, default: str | None = None) -> Callable[[Function], Function]:
    """``--threads N|auto`` as ``threads: int | None`` (None = auto), with a help text; also LQCDNN_THREADS."""
    return click.option(
        "--threads", callback=_read_threads, metavar="N|auto", envvar="LQCDNN_THREADS", default=default, help=text
    )


def threads_option(function: Function) -> Function:
    """Add ``--threads`` of commands that choose the number by the lattice."""
    text = "Cores to use, by threads or processes, or auto (the default: idle ones, as far as they pay)."
    return threads_option_of(text)(function)


def max_time_option(function: Function) -> Function:
    """Add ``--max-time TIME`` as ``max_time: float | None`` in seconds."""
    return click.option(
        "--max-time",
        callback=_read_duration,
        metavar="TIME",
        default=None,
        help="Stop in time and resumable (exit code 75): 3h50m, 90m, 120s, 03:50:00.",
    )(function)


def repair_option(function: Function) -> Function:
    """Add ``--repair`` as ``repair: bool``."""
    return click.option(
        "--repair", is_flag=True, help="Leave damaged lines and checkpoints behind (kept) and go on before them."
    )(function)


def work_options(function: Function) -> Function:
    """Add --set, --json, --plain, --threads, --max-time, --repair, in this order: for commands that work in a run."""
    for option in (repair_option, max_time_option, threads_option, plain_option, json_option, set_option):
        function = option(function)
    return function
