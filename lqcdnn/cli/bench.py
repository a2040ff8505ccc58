"""``lqcdnn bench``."""

from __future__ import annotations

import json
import os

import click

from lqcdnn.cli.options import json_option


def _read_sizes(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Return extents, smallest first."""
    words = value.replace(",", " ").split()
    if not words or not all(word.isdigit() and int(word) % 2 == 0 and 4 <= int(word) <= 24 for word in words):
        raise click.BadParameter(f"{value!r}; allowed: even numbers from 4 to 24, as in 4,8,16", ctx, param)
    return tuple(sorted({int(word) for word in words}))


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
def command(
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
) -> None:
    """Measure the speed of kernels, trajectories and the start, on one thread in CPU time, beside the machine's limits.

    Nothing is decided by these numbers; they say what this machine does now.
    """
    os.environ["LQCDNN_THREADS"] = "1"
    from lqcdnn.jobs.bench.run import Parts, bench

    chosen = (kernels, trajectories, profiles, program, growth, scaling)
    parts = Parts(*chosen) if any(chosen) else Parts(program=start)
    results = bench(parts, sizes, rounds, lambda text: click.echo(text, err=True))
    click.echo(json.dumps(results.to_dict(), indent=2) if as_json else results.text())
