"""``lqcdnn bench``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from lqcdnn.cli.options import json_option, plain_option, set_option

MEASURED = ("kernels", "trajectories", "profiles", "program", "growth", "scaling", "sizes", "rounds", "start")
"""Options of the fixed cases."""
TUNED = ("overrides", "minutes", "lengths", "thermalization", "rows", "output", "plain")
"""Options of --tune."""


def _read_sizes(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Return extents, smallest first."""
    words = value.replace(",", " ").split()
    if not words or not all(word.isdigit() and int(word) % 2 == 0 and 4 <= int(word) <= 24 for word in words):
        raise click.BadParameter(f"{value!r}; allowed: even numbers from 4 to 24, as in 4,8,16", ctx, param)
    return tuple(sorted({int(word) for word in words}))


def _read_minutes(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """Return a time that ends."""
    if not value < float("inf"):
        raise click.BadParameter(f"{value}; allowed: a number above 0", ctx, param)
    return value


def _read_lengths(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, ...]:
    """Return lengths above 0."""
    words = (value or "").replace(",", " ").split()
    try:
        lengths = tuple(float(word) for word in words)
    except ValueError:
        lengths = (-1.0,)
    if not all(0.0 < length < float("inf") for length in lengths) or (value is not None and not words):
        raise click.BadParameter(f"{value!r}; allowed: numbers above 0, as in 0.5,1,2", ctx, param)
    return lengths


@click.command("bench")
@json_option
@click.option("--kernels", is_flag=True, help="Only the limits of the machine and the kernels.")
@click.option("--trajectories", is_flag=True, help="Only whole trajectories.")
@click.option("--trajectory", "profiles", is_flag=True, help="Only profiles of trajectories: kernels, calls, Python.")
@click.option("--program", is_flag=True, help="Only solver in mixed precision, saving, start of the program.")
@click.option("--growth", is_flag=True, help="Only time and memory for a site from 8^4 to 24^4.")
@click.option("--scaling", is_flag=True, help="Only wall time with one, two and automatic threads.")
@click.option("--sizes", callback=_read_sizes, default="4,8,16", show_default=True, help="Extents of the kernels.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Samples per case.")
@click.option("--start/--no-start", default=True, show_default=True, help="Also time the start of the program.")
@click.option(
    "--tune",
    metavar="RUN|INPUT.toml",
    help="Find the cheapest integrator, time scales and masses of mass preconditioning for a run or an input.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0.0, min_open=True),
    callback=_read_minutes,
    default=2.0,
    show_default=True,
    help="With --tune: time it may take.",
)
@click.option(
    "--lengths", callback=_read_lengths, metavar="LIST", help="With --tune: more trajectory lengths to compare."
)
@click.option(
    "--thermalization",
    type=click.IntRange(0),
    metavar="N",
    help="With --tune of an input: trajectories before (default: those of the input).",
)
@click.option(
    "--rows", type=click.IntRange(1), default=8, show_default=True, help="With --tune: integrators to print."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE.toml", help="With --tune: write the whole input."
)
@set_option
@plain_option
@click.pass_context
def command(
    ctx: click.Context,
    as_json: bool,
    kernels: bool,
    trajectories: bool,
    profiles: bool,
    program: bool,
    growth: bool,
    scaling: bool,
    sizes: tuple[int, ...],
    rounds: int,
    start: bool,
    tune: str | None,
    minutes: float,
    lengths: tuple[float, ...],
    thermalization: int | None,
    rows: int,
    output: Path | None,
    overrides: tuple[str, ...],
    plain: bool,
) -> None:
    """Measure the speed of kernels, trajectories and the start, on one thread in CPU time, beside the machine's limits.

    Nothing is decided by these numbers; they say what this machine does now. With --tune it measures what a run of
    yours costs with other integrators, time scales and masses, and says which are cheapest.
    """
    _refuse_other_options(ctx, MEASURED if tune is not None else TUNED, tune is not None)
    os.environ["LQCDNN_THREADS"] = "1"
    if tune is not None:
        _tune(tune, overrides, (minutes, lengths, thermalization, rows), output, as_json, plain)
        return
    from lqcdnn.jobs.bench.run import Parts, bench

    chosen = (kernels, trajectories, profiles, program, growth, scaling)
    parts = Parts(*chosen) if any(chosen) else Parts(program=start)
    results = bench(parts, sizes, rounds, lambda text: click.echo(text, err=True))
    click.echo(json.dumps(results.to_dict(), indent=2) if as_json else results.text())


def _refuse_other_options(ctx: click.Context, names: tuple[str, ...], tuning: bool) -> None:
    """Options of the other use of the command are a mistake; LQCDNN_PLAIN is none."""
    for param in ctx.command.params:
        given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if param.name in names and given:
            raise click.UsageError(f"{param.opts[-1]} {'does not go with' if tuning else 'belongs to'} --tune")


def _tune(
    path: str,
    overrides: tuple[str, ...],
    how: tuple[float, tuple[float, ...], int | None, int],
    output: Path | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Tune, say what was found, and write the input where asked to."""
    if output is not None and os.path.lexists(output):
        raise click.UsageError(f"{output} exists, and nothing is overwritten: choose another -o FILE.toml")
    from lqcdnn.jobs.tune.run import Options, tune
    from lqcdnn.jobs.tune.text import tuned_text
    from lqcdnn.report.terminal.console import wants_plain
    from lqcdnn.storage import atomic

    if output is not None:
        atomic.refuse_target(output)
    minutes, lengths, thermalization, rows = how
    options = Options(minutes, lengths, thermalization, shown=rows)
    found = tune(path, overrides, options, lambda text: click.echo(text, err=True))
    bare = wants_plain(sys.stdout, plain) or bool(os.environ.get("NO_COLOR"))
    paint = None if bare else (lambda text: click.style(text, bold=True))
    click.echo(json.dumps(found.to_dict(), indent=2, allow_nan=False) if as_json else tuned_text(found, paint))
    if output is not None:
        atomic.write_text(output, found.input_text())
        click.echo(f"wrote {output}", err=True)
