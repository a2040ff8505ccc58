"""Everything a run directory knows that can be analysed, read without changing anything."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli

from lqcdnn.analyze.data.seen import without_seen
from lqcdnn.analyze.data.series import Axes, Series, axes_of, inner_axes_of, series_of_records
from lqcdnn.analyze.data.updates import evolution_of, interval_of, windows_of
from lqcdnn.config.load import load
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.background import has_phases
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT
from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.config.tables.observables import observable_kind
from lqcdnn.errors import DataError, DiskError, InputError
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir

#: Journal entries about the update itself; all other numbers in the journal are observables.
DIAGNOSTICS = ("dH", "accepted", "acceptance_probability")
#: Name under which the plaquette of the journal, always that of the bare links, is kept beside the observables.
THIN_PLAQUETTE = "journal_plaquette"
#: Name under which a measured rectangle of the bare links is kept there; no table can have it.
THIN_RECTANGLE = "journal_rectangle"
#: Those of the replicas of parallel tempering, one series for each pair or replica.
REPLICAS = ("swapped.", "walkers.")
#: Of each evolution: its work; and -work, the logarithm of its weight, a name that no table can have.
WORK, EVOLUTION_WEIGHT = "work", "-work"
#: Of evolutions: acceptances of the trajectories of the start chain and of those in their steps.
START_ACCEPTED, STEPS_ACCEPTED = "start_accepted", "steps_accepted"
#: Of evolutions: mean values over them without their weights.
UNWEIGHTED = (WORK, "start_action", START_ACCEPTED, STEPS_ACCEPTED)
#: These and what is derived from them: of evolutions, not of the theory.
OF_EVOLUTIONS = (*UNWEIGHTED, "delta_F", "dissipation", "ess")
#: With a bias potential: its Q and V of each trajectory, and ln of its weight, a name that no table can have.
VARIABLE, BIAS, BIAS_WEIGHT = "collective_variable", "bias", "+bias"
#: Q of a chain with a bias that the chain of the run swaps links with.
BIASED_VARIABLE = "biased_variable"
#: Plaquettes and slopes of windows of the plaquette, one series for each.
WINDOWS = WINDOW_VARIABLES, WINDOW_SLOPES = ("window_variables.", "window_slopes.")
#: Journal entries without a mean value worth knowing.
IGNORED = ("H", "solves", "residual", "forced")


@dataclass(frozen=True)
class Physics:
    """What the verdicts must know about the run, from ``resolved.toml``.

    Attributes
    ----------
    group
        "SU(2)", ...; None if unknown.
    shape
        Extents, time last; empty if unknown.
    boundaries
        Boundary signs of each fermion of the exact action.
    guided
        True if a guide proposes: self-learning HMC, or self-learning Monte Carlo.
    integrated
        False if its proposals come from a heat bath.
    refreshed
        With stochastic molecular dynamics friction times length of a cycle, else None.
    thermalization, trajectories
        As declared in ``[run]``.
    analyze_thermalization
        ``analyze.thermalization`` if given.
    observables
        ``analyze.observables`` if the user wrote it, else empty: all.
    gauge_kind, c1, beta
        Kind, coefficient of the rectangles and coupling of the exact gauge action; None if unknown.  Its terms of
        other loops, which beta does not multiply, have no part in this.
    winding
        Whether the exact action has Polyakov loops: gauge terms, or fermions that see links of a network with them.
    phases
        Whether hops of a fermion of the action have phases beside signs, or it has a chemical potential.
    derive, fit
        ``analyze.derive`` and ``analyze.fit``.
    batch
        ``train.batch``: samples averaged in one optimizer step.
    couplings
        Those of the replicas of parallel tempering; empty without.
    evolution
        ``steps``, ``updates`` and ``between`` of evolutions; None without.
    bias_built
        Trajectories after which the bias potential of the chain has grown; None without one.
    bias_interval
        Lowest and highest plaquette of its grid; None without one, or of the charge.
    windows
        Centres and width of windows of the plaquette, and trajectories after which their slopes stay; None without.
    masses
        Masses that the series ``reweighting.1``, ... lead to, from their last record.
    open_time, anisotropic
        Whether time has ends, and whether loops of the action do not all count the same.
    twisted_time, scalar
        Whether a plane with time is twisted, and whether the action has a scalar field.
    plaquettes_alone
        Whether the action is Wilson's and nothing more.
    setup
        What the run is, as ``lqcdnn validate`` says it: method, actions with couplings and masses, integrator, seed,
        ... by heading; empty if this version does not take its input.
    """

    group: str | None = None
    shape: tuple[int, ...] = ()
    boundaries: tuple[tuple[int, ...], ...] = ()
    guided: bool = False
    integrated: bool = True
    refreshed: float | None = None
    thermalization: int = 0
    trajectories: int | None = None
    analyze_thermalization: int | None = None
    observables: tuple[str, ...] = ()
    gauge_kind: str | None = None
    c1: float | None = None
    beta: float | None = None
    winding: bool = False
    phases: bool = False
    derive: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    batch: int = 1
    couplings: tuple[float, ...] = ()
    evolution: tuple[int, int, int] | None = None
    bias_built: int | None = None
    bias_interval: tuple[float, float] | None = None
    windows: tuple[tuple[float, ...], float, int] | None = None
    masses: tuple[float, ...] = ()
    open_time: bool = False
    anisotropic: bool = False
    twisted_time: bool = False
    scalar: bool = False
    plaquettes_alone: bool = False
    setup: Mapping[str, str] = field(default_factory=dict)

    @property
    def constants(self) -> dict[str, float]:
        """Values of the names in `lqcdnn.config.language.expressions.CONSTANTS`, as far as they are known."""
        known: dict[str, float | None] = {"pi": math.pi, "N": self.colors, "beta": self.beta}
        if self.shape:
            known |= {"V": math.prod(self.shape), "L": self.shape[0], "T": self.shape[-1], "D": len(self.shape)}
        return {name: float(value) for name, value in known.items() if value is not None}

    @property
    def colors(self) -> int | None:
        """Size N of the link matrices; 1 for U(1)."""
        return None if self.group is None else int(self.group.partition("(")[2].rstrip(")"))


@dataclass(frozen=True)
class RunData:
    """Series of one run.

    Attributes
    ----------
    directory
        The run directory.
    observables
        Series of the journal and of ``measure/``, sorted by observable; thermalisation included where it was recorded.
    diagnostics
        Series ``dH``, ``accepted``, ``acceptance_probability`` of the journal, as far as they exist, and its plaquette;
        the first three without trajectories that were accepted whatever dH is; ``swapped.1`` and ``walkers.1``, ... of
        the replicas of parallel tempering; ``-work`` of evolutions; plaquettes and slopes of windows, and ``+bias``, of
        trajectories whose slopes or bias potential stay as they are; rectangles of the bare links, where measured.
    history
        Records of ``train/history.jsonl``.
    physics
        Facts from ``resolved.toml``.
    warnings
        Sentences about torn last lines, and about what networks were trained on.
    axes
        For a file in ``measure/``, or for a list: name and values of the increasing list of numbers among the
        descriptions, such as ``flow_time``, to which lists of the same length belong.
    """

    directory: Path
    observables: tuple[Series, ...]
    diagnostics: dict[str, Series]
    history: list[dict[str, Any]] = field(repr=False)
    physics: Physics
    warnings: tuple[str, ...]
    axes: Axes = field(default_factory=dict)

    @property
    def last(self) -> int:
        """Last trajectory of any series; 0 without one."""
        everything = (*self.observables, *self.diagnostics.values())
        return max((int(item.trajectories[-1]) for item in everything if len(item)), default=0)


def read_run(directory: str | Path) -> RunData:
    """Read all series of a run directory.

    Raises
    ------
    InputError
        Not a run directory.
    DataError
        A damaged file; the message names file and line.
    DiskError
        A file cannot be read.
    """
    path = Path(directory)
    if not path.is_dir() and path.suffix != ".toml":
        raise InputError(
            f"{path} is not a directory", hint="for a file of numbers: lqcdnn analyze --series FILE" * path.exists()
        )
    RunDir.require(path)
    warnings: list[str] = []
    journal = without_idle_solver(_read(path / "journal.jsonl", warnings))
    series = {item.name: item for item in journal}
    diagnostics = {name: series.pop(name) for name in DIAGNOSTICS if name in series}
    diagnostics |= {name: series.pop(name) for name in list(series) if name.startswith(REPLICAS)}
    physics = read_physics(path)
    if BIAS in series and physics.bias_built is not None:
        weight = replace(series[BIAS], name=BIAS_WEIGHT).after(physics.bias_built)
        diagnostics[BIAS_WEIGHT] = weight  # of a potential that grows, weights belong to no ensemble
    if physics.windows is not None:  # of which no plaquette has the ensemble of the action
        within = [series.pop(name) for name in list(series) if name.startswith(("plaquette", *WINDOWS))]
        found_there = [one.after(physics.windows[2]) for one in within if one.name.startswith(WINDOWS)]
        diagnostics |= {one.name: one for one in found_there}
    for name in (*IGNORED, BIAS, BIASED_VARIABLE):
        series.pop(name, None)
    axes: Axes = {}
    if WORK in series:
        work = series[WORK]
        diagnostics[EVOLUTION_WEIGHT] = Series(EVOLUTION_WEIGHT, work.source, work.trajectories, -work.values)
    if "plaquette" in series:  # measure/ may hold that of smeared links
        diagnostics[THIN_PLAQUETTE] = replace(series["plaquette"], name=THIN_PLAQUETTE)
    on_the_way = set(series)
    for file in sorted((path / "measure").glob("*.jsonl")):
        content = Journal(file).records()
        warnings += content.warnings
        axes |= {str(file): axis for axis in axes_of(content.records)} | inner_axes_of(content.records)
        last = content.records[-1] if content.records else {}
        if isinstance(last.get("reweighting_masses"), list):
            physics = replace(physics, masses=tuple(map(float, last["reweighting_masses"])))
        found = without_seen(series_of_records(content.records, str(file)), file, last, path, warnings)
        links = last.get(f"{file.stem}_links")
        if observable_kind(file.stem) == "rectangle" and links is None:
            thin = [replace(item, name=THIN_RECTANGLE) for item in found if item.name == file.stem]
            diagnostics |= {item.name: item for item in thin}
        for item in _apart(found, links, on_the_way):
            # the journal holds some observables too: the longer series wins
            if item.name not in series or len(item) >= len(series[item.name]):
                series[item.name] = item
    content = Journal(path / "train" / "history.jsonl").records()
    return RunData(
        directory=path,
        observables=tuple(sorted(series.values(), key=_order)),
        diagnostics=diagnostics,
        history=content.records,
        physics=physics,
        warnings=(*warnings, *content.warnings),
        axes=axes,
    )


def without_idle_solver(series: Sequence[Series]) -> Sequence[Series]:
    """Without the iterations of a journal in which nothing was ever solved: there are no fermions."""
    idle = any(item.name == "solves" and not item.values.any() for item in series)
    return [item for item in series if not (idle and item.name == "cg_iterations")]


def _apart(series: Sequence[Series], links: Any, recorded: set[str]) -> Sequence[Series]:
    """Series of an observable; those of other links are named after these if the journal has thin ones."""
    if not isinstance(links, dict) or recorded.isdisjoint(item.name for item in series):
        return series
    tables = (links.get(table) for table in ("network", "flow", "smearing", "projection"))
    suffix = str(next(filter(None, tables), None)).replace("-", "_")
    return [replace(item, name="_".join((first, suffix)) + dot + rest) for item in series
            for first, dot, rest in [item.name.partition(".")]]  # fmt: skip


def _read(file: Path, warnings: list[str]) -> tuple[Series, ...]:
    content = Journal(file).records()
    warnings += content.warnings
    return series_of_records(map(_tested, content.records), str(file))


def _tested(record: dict[str, Any]) -> dict[str, Any]:
    """A record without dH where that decided nothing: <exp(-dH)> = 1 holds for proposals that are tested alone."""
    return {key: value for key, value in record.items() if key != "dH"} if record.get("forced") else record


def _order(series: Series) -> tuple[int, tuple[str | int, ...]]:
    """Plaquette, Polyakov loop, condensate, what else was measured, and last what only the journal knows."""
    known = ("plaquette", "polyakov", "condensate")
    group = next((i for i, name in enumerate(known) if series.name.startswith(name)), len(known))
    from_journal = group == len(known) and Path(series.source).name == "journal.jsonl"
    return (group + from_journal, () if group < len(known) else natural(series.name))


def natural(name: str) -> tuple[str | int, ...]:
    """Key by which ``pion.2`` comes before ``pion.10``."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def observable_of(series: Series) -> str:
    """Observable a series belongs to: the name of its file in ``measure/``, or its own for the journal."""
    stem = Path(series.source).stem
    return series.name.partition(".")[0].partition("_")[0] if stem == "journal" else stem


def read_physics(directory: Path) -> Physics:
    """Facts from ``resolved.toml`` and ``input.toml``; all unknown where there is none.

    Raises
    ------
    DataError
        A file that is not TOML.
    """
    resolved = _toml(directory / "resolved.toml")
    names = ("lattice", "run", "analyze", "action", "train", "update")
    lattice, run, analyze, action, train, update = (_table(resolved, name) for name in names)
    fermions, gauge = action.get("fermion", []), _table(action, "gauge")
    return Physics(
        group=lattice.get("group"),
        shape=tuple(lattice.get("shape", ())),
        boundaries=tuple(tuple(fermion["boundary"]) for fermion in fermions if "boundary" in fermion),
        guided="guide" in resolved,
        integrated=update.get("kind") != "slmc",
        refreshed=update["friction"] * update["length"] if "friction" in update else None,
        thermalization=int(run.get("thermalization", 0)),
        trajectories=run.get("trajectories"),
        analyze_thermalization=analyze.get("thermalization"),
        # the resolved file lists the default too, which must not hide what was measured afterwards
        observables=tuple(_table(_toml(directory / "input.toml"), "analyze").get("observables", ())),
        gauge_kind=gauge.get("kind"),
        c1=gauge.get("c1", RECTANGLE_COEFFICIENT.get(str(gauge.get("kind")))),
        beta=None if "beta" not in gauge else float(gauge["beta"]),
        winding=any(map(is_polyakov, _loops(gauge, fermions, _table(resolved, "network")))),
        phases=any(has_phases(f) or f.get("chemical_potential", 0.0) != 0.0 for f in fermions),
        derive=tuple(analyze.get("derive", ())),
        fit=tuple(analyze.get("fit", ())),
        batch=int(train.get("batch", 1)),
        couplings=tuple(map(float, _table(update, "tempering").get("couplings", ()))),
        evolution=evolution_of(_table(update, "evolution")),
        bias_built=None if _table(update, "bias").get("tempered") else _table(update, "bias").get("build"),
        bias_interval=interval_of(_table(update, "bias")),
        windows=windows_of(_table(update, "llr")),
        open_time=lattice.get("time", "periodic") != "periodic",
        anisotropic=is_anisotropic(gauge),
        twisted_time=any(value for plane, value in _table(lattice, "twist").items() if "t" in plane),
        scalar="scalar" in action,
        plaquettes_alone=_plaquettes_alone(action),
        setup=_setup(directory / "resolved.toml"),
    )


def _plaquettes_alone(action: dict[str, Any]) -> bool:
    """Whether plaquettes, all counting the same, are all of an action."""
    gauge = _table(action, "gauge")
    rectangles = gauge.get("c1", RECTANGLE_COEFFICIENT.get(str(gauge.get("kind"))))
    others = (*action.get("fermion", ()), *gauge.get("term", ()), *_table(action, "theta"), *_table(action, "scalar"))
    return rectangles == 0.0 and not others and not is_anisotropic(gauge)


def _setup(resolved: Path) -> dict[str, str]:
    """What the input of a run says, in words; where the run is stays out, as directories are moved."""
    try:
        config = load(resolved)
    except InputError:
        return {}
    lines = {name: line for name, line in summary(config).items() if name != "directory"}
    return lines if config.run.seed is None else {**lines, "seed": str(config.run.seed)}


def _loops(gauge: Mapping[str, Any], fermions: Sequence[Mapping[str, Any]], networks: dict[str, Any]) -> list[Any]:
    """Loops of the terms of the gauge action, and of the layers of networks whose links fermions see."""
    found = [term.get("loops", "") for term in gauge.get("term", ())]
    for name in {str(fermion.get("links")) for fermion in fermions}:
        found += [loops for layer in _table(networks, name).get("layer", ()) for loops in layer.get("loops", ())]
    return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DiskError(f"{path}: could not read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged: {error}") from error


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name, {})
    return value if isinstance(value, dict) else {}
