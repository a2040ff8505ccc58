"""``lqcdnn measure``: observables of a run's configurations, or of any files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from lqcdnn.cli.completion import files, observables
from lqcdnn.cli.options import group_option, integers, shape_option, work_options
from lqcdnn.cli.running import link_numbers, share_out, warn
from lqcdnn.config.language.keys import entries
from lqcdnn.config.language.problems import InvalidInputError, Source
from lqcdnn.config.load import Measurement, complete_input, load, load_measurement
from lqcdnn.config.tables.observables import FERMIONIC, observable_kind, table_of
from lqcdnn.errors import InputError, LqcdnnError

if TYPE_CHECKING:
    from lqcdnn.config.check import MeasuredTables
    from lqcdnn.config.tables.schema import RunConfig
    from lqcdnn.jobs.measure import MeasureResult


COMMON = ("mass", "boundary")
"""Options of every observable of a Dirac operator."""


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [name.strip() for name in value.split(",") if name.strip()]


@click.command("measure")
@click.argument("files", nargs=-1, metavar="[INPUT.toml] [FILE]...", shell_complete=files)
@click.option("--configs", is_flag=True, help="Measure the configuration files FILE... instead of a run.")
@click.option(
    "--observables",
    callback=_names,
    metavar="A,B,...",
    shell_complete=observables,
    help="What to measure; default as in the input.",
)
@click.option("--mass", type=float, metavar="M", help="Mass of quarks in lattice units.")
@click.option("--boundary", callback=integers, metavar="1,1,1,-1", help="Boundary signs for the same, time last.")
@click.option("--method", type=click.Choice(["exact", "noise"]), help="Of traces: exact, or noise sources.")
@click.option("--noise", type=click.Choice(["z2", "z4", "gaussian"]), help="Of traces: kind of noise.")
@click.option("--vectors", type=int, metavar="N", help="Of traces: number of noise sources.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="With --configs: seed of the noise sources.")
@shape_option
@group_option
@click.option("-o", "--output", "out", metavar="OUT", help="Write the JSON result to this file.")
@work_options
def command(
    files: tuple[str, ...],
    configs: bool,
    observables: list[str] | None,
    mass: float | None,
    boundary: tuple[int, ...] | None,
    method: str | None,
    noise: str | None,
    vectors: int | None,
    seed: int | None,
    shape: tuple[int, ...] | None,
    group: str | None,
    out: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
    plain: bool,
    threads: int | None,
    max_time: float | None,
    repair: bool,
) -> None:
    """Measure observables on configurations.

    With an input file: the saved configurations of its run, into measure/ of the run directory; what was measured
    already is skipped. With --configs: files of any known format; the input file is optional then.
    """
    config, wanted, paths = _inputs(files, configs, overrides)
    given = {
        "mass": mass,
        "boundary": None if boundary is None else list(boundary),
        "method": method or (None if noise is None and vectors is None else "noise"),
        "noise": noise,
        "vectors": vectors,
    }
    options = _fermionic(observables, {key: value for key, value in given.items() if value is not None})
    _refuse(out)
    parts = len(paths) if configs else _saved(config)
    processes = share_out(threads, parts, 0 if config is None else link_numbers(config))
    if configs:
        for option, given_too in (("--repair", repair), ("--max-time", max_time is not None)):
            if given_too:
                raise InputError(f"{option} belongs to the measurements of a run, not to --configs")
        facts = {"config": config, "shape": shape, "group": group, "seed": seed, "processes": processes}
        found = _in_files(paths, plain, out, wanted, observables, options, facts)
        _store(out, found)
        click.echo(json.dumps(found, indent=2, allow_nan=False) if as_json else _table(found))
        return
    if seed is not None or shape is not None or group is not None:
        raise InputError("--seed, --shape and --group belong to --configs", hint="a run has its own")
    from lqcdnn.jobs.measure import measure_run

    assert config is not None
    result = measure_run(config, observables, options, max_time, plain or None, repair, processes)
    _store(out, result.to_dict())
    if not as_json:
        warn(result.warnings)
    click.echo(json.dumps(result.to_dict(), indent=2) if as_json else _summary(result, config))


def _saved(config: RunConfig | None) -> int:
    """How many configurations the run of an input has saved."""
    from lqcdnn.storage.rundir import RunDir

    if config is None or not RunDir.is_run_directory(config.run.name):
        return 0
    return len(RunDir.open(config.run.name).configurations())


def _in_files(
    paths: list[str],
    plain: bool,
    out: str | None,
    wanted: Measurement | None,
    observables: list[str] | None,
    options: dict[str, Any],
    facts: dict[str, Any],
) -> list[dict[str, Any]]:
    """Measure files with what their input file and the options say."""
    observables, options = _with_file(wanted, observables, options)
    if wanted is not None and wanted.lattice is not None:
        facts["shape"], facts["group"] = facts["shape"] or wanted.lattice.shape, facts["group"] or wanted.lattice.group
    tables = None if wanted is None else wanted.tables
    if wanted is not None:
        facts["where"] = wanted.lattice
    try:
        return _measure_files(paths, plain, out, observables=observables, options=options, tables=tables, **facts)
    except InvalidInputError as error:
        raise _placed(error, tables) from None


def _inputs(
    files: Sequence[str], configs: bool, overrides: tuple[str, ...]
) -> tuple[RunConfig | None, Measurement | None, list[str]]:
    """The input file among the arguments, complete or of measurements alone, and the others."""
    inputs = [name for name in files if name.endswith(".toml")]
    others = [name for name in files if not name.endswith(".toml")]
    if len(inputs) > 1:
        raise InputError(f"one input file at a time, not {len(inputs)}: {', '.join(inputs)}")
    if not configs and others:
        hint = complete_input(others[0]) or "configuration files: lqcdnn measure --configs FILE..."
        raise InputError(f"{others[0]} is not an input file (*.toml)", hint=hint)
    if not configs and not inputs:
        raise InputError("nothing to measure", hint="lqcdnn measure INPUT.toml, or lqcdnn measure --configs FILE...")
    if not configs:
        return load(inputs[0], overrides), None, others
    found = load_measurement(inputs[0] if inputs else None, overrides)
    return (None, found, others) if isinstance(found, Measurement) else (found, None, others)


def _fermionic(observables: list[str] | None, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Options by observable of a Dirac operator that is named: mass and boundary of all, others of those with noise.

    Those of none that is named mean the condensate.
    """
    named = [name for name in observables or () if observable_kind(name) in FERMIONIC]
    options: dict[str, dict[str, Any]] = {}
    for name in named:
        known = entries(table_of(name))
        own = {key: value for key, value in given.items() if key in COMMON or ("method" in known and key in known)}
        options |= {name: own} if own else {}
    taken = {key for own in options.values() for key in own}
    return options | {"condensate": given} if given.keys() - taken else options


def _with_file(
    wanted: Measurement | None, names: list[str] | None, options: dict[str, dict[str, Any]]
) -> tuple[list[str] | None, dict[str, dict[str, Any]]]:
    """Names and options of observables with those of a file or of ``--set``; options of the command line win."""
    if wanted is None:
        return names, options
    if wanted.listed and names is None:
        names = [*wanted.observables, *options]
    written = {
        name: dict(given)
        for name, given in wanted.observables.items()
        if not wanted.listed or names is None or name in names
    }
    return names, written | {name: written.get(name, {}) | given for name, given in options.items()}


def _measure_files(paths: list[str], plain: bool, out: str | None, **given: Any) -> list[dict[str, Any]]:
    """Measure files, with a progress display when there are several; what ends early leaves what it has in ``out``."""
    from lqcdnn.jobs.measure import measure_files
    from lqcdnn.report.terminal.console import Reporter
    from lqcdnn.storage.formats.base import open_source

    if len(paths) < 2:
        return measure_files(paths, **given)
    for path in paths:
        open_source(path, None, None)  # a wrong name is told before the work
    done: list[dict[str, Any]] = []

    def report(count: int, result: dict[str, Any]) -> None:
        done.append(result)
        reporter.update(count, result)

    try:
        with Reporter("measure", len(paths), plain=plain or None, unit="config") as reporter:
            return measure_files(paths, report=report, **given)
    except (LqcdnnError, KeyboardInterrupt):
        if out is not None and done:
            _store(out, done)
            click.echo(f"{out} holds the results of the first {len(done)} of {len(paths)} files", err=True)
        raise


def _placed(error: InvalidInputError, tables: MeasuredTables | None) -> InvalidInputError:
    """Problems of tables that stand in the input file with their lines, those of ``--set`` with the option."""
    source = Source() if tables is None else tables.source
    known = {*source.lines, *(".".join(option.split(".")[:2]) for option in source.options)}
    there = all(".".join(problem.path.split(".")[:2]) in known for problem in error.problems)
    return InvalidInputError(error.problems, tables.source) if there and tables is not None else error


def _table(found: list[dict[str, Any]]) -> str:
    from lqcdnn.report.terminal.measured import measured_table

    return measured_table(found)


def _refuse(out: str | None) -> None:
    if out is not None:
        from lqcdnn.storage.atomic import refuse_target

        refuse_target(out)


def _store(out: str | None, found: Any) -> None:
    if out is not None:
        from lqcdnn.storage.atomic import write_json

        write_json(out, found)


def _summary(result: MeasureResult, config: RunConfig) -> str:
    """What was added to the series of a run."""
    from lqcdnn.report.terminal.status import last_record
    from lqcdnn.report.terminal.summary import cut_option

    done = (last_record(result.directory / "journal.jsonl") or {}).get("trajectory", 0)
    cut = cut_option(config.analyze.thermalization, config.run.thermalization, done)
    width = max(len(name) for name in result.series)
    lines = [
        f"{name:<{width}}  {one.measured} measured, {one.before} before  {one.file}"
        for name, one in result.series.items()
    ]
    return "\n".join([*lines, f"next: lqcdnn analyze {shlex.quote(str(result.directory))}{cut}"])
