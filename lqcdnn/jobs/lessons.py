"""What networks learn from: configurations of runs, and numbers that were measured on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from lqcdnn.analyze.data.rundata import RunData, read_run
from lqcdnn.analyze.data.series import check_finite, listing
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.surrogates import SurrogateConfig
from lqcdnn.errors import InputError
from lqcdnn.network.lcnn import Definition
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.surrogates import identity


@dataclass(frozen=True)
class Teacher:
    """A run that was measured.

    Attributes
    ----------
    run, data
        The directory, and its series.
    shape
        Extents of its lattice.
    """

    run: RunDir
    data: RunData
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Lesson:
    """A configuration and the number measured on it.

    Attributes
    ----------
    run
        What tells its run from others, see :func:`lqcdnn.storage.surrogates.identity`.
    trajectory, path, shape
        Which one it is, its file, the extents of its lattice.
    number
        The number.
    """

    run: str
    trajectory: int
    path: Path
    shape: tuple[int, ...]
    number: float


def teachers(config: RunConfig, run: RunDir) -> dict[str, Teacher]:
    """The runs that tables [surrogate.NAME] learn from, by name; ``run`` is that of the input.

    Raises
    ------
    InputError
        No run directory, a run of another group or number of dimensions, with a twist, or without periodic time.
    DataError
        A damaged run.
    """
    found: dict[str, Teacher] = {}
    here = config.lattice.group, config.lattice.dims
    for table, options in config.surrogate.items():
        if not options.runs:
            found[str(run.path)] = Teacher(run, read_run(run.path), config.lattice.shape)
        for name in options.runs:
            if name in found:
                continue
            other = RunDir.open(name)
            group, shape = other.physics.get("lattice.group"), tuple(other.physics.get("lattice.shape", ()))
            boundary = _boundary(other)
            if (group, len(shape)) != here or boundary:
                raise InputError(
                    f'surrogate.{table}.runs: found "{name}", a run of {group} in d = {len(shape)}{boundary}; '
                    f"allowed: runs of {here[0]} in d = {here[1]} without a twist and with periodic time"
                )
            found[name] = Teacher(other, read_run(other.path), shape)
    return found


def _boundary(run: RunDir) -> str:
    """What is not periodic in a run, in words."""
    twisted = any(run.physics[key] for key in run.physics if key.startswith("lattice.twist."))
    time = run.physics.get("lattice.time", "periodic")
    return (" with a twist" if twisted else "") + ("" if time == "periodic" else f' with time = "{time}"')


def lessons_of(name: str, options: SurrogateConfig, runs: Sequence[Teacher]) -> list[Lesson]:
    """Configurations that have the target: the first of each run, the second of each run, and so on.

    Raises
    ------
    InputError
        No such series in one of the runs, or too few saved configurations with it.
    DataError
        A value that is not finite.
    """
    columns = [_lessons(name, options, teacher) for teacher in runs]
    found = [one for row in zip_longest(*columns) for one in row if one is not None]
    if len(found) < options.configs + 2:
        where = " and ".join(str(teacher.run.path) for teacher in runs)
        raise InputError(
            f"surrogate.{name}.configs: found {options.configs}; allowed: at most {max(len(found) - 2, 0)}, two less "
            f'than the {len(found)} saved configurations of {where} with "{options.target}"',
            hint="run.save_every and every of the observable decide how many; lqcdnn measure adds what is missing",
        )
    return found


def _lessons(name: str, options: SurrogateConfig, teacher: Teacher) -> list[Lesson]:
    wanted = options.target.replace("[", ".").replace("]", "")
    series = teacher.data.observables
    target = next((item for item in series if item.name == wanted), None)
    if target is None:
        known = listing(item.name for item in series) or "none"
        raise InputError(
            f'surrogate.{name}.target: no series "{options.target}" in {teacher.run.path}; allowed: {known}'
        )
    check_finite(target)
    saved, which = dict(teacher.run.configurations()), identity(teacher.run.physics)
    measured = zip(target.trajectories.tolist(), target.values.tolist(), strict=True)
    return [Lesson(which, k, saved[k], teacher.shape, value) for k, value in sorted(measured) if k in saved]


def definition_of(options: SurrogateConfig, config: RunConfig, shapes: Sequence[Sequence[int]]) -> Definition:
    """The network of a table, with the symmetries that lattices of these shapes have.

    Axes are exchanged where all of these lattices have equal extents; time with space only for ``symmetry = "all"``,
    and not where loops around the lattice in time alone are put in.
    """
    d = config.lattice.dims
    around = {"none": (), "time": (d - 1,), "all": tuple(range(d))}[options.polyakov]
    apart = options.symmetry == "spatial" or options.polyakov == "time"
    classes: dict[object, list[int]] = {}
    for mu in range(d):
        classes.setdefault((apart and mu == d - 1, *(shape[mu] for shape in shapes)), []).append(mu)
    return Definition(
        d,
        config.lattice.colors,
        options.channels,
        options.reach,
        around,
        options.value == "sum",
        tuple(map(tuple, classes.values())) if options.symmetry != "none" else (),
        options.parity == "odd",
        bool(options.planar),
    )
