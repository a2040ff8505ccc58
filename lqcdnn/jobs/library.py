"""What a Python session needs beside the commands: a simulation to step by hand, one measurement, series to plot."""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.analyze.data.rundata import read_run
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.data.textfile import read_series_and_axes
from lqcdnn.config import RunConfig
from lqcdnn.config.check import lattice_of, measured_tables, valence_quarks
from lqcdnn.config.language.problems import Source
from lqcdnn.config.tables.schema import MEASUREMENT
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import extents_of, from_user_array
from lqcdnn.fields.group import group as gauge_group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import Simulation, build
from lqcdnn.jobs.chosen import Options, choose
from lqcdnn.jobs.deformations import DeformationResult, train_deformations
from lqcdnn.jobs.measure import DEFAULT_SEED, flat, measure_files, scalar_of
from lqcdnn.jobs.networks import load_networks, measured_links
from lqcdnn.jobs.session import checked, seeded
from lqcdnn.jobs.starts import initial_links
from lqcdnn.jobs.states import file_scalar
from lqcdnn.jobs.surrogates import SurrogateResult, train_surrogates
from lqcdnn.jobs.train import TrainResult
from lqcdnn.jobs.train import train as train_guide
from lqcdnn.lattice.geometry import lattice
from lqcdnn.lattice.opentime import lattice_from
from lqcdnn.measure.runner import Measurements
from lqcdnn.storage.formats import Configuration
from lqcdnn.update.hmc import State


def prepare(config: RunConfig) -> tuple[Simulation, State]:
    """Objects of an input file and the state before its first trajectory; nothing is written.

    ``state, info = simulation.update().step(state)`` does the trajectories that ``lqcdnn generate`` would do, with the
    same random numbers. Networks have the weights of their files; a network without a file has its initial weights.

    Parameters
    ----------
    config
        The input; without ``run.seed`` a seed is drawn (it is ``state.seed``).

    Raises
    ------
    InputError
        A weights file or a start configuration is missing or does not fit.
    DataError
        One of them is damaged.
    """
    config = seeded(config)
    assert config.run.seed is not None
    simulation = build(config)
    for text in load_networks(config, simulation):
        warnings.warn(text, stacklevel=2)
    links, scalar = initial_links(config, simulation, config.run.seed), file_scalar(config, simulation)
    return simulation, State(links, 0, config.run.seed, scalar=scalar)


def train(
    config: RunConfig,
    input_text: str = "",
    max_time: float | None = None,
    plain: bool | None = None,
    repair: bool = False,
) -> TrainResult | SurrogateResult | DeformationResult:
    """Train what ``[train]`` names, or else every [surrogate.NAME] or [deformation.NAME], or go on with it.

    Parameters
    ----------
    config
        The input; its run directory is ``config.run.name``.
    input_text
        Kept in the run directory by the training of ``[train]``.
    max_time
        Seconds after which to stop.
    plain
        Plain progress lines; None decides by the terminal.
    repair
        Leave damaged files behind; of ``[train]`` alone.

    Raises
    ------
    InputError, NumericalError, StoppedEarly
        As :func:`lqcdnn.jobs.train.train`, :func:`lqcdnn.jobs.surrogates.train_surrogates` and
        :func:`lqcdnn.jobs.deformations.train_deformations`.
    """
    if checked(config).surrogate:
        return train_surrogates(config, max_time, plain)
    if config.deformation:
        return train_deformations(config, max_time, plain)
    return train_guide(config, input_text, max_time, plain, repair)


def measure_configuration(
    source: NDArray[np.complex128] | Configuration | str | os.PathLike[str],
    observables: Sequence[str] | None = None,
    options: Options | None = None,
    group: str | None = None,
    seed: int = DEFAULT_SEED,
    tables: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Measure one configuration: an array, what ``read_configuration`` returned, or a file.

    Parameters
    ----------
    source
        Complex array in user layout, shape (d, L1, ..., Ld, N, N), time last; a Configuration; or the path of a file.
    observables
        Names, or one name; default plaquette, polyakov, and what `options` speak of.
    options
        Options by observable with the keys of the input file: ``{"condensate": {"mass": 0.3}}``.
    group
        Of an array of N x N matrices; default "SU(N)", or "U(1)" for N = 1. Files that name no group take it from here.
    seed
        Of noise sources; their numbers also depend on the links.
    tables
        Networks, flows and valence quarks that an observable names in ``links`` and ``fermion``, as in the input file:
        ``{"flow": {"smooth": {"time": 1.0}}}``, ``{"valence": {"light": {"kind": "wilson", "kappa": 0.15}}}``. Also the
        lattice that the links must have, with its twist: ``{"lattice": {"shape": [4, 4], "group": "SU(2)", "twist":
        {"xt": 1}}}``.

    Returns
    -------
    dict
        Numbers of the observables and the options they depend on, as ``lqcdnn measure --json`` prints them.

    Raises
    ------
    InputError
        An array of another shape or not in the group, an unknown observable, options missing, or what cannot be
        measured on this lattice.
    DataError, DiskError, NumericalError
        Damaged files, reading, solvers.
    """
    if unknown := [name for name in tables or {} if name not in MEASUREMENT or name == "observables"]:
        allowed = ", ".join(name for name in MEASUREMENT if name != "observables")
        raise InputError(f"tables: unknown table {unknown[0]!r}; allowed: {allowed}")
    known, asked = measured_tables(tables or {}), (tables or {}).get("lattice")
    where = None if asked is None else lattice_of(asked, Source("tables"))
    if isinstance(source, str | os.PathLike):
        extents, named = (None, group) if where is None else (where.shape, group or where.group)
        facts: dict[str, Any] = {"shape": extents, "group": named, "seed": seed, "tables": known, "where": where}
        return measure_files([source], observables, options=options, **facts)[0]
    links = source.links if isinstance(source, Configuration) else np.asarray(source, dtype=np.complex128)
    name = source.group if isinstance(source, Configuration) else (group or _group_of(links))
    shape = extents_of(links, gauge_group(name).n)
    if where is not None and (where.shape, where.group) != (shape, name):
        asked_for = f"{where.group} on {list(where.shape)}"
        raise InputError(f"lattice: the links are {name} on {list(shape)}; allowed: {asked_for}, as given")
    grid = lattice(shape) if where is None else lattice_from(where)
    valence = valence_quarks(known, grid.shape, name, "periodic" if where is None else where.time)
    chosen = choose(observables, options or {}, grid.d, valence=valence)
    maps = measured_links(grid, chosen, tables=known)[0]
    what = Measurements(grid, gauge_group(name), chosen, links=maps, valence=valence, photons=known.photons)
    U = from_user_array(grid, what.group, links)
    stream = Stream(seed, zlib.crc32(np.ascontiguousarray(links).tobytes()))
    records = what.measure(U, stream, scalar=scalar_of(source, what) if isinstance(source, Configuration) else None)
    return flat(records)


def read_series(path: str | Path) -> dict[str, Series]:
    """Every series of a run directory, or of a file of columns or JSON lines, by name.

    Parameters
    ----------
    path
        Run directory (dH, acceptance, observables; thermalisation included), or a text file.

    Returns
    -------
    dict of Series
        ``series["plaquette"].values`` and ``.trajectories`` are arrays; complex numbers are two series, ``polyakov.re``
        and ``polyakov.im``.

    Raises
    ------
    InputError, DataError, DiskError
        No such run or file, damaged, unreadable.
    """
    if not Path(path).is_dir():
        return {item.name: item for item in read_series_and_axes(path)[0]}
    run = read_run(path)
    return {item.name: item for item in run.observables} | run.diagnostics


def _group_of(links: NDArray[np.complex128]) -> str:
    colors = links.shape[-1] if links.ndim else 0
    return "U(1)" if colors == 1 else f"SU({colors})"
