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

from lqcdnn.config import RunConfig, observable, physics_keys
from lqcdnn.config.check import MeasuredTables, valence_quarks
from lqcdnn.config.language.keys import REQUIRED, entries, is_value
from lqcdnn.config.rules.valence import quarks_of
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import Measured, ObservableConfig, observable_kind, table_of
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError, StoppedEarly
from lqcdnn.fields.gauge import project
from lqcdnn.fields.group import group as gauge_group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.fork import chain_seed
from lqcdnn.jobs.networks import measured_links
from lqcdnn.jobs.options import refuse_other_options
from lqcdnn.jobs.repair import repair_series
from lqcdnn.jobs.session import checked
from lqcdnn.jobs.sharing import shared_out
from lqcdnn.lattice.geometry import Blocks, lattice
from lqcdnn.measure.registry import Values
from lqcdnn.measure.runner import Measurements
from lqcdnn.report.terminal.console import Reporter
from lqcdnn.storage import atomic
from lqcdnn.storage.formats import Configuration, read_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.lock import RunLock
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.chain import StopRequest

Options = Mapping[str, Mapping[str, Any]]
"""Options of observables by name, with the keys of the input file."""

Quarks = Mapping[str, QuarkConfig]
"""Fermions of an action and valence quarks by the names that observables have for them."""

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
    seed = _seed_of(run, config)
    chosen = choose(observables, options or {}, config.lattice.dims, config)
    grid = lattice(config.lattice.shape)
    links, warnings = measured_links(grid, chosen, config)
    what = Measurements(grid, gauge_group(config.lattice.group), chosen, config.action, links, config.valence)
    with RunLock(run.lock_path), StopRequest(max_time).listening() as stop:
        if repair:
            repair_series(run)
        atomic.make_folder(run.path / "measure")  # moving it away is a way to measure anew
        done, result = _series(run, what)
        result.warnings.extend(warnings)
        if not run.configurations():
            result.warnings.append(f"{run.path} has no saved configurations yet")
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
        Networks, flows and valence quarks that observables may name, beside those of the input.
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
        seed = config.run.seed if seed is None else seed
    prepared = functools.cache(functools.partial(_measurements, observables, options or {}, config, tables))

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
    shape: tuple[int, ...],
    group: str,
) -> Measurements:
    """What is measured on files of a lattice and group."""
    valence = valence_quarks(tables, shape, group) if tables is not None else {}
    chosen = choose(names, options, len(shape), config, valence)
    action, grid = None if config is None else config.action, lattice(shape)
    links = measured_links(grid, chosen, config, tables)[0]
    return Measurements(grid, gauge_group(group), chosen, action, links, _valence(config, valence))


def _valence(config: RunConfig | None, valence: Quarks) -> dict[str, QuarkConfig]:
    """Valence quarks of the input and others, which win."""
    return {**(config.valence if config is not None else {}), **valence}


def choose(
    names: Sequence[str] | None,
    options: Options,
    dims: int,
    config: RunConfig | None = None,
    valence: Quarks | None = None,
) -> dict[str, ObservableConfig]:
    """Complete options of each observable to measure: those of the input, replaced by the given ones.

    They may name valence quarks of the input or, by name, those given.

    Raises
    ------
    InputError
        For an unknown name, a wrong or missing option, options of an observable that is not measured, or no observable.
    """
    written = {} if config is None else config.observables
    default = list(written) if config is not None else ["plaquette", "polyakov"]
    names = [names] if isinstance(names, str) else names  # not its letters
    chosen = list(dict.fromkeys(names if names is not None else [*default, *options]))
    if not chosen:
        raise InputError("nothing to measure", hint="add [observables.plaquette] to the input, or use --observables")
    if unused := [name for name in options if name not in chosen]:
        raise InputError(f"options for {unused[0]}, which is not measured", hint=f"add {unused[0]} to --observables")
    quarks = quarks_of(None if config is None else config.action, _valence(config, valence or {}))
    return {name: _complete(name, written.get(name), options.get(name, {}), dims, quarks) for name in chosen}


def _complete(
    name: str, written: ObservableConfig | None, given: Mapping[str, Any], dims: int, quarks: Quarks
) -> ObservableConfig:
    base = {} if written is None else as_tree(written)
    base = {key: value for key, value in base.items() if not _left_behind(name, key, given)}
    merged = {**base, **given}
    known = entries(table_of(name) if observable_kind(name) else Measured).get("mass")
    if known and is_value(known[1]) and known[1].default is REQUIRED and not quarks and "mass" not in merged:
        raise InputError(f"{name} needs a mass", hint="--mass 0.3, or an input file with a fermion")
    complete: ObservableConfig = observable(name, merged, dims, quarks)
    return complete


def _left_behind(name: str, key: str, given: Mapping[str, Any]) -> bool:
    """Whether an option of the input is of a variant (noise, say) or of a quark that the given options leave."""
    entry = entries(table_of(name))[key][1]
    of_quark = {"fermion": ("mass", "boundary", "flavors"), "antiquark": ("antiquark_mass", "boundary")}
    left = any(name in given and key in keys for name, keys in of_quark.items())
    return left or bool(is_value(entry) and entry.when and entry.when.key in given and not entry.when.holds(given))


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
    U = what.lattice.from_links(found.links)
    project(what.lattice, U, what.group)
    return U


def _measure_saved(what: Measurements, seed: int, saved: Saved) -> dict[str, Values]:
    """Records of a configuration of the run."""
    found = read_configuration(saved.path, what.lattice.shape, what.group.name)
    return what.measure(links_of(found, what), Stream(seed, saved.trajectory), saved.names, saved.path)


def _measure_file(path: str | os.PathLike[str], found: Configuration, what: Measurements, seed: int) -> dict[str, Any]:
    """The result of one file."""
    known = found.attributes.get("trajectory")
    trajectory = known if isinstance(known, int) and 0 <= known < 1 << 32 else None
    stream = Stream(seed, zlib.crc32(found.links.tobytes()) if trajectory is None else trajectory)
    records = what.measure(links_of(found, what), stream, source=path)
    return {
        "config": os.fspath(path),
        "format": found.format,
        "shape": list(found.shape),
        "group": found.group,
        "trajectory": trajectory,
        **flat(records),
        "warnings": found.warnings,
    }


def _seed_of(run: RunDir, config: RunConfig) -> int:
    """The seed of a run, after checking that lattice, group, actions and seed of the input are those of the run."""
    recorded = run.physics
    present = json.loads(json.dumps(physics_keys(config)))
    changed = [
        f"{key}: {recorded[key]} in the run, {present[key]} in the input"
        for key in present
        if key.startswith(("lattice.", "action.", "run.seed")) and key in recorded and recorded[key] != present[key]
    ]
    if changed:
        raise InputError(f"{run.path} was made with other physics: " + "; ".join(changed))
    return chain_seed(run.manifest, int(recorded["run.seed"]))


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
