"""``lqcdnn scan INPUT``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lqcdnn.cli.completion import settings
from lqcdnn.cli.options import json_option, max_time_option, set_option, threads_option_of
from lqcdnn.cli.running import link_numbers, paying_threads
from lqcdnn.config.load import read_text
from lqcdnn.errors import InputError
from lqcdnn.jobs.cores import usable_cores

if TYPE_CHECKING:
    from lqcdnn.jobs.scan.runs import Scan


@click.command()
@click.argument("input_file", metavar="INPUT.toml", type=click.Path(path_type=Path))
@click.option(
    "--grid",
    multiple=True,
    metavar="KEY=A,B,...",
    shell_complete=settings,
    help="Values of a key, or FROM:TO:STEP (repeatable).",
)
@click.option("--name", metavar="NAME", help="Directory of the scan; default run.name of the input.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes at a time; default cores / threads.")
@set_option
@threads_option_of("Threads of each process, default 1, or auto: as generate chooses for each point.", default="1")
@max_time_option
@click.option("--emit", type=click.Choice(["slurm"]), help="Run nothing; write a job-array script for this system.")
@click.option("--dry-run", is_flag=True, help="List the points; write nothing.")
@json_option
def scan(
    input_file: Path,
    grid: tuple[str, ...],
    name: str | None,
    jobs: int | None,
    overrides: tuple[str, ...],
    threads: int | None,
    max_time: float | None,
    emit: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Generate a run for every point of a grid.

    The runs live in one directory; the same command goes on with what is unfinished.
    """
    from lqcdnn.jobs.scan.runs import opened, plan_scan
    from lqcdnn.report.provenance import manifest_facts

    if emit and threads is None:
        raise InputError("--threads auto: a job array needs a number; allowed with --emit slurm: --threads 1, 2, ...")
    planned = plan_scan(read_text(input_file), str(input_file), grid, overrides, name)
    if dry_run:
        click.echo(json.dumps(_document(planned), indent=2) if as_json else _table(planned))
        return 0
    facts = {"input": str(input_file), "command": manifest_facts()["command"]}
    with opened(planned, facts):
        if emit:
            _emit(planned, jobs, threads or 1, max_time)
            return 0
        code = _run(planned, jobs or _default_jobs(planned, threads), threads, max_time)
    if as_json:
        click.echo(json.dumps(_document(planned), indent=2))
    elif code == 0:
        analyze = f"lqcdnn analyze {shlex.quote(str(planned.directory.path))} --html{_cut(planned)}"
        click.echo(f"{_table(planned)}\n\nnext:\n  {analyze}")
    return code


def _default_jobs(planned: Scan, threads: int | None) -> int:
    """Cores / threads; with auto those of the largest lattice."""
    most = threads or paying_threads(max(link_numbers(point.config) for point in planned.points))
    return max(1, usable_cores() // most)


def _run(planned: Scan, jobs: int, threads: int | None, max_time: float | None) -> int:
    """Run what is unfinished; the exit code of the scan."""
    from lqcdnn.errors import StoppedEarly
    from lqcdnn.jobs.scan.runs import run_points

    tasks = run_points(planned, jobs, threads, max_time, lambda line: click.echo(line, err=True))
    failed = [task for task in tasks if task.failed]
    for task in failed:
        click.echo(f"failed with exit code {task.exit_code}: {task.name}, see {task.log}", err=True)
    unfinished = sum(not task.failed and task.exit_code != 0 for task in tasks)
    if unfinished:
        points = f"{unfinished} of {len(planned.points)} points are unfinished"
        raise StoppedEarly(points, hint="the same command goes on from here")
    return failed[0].exit_code or 0 if failed else 0


def _cut(planned: Scan) -> str:
    """What the shortest of the points needs to be analysed."""
    from lqcdnn.report.terminal.summary import cut_option

    configs = [point.config for point in planned.points]
    cuts = [cut_option(c.analyze.thermalization, c.run.thermalization, c.total_trajectories) for c in configs]
    return max(cuts, key=len)


def _emit(planned: Scan, jobs: int | None, threads: int, max_time: float | None) -> None:
    """Write the script and say how to use it."""
    from lqcdnn.jobs.scan.jobarray import slurm_script
    from lqcdnn.storage import atomic

    path = planned.directory.path / "array.sh"
    atomic.write_text(path, slurm_script(planned.directory, jobs, threads, max_time))
    click.echo(f"wrote {path}: {len(planned.points)} tasks\n\nnext:\n  sbatch {shlex.quote(str(path))}")


def _document(planned: Scan) -> dict[str, Any]:
    """Plain data for ``--json``."""
    points = []
    for point in planned.points:
        found = planned.progress(point)
        counts = {"state": found.state, "trajectory": found.trajectory, "total": found.total}
        points.append({"name": point.name, "values": point.values, "seed": point.config.run.seed} | counts)
    return {"directory": str(planned.directory.path), "grid": planned.directory.grid, "points": points}


def _table(planned: Scan) -> str:
    """One line for each point."""
    width = max(len(point.name) for point in planned.points)
    lines = [f"{'point':<{width}}  state    trajectories"]
    for point in planned.points:
        found = planned.progress(point)
        lines.append(f"{point.name:<{width}}  {found.state:<7}  {found.trajectory}/{found.total}")
    return "\n".join(lines)
