"""Measure the saved configurations of a run, or any configuration files."""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lqcdnn.config import RunConfig, physics_keys
from lqcdnn.config.check import MeasuredTables, valence_quarks
from lqcdnn.config.language.counts import counted
from lqcdnn.config.neutral import without_neutral
from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.errors import InputError, StoppedEarly
from lqcdnn.fields.gauge import project
from lqcdnn.fields.group import group as gauge_group
from lqcdnn.fields.opentime import from_user
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.boundaries import boundary_attributes, boundary_warnings
from lqcdnn.jobs.chosen import Options, choose, every_valence, refuse_other_options
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.fork import chain_seed
from lqcdnn.jobs.networks import measured_links
from lqcdnn.jobs.repair import repair_series
from lqcdnn.jobs.session import checked, unrecorded
from lqcdnn.jobs.sharing import shared_out
from lqcdnn.lattice.geometry import Blocks, lattice
from lqcdnn.lattice.opentime import lattice_from
from lqcdnn.lattice.twist import text_of
from lqcdnn.measure.registry import Values
from lqcdnn.measure.runner import Measurements
from lqcdnn.report.terminal.console import Reporter
from lqcdnn.storage import atomic
from lqcdnn.storage.formats import Configuration, read_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.lock import RunLock
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.chain import StopRequest

DEFAULT_SEED = 1
"""Seed of noise sources for files without an input."""


@dataclass
class SeriesState:
    """Where one series stands: its file, what it held before, and how many configurations were measured now."""

    file: Path
    before: int
    measured: int = 0


@dataclass(frozen=True)
class Saved:
    """A configuration of a run, and the observables whose series lack it."""

    trajectory: int
    path: Path
    names: list[str]


@dataclass(frozen=True)
class MeasureResult:
    """What :func:`measure_run` did: the series by observable, and what the user should know."""

    directory: Path
    series: dict[str, SeriesState]
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        series = {
            name: {"file": str(one.file), "before": one.before, "measured": one.measured}
            for name, one in self.series.items()
        }
        return {"run": str(self.directory), "observables": series, "warnings": self.warnings}


@compilation_told()
def measure_run(
    config: RunConfig,
    observables: Sequence[str] | None = None,
    options: Options | None = None,
    max_time: float | None = None,
    plain: bool | None = None,
    repair: bool = False,
    processes: int = 1,
) -> MeasureResult:
    """Append to ``measure/<observable>.jsonl`` what is missing for the saved configurations of the run.

    What was measured already, here or while it was generated, is skipped: the same call goes on after an interruption.

    Parameters
    ----------
    config
        The input of the run; its directory is ``config.run.name``.
    observables
        Names; default those of ``[observables]``.
    options
        Options that replace those of the input, by observable.
    max_time
        Seconds after which to stop.
    plain
        Plain progress lines; None decides by the terminal.
    repair
        Drop damaged lines first; they are measured again, the damaged files are kept.
    processes
        Among how many configurations are shared out, see :mod:`lqcdnn.jobs.sharing`.

    Raises
    ------
    InputError
        No such run, a run of other physics, nothing to measure, or a series measured with other options.
    StoppedEarly
        Stopped by a signal or by ``max_time``.
    LockError
        Another process is at work in the run.
    DataError, DiskError, NumericalError
        Damaged files, writing, solvers.
    """
    if not RunDir.is_run_directory(checked(config).run.name):
        raise InputError(f"there is no run directory {config.run.name}", hint="lqcdnn generate makes it")
    run = RunDir.open(config.run.name)
    seed = seed_of_run(run, config)
    chosen = choose(observables, options or {}, config.lattice.dims, config)
    grid = lattice_from(config.lattice)
    links, warnings = measured_links(grid, chosen, config)
    quarks = config.valence, config.photons
    what = Measurements(grid, gauge_group(config.lattice.group), chosen, config.action, links, *quarks)
    with RunLock(run.lock_path), StopRequest(max_time).listening() as stop:
        if repair:
            repair_series(run)
        atomic.make_folder(run.path / "measure")  # moving it away is a way to measure anew
        done, result = _series(run, what)
        result.warnings.extend(warnings)
        if not run.configurations():
            every = f"run.save_every = {config.run.save_every} stores one in {config.run.save_every} trajectories"
            result.warnings.append(f"{run.path} has no saved configurations yet: {every}")
        unmeasured = ((*found, [name for name in done if found[0] not in done[name]]) for found in run.configurations())
        todo = [Saved(number, path, names) for number, path, names in unmeasured if names]
        records = shared_out(functools.partial(_measure_saved, what, seed), todo, processes)
        with Reporter(config.run.name, len(todo), plain=plain, unit="config") as reporter, closing(records):
            _append(todo, records, result, reporter, stop)
    return result


@compilation_told()
def measure_files(
    paths: Sequence[str | os.PathLike[str]],
    observables: Sequence[str] | None = None,
    config: RunConfig | None = None,
    options: Options | None = None,
    shape: Sequence[int] | None = None,
    group: str | None = None,
    seed: int | None = None,
    report: Callable[[int, dict[str, Any]], None] | None = None,
    tables: MeasuredTables | None = None,
    where: LatticeConfig | None = None,
    processes: int = 1,
) -> list[dict[str, Any]]:
    """Measure configuration files of any readable format.

    Parameters
    ----------
    paths
        The files.
    observables
        Names; default those of the input, else plaquette, polyakov, and what ``options`` speak of.
    config
        An input file: options of the observables, the lattice and group the files must have, seed.
    options
        Options that replace those of the input, by observable: ``{"condensate": {"mass": 0.3}}``.
    shape, group
        For files that do not say themselves; others must agree.
    seed
        Of noise sources, with the trajectory the file names, or else its links; default that of the input, else 1.
    report
        Called with the number of files done and the last result.
    tables
        Networks, flows, valence quarks and photon fields of observables, beside those of the input.
    where
        The table ``[lattice]`` of an input that only measures, for its twist.
    processes
        Among how many files are shared out, see :mod:`lqcdnn.jobs.sharing`.

    Returns
    -------
    list of dict
        For each file ``config`` (its path), ``format``, ``shape``, ``group``, ``trajectory`` (None if unknown), the
        numbers and options of the observables, ``warnings``.

    Raises
    ------
    InputError
        No file, an unknown observable, options missing, or what cannot be measured on these lattices.
    DataError, DiskError, NumericalError
        Damaged files, reading, solvers.
    """
    if not paths:
        raise InputError("no configuration file to measure", hint="lqcdnn measure --configs FILE...")
    if config is not None:
        shape, group = shape or config.lattice.shape, group or config.lattice.group
        seed, where = config.run.seed if seed is None else seed, config.lattice
    prepared = functools.cache(functools.partial(_measurements, observables, options or {}, config, tables, where))

    def measured(path: str | os.PathLike[str]) -> dict[str, Any]:
        found = read_configuration(path, shape, group)
        what = prepared(found.shape, found.group)
        return _measure_file(path, found, what, DEFAULT_SEED if seed is None else seed)

    results = []
    with closing(shared_out(measured, paths, processes)) as found:
        for count, result in enumerate(found, start=1):
            results.append(result)
            if report is not None:
                report(count, result)
    return results


def _measurements(
    names: Sequence[str] | None,
    options: Options,
    config: RunConfig | None,
    tables: MeasuredTables | None,
    where: LatticeConfig | None,
    shape: tuple[int, ...],
    group: str,
) -> Measurements:
    """What is measured on files of a lattice and group."""
    time = "periodic" if where is None else where.time
    valence = {} if tables is None else valence_quarks(tables, shape, group, time)
    chosen = choose(names, options, len(shape), config, valence)
    grid = lattice(shape)
    if where is not None and (told := boundary_attributes(lattice_from(where))):
        if (where.shape, where.group) != (shape, group):
            asked, found = f"{where.group} on {list(where.shape)}", f"{group} on {list(shape)}"
            raise InputError(f"lattice.{next(iter(told))} is that of {asked}, not of {found}")
        grid = lattice_from(where)
    action, photons = (None, None) if config is None else (config.action, config.photons)
    if tables is not None and tables.photons is not None:
        photons = tables.photons
    links = measured_links(grid, chosen, config, tables)[0]
    return Measurements(grid, gauge_group(group), chosen, action, links, every_valence(config, valence), photons)


def _append(
    todo: Sequence[Saved],
    found: Iterable[dict[str, Values]],
    result: MeasureResult,
    reporter: Reporter,
    stop: StopRequest,
) -> None:
    """Append what is found on each configuration to the series that lack it."""
    with ExitStack() as files:
        journals = {name: files.enter_context(Journal(one.file)) for name, one in result.series.items()}
        for count, (saved, records) in enumerate(zip(todo, found, strict=True), start=1):
            for name, values in records.items():
                journals[name].append({"trajectory": saved.trajectory, **values})
                result.series[name].measured += 1
            reporter.update(count, flat(records))
            _check_stop(stop, count, len(todo))
        for journal in journals.values():
            journal.sync()


def links_of(found: Configuration, what: Measurements) -> Blocks:
    """The links of a file, those of single precision projected onto the group."""
    U = from_user(what.lattice, found.links)
    project(what.lattice, U, what.group)
    return U


def scalar_of(found: Configuration, what: Measurements) -> Blocks | None:
    """The scalar field of a file, if it holds one."""
    return None if found.scalar is None else what.lattice.from_user(found.scalar)


def _measure_saved(what: Measurements, seed: int, saved: Saved) -> dict[str, Values]:
    """Records of a configuration of the run."""
    found = read_configuration(saved.path, what.lattice.shape, what.group.name)
    U, scalar = links_of(found, what), scalar_of(found, what)
    return what.measure(U, Stream(seed, saved.trajectory), saved.names, saved.path, scalar)


def _measure_file(path: str | os.PathLike[str], found: Configuration, what: Measurements, seed: int) -> dict[str, Any]:
    """The result of one file."""
    known = found.attributes.get("trajectory")
    trajectory = known if isinstance(known, int) and 0 <= known < 1 << 32 else None
    stream = Stream(seed, zlib.crc32(found.links.tobytes()) if trajectory is None else trajectory)
    records = what.measure(links_of(found, what), stream, source=path, scalar=scalar_of(found, what))
    made, told = found.attributes.get("twist", ""), text_of(what.lattice.twist, what.lattice.d)
    if isinstance(made, str) and made != told and what.group.special:
        known = f"made with lattice.twist = {{{made}}}, but measured with {{{told}}}"
        found.warnings.append(f"{known}: an input file with [lattice] says which")
    found.warnings.extend(boundary_warnings(found.attributes, what.lattice))
    if (weight := found.attributes.get("log_weight")) is not None:
        found.warnings.append(f"of a chain with a bias potential: its weight in mean values is exp({weight})")
    return {
        "config": os.fspath(path),
        "format": found.format,
        "shape": list(found.shape),
        "group": found.group,
        "trajectory": trajectory,
        **flat(records),
        "warnings": found.warnings,
    }


def seed_of_run(run: RunDir, config: RunConfig) -> int:
    """The seed of a run, after checking that lattice, group, actions and seed of the input are those of the run."""
    present = json.loads(json.dumps(physics_keys(config)))
    recorded = without_neutral({**unrecorded(config, present), **run.physics})
    there, asked = _fermions(recorded), _fermions(present)
    if there != asked:
        raise InputError(
            f"{run.path} was made with {counted(there, 'fermion')} in its action, the input has {asked}",
            hint="quarks that are only measured are tables [valence.NAME]",
        )
    changed = [
        f"{key}: {recorded.get(key, '(absent)')} in the run, {present.get(key, '(absent)')} in the input"
        for key in dict.fromkeys((*present, *recorded))
        if key.startswith(("lattice.", "action.")) or (key == "run.seed" and key in present)
        if recorded.get(key) != present.get(key)
    ]
    if changed:
        raise InputError(f"{run.path} was made with other physics: " + "; ".join(changed))
    return chain_seed(run.manifest, int(recorded["run.seed"]))


def _fermions(keys: Iterable[str]) -> int:
    """How many fermions of the action dotted keys speak of."""
    return len({key.split(".")[2] for key in keys if key.startswith("action.fermion.")})


def _series(run: RunDir, what: Measurements) -> tuple[dict[str, set[int]], MeasureResult]:
    """Trajectories each series has already, after checking that they were measured with the same options."""
    done: dict[str, set[int]] = {}
    result = MeasureResult(run.path, {})
    for name in what.observables:
        path = run.measure_path(name)
        content = Journal(path).records()
        refuse_other_options(path, content.records, name, what)
        done[name] = {record["trajectory"] for record in content.records}
        result.series[name] = SeriesState(path, len(done[name]))
        result.warnings.extend(content.warnings)
    return done, result


def flat(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The records of one configuration as one."""
    return {key: value for values in records.values() for key, value in values.items()}


def _check_stop(stop: StopRequest, done: int, total: int) -> None:
    stop.lap()
    if stop.reason is not None and done < total:
        raise StoppedEarly(
            f"stopped by {stop.reason} after configuration {done} of {total}",
            hint="the same command goes on from here",
        )
