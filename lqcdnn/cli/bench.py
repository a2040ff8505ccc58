"""``lqcdnn bench``."""

from __future__ import annotations

import json
import os

import click

from lqcdnn.cli.options import json_option


@click.command("bench")
@json_option
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Samples per case.")
@click.option("--start/--no-start", default=True, show_default=True, help="Also time the start of the program.")
def command(as_json: bool, rounds: int, start: bool) -> None:
    """Measure the speed of trajectories and of the start, on one thread in CPU time.

    Nothing is decided by these numbers; they say what this machine does now.
    """
    os.environ["LQCDNN_THREADS"] = "1"
    from lqcdnn.jobs import bench

    timings = bench.bench_trajectories(rounds)
    startup = bench.bench_start() if start else None
    if as_json:
        click.echo(json.dumps(bench.to_dict(timings, startup), indent=2))
    else:
        click.echo(bench.report(timings, startup))
