"""``lqcdnn train INPUT``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lqcdnn.cli.options import work_options
from lqcdnn.cli.running import again, link_numbers, share_out, warn
from lqcdnn.config.load import load, read_text
from lqcdnn.errors import InputError

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig


@click.command("train")
@click.argument("input_file", metavar="INPUT.toml", type=click.Path(path_type=Path))
@work_options
def command(
    input_file: Path,
    overrides: tuple[str, ...],
    as_json: bool,
    plain: bool,
    threads: int | None,
    max_time: float | None,
    repair: bool,
) -> None:
    """Train the network of the [train] table; writes train/weights.h5 in the run directory.

    The same command resumes. Training starts only after the gradient has passed a check against finite differences. Of
    an input with [surrogate.NAME], networks learn what was measured in its run; of one with [deformation.NAME],
    integration contours are learned on its configurations.
    """
    config = load(input_file, overrides)
    if config.surrogate or config.deformation:
        if repair:
            raise InputError("--repair belongs to the training of [train]", hint="lqcdnn measure --repair mends series")
        _train_on_run(config, input_file, overrides, as_json, plain, threads, max_time)
        return
    if config.train is None:
        hint = "lqcdnn init --preset tomiya-nagai-train shows one"
        raise InputError(f'{input_file}: train: missing; allowed: a table [train] with "trajectories", "rate"', hint)
    share_out(threads, 1, link_numbers(config))
    from lqcdnn.jobs.networks import trained_here
    from lqcdnn.jobs.train import train
    from lqcdnn.report.terminal.summary import after_training, end_of_run
    from lqcdnn.timing import clock

    result = train(config, read_text(input_file), max_time, plain or None, repair)
    warn(result.warnings)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
        return
    for_others = config.run.trajectories == 0 or not trained_here(config)  # a chain has the weights that it names
    click.echo(
        end_of_run(
            config.run.name,
            clock.seconds(),
            result.done_now,
            unit="step",
            facts={"samples": f"{result.samples} in all", **result.facts()},
            commands=after_training(again(input_file, overrides), for_others),
        )
    )


def _train_on_run(
    config: RunConfig,
    input_file: Path,
    overrides: tuple[str, ...],
    as_json: bool,
    plain: bool,
    threads: int | None,
    max_time: float | None,
) -> None:
    """Train every [surrogate.NAME] of an input, or learn every [deformation.NAME]."""
    share_out(threads, 1, link_numbers(config))
    from lqcdnn.jobs.deformations import train_deformations
    from lqcdnn.jobs.surrogates import train_surrogates
    from lqcdnn.report.terminal.summary import end_of_run
    from lqcdnn.timing import clock

    clock.reset()
    result = (train_surrogates if config.surrogate else train_deformations)(config, max_time, plain or None)
    warn(result.warnings)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
        return
    paths = {name: one.path for name, one in result.learned.items()}
    if config.surrogate:
        tables = {"surrogate": f"weights={next(iter(paths.values()))}"}
    else:
        targets = {name: config.deformation[name].target for name in paths}
        tables = {f"deformed_{targets[name]}": f"deformation={path}" for name, path in paths.items()}
    measure = f"lqcdnn measure {again(input_file, overrides)} --observables"
    click.echo(
        end_of_run(
            config.run.name,
            clock.seconds(),
            result.done_now,
            unit="step" if config.surrogate else "loop",
            facts={**result.facts(), "files": ", ".join(map(str, paths.values()))},
            commands=[
                f"{measure} {table} --set {shlex.quote(f'observables.{table}.{key}')}" for table, key in tables.items()
            ],
        )
    )
