"""``lqcdnn generate INPUT``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lqcdnn.cli.options import work_options
from lqcdnn.cli.running import again, share_replicas, warn
from lqcdnn.config.load import load, read_text
from lqcdnn.config.overrides import key_parts, option_of

NAME = ["run", "name"]
"""The key that --fork sets."""


@click.command("generate")
@click.argument("input_file", metavar="INPUT.toml", type=click.Path(path_type=Path))
@work_options
@click.option(
    "--fork", metavar="NEWDIR", help="Begin a run in NEWDIR with the last checkpoint of the input's run (only read)."
)
@click.option("--fork-at", metavar="N", type=click.IntRange(min=1), help="Fork from the saved configuration N instead.")
@click.option("--dry-run", is_flag=True, help="Print memory, disk and seconds per trajectory; write nothing.")
def command(
    input_file: Path,
    overrides: tuple[str, ...],
    as_json: bool,
    plain: bool,
    threads: int | None,
    max_time: float | None,
    repair: bool,
    fork: str | None,
    fork_at: int | None,
    dry_run: bool,
) -> None:
    """Make configurations by HMC or self-learning HMC.

    The run lives in the directory named by run.name; the same command resumes it, byte for byte. With --fork it goes
    on in another directory, with other physics if you like.
    """
    config = load(input_file, overrides)
    origin = config.run.name
    if fork is not None:  # its name is the last word on it
        others = (option for option in overrides if key_parts(option.partition("=")[0]) != NAME)
        overrides = (*others, option_of("run.name", fork))
        config = load(input_file, overrides)
    elif fork_at is not None:
        raise click.UsageError("--fork-at belongs to --fork NEWDIR")
    processes = share_replicas(threads, config)
    if dry_run:
        from lqcdnn.jobs.probe import estimate

        found = estimate(config, processes)
        warn(found.warnings)
        click.echo(json.dumps(found.to_dict(), indent=2) if as_json else found.text())
        return
    from lqcdnn.jobs.fork import parent_state
    from lqcdnn.jobs.generate import generate
    from lqcdnn.report.terminal.summary import after_generating, cut_option, end_of_run

    parent = None if fork is None else parent_state(config, origin, fork_at)
    result = generate(config, read_text(input_file), max_time, plain or None, repair, parent, processes)
    warn(result.warnings)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
        return
    measured = config.update.llr is None
    cut = cut_option(config.analyze.thermalization, config.run.thermalization, result.trajectories)
    facts = {"trajectories": f"{result.trajectories} in all{'' if result.done_now else ', complete already'}"}
    click.echo(
        end_of_run(
            str(result.directory),
            result.seconds,
            result.done_now,
            dh=result.dh,
            accepted=result.accepted,
            facts=result.facts | facts,
            commands=after_generating(str(result.directory), again(input_file, overrides), cut, measured),
        )
    )
