"""Links before the first trajectory: cold, hot and so on, or those of a configuration file, refined where asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config import RunConfig
from lqcdnn.errors import DataError, InputError, LqcdnnError
from lqcdnn.fields import gauge
from lqcdnn.fields.instanton import instanton
from lqcdnn.fields.opentime import from_user
from lqcdnn.jobs.build import Simulation
from lqcdnn.jobs.refinement import on_other_lattice
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.storage.formats import read_configuration


def initial_links(config: RunConfig, sim: Simulation, seed: int) -> Blocks:
    """Links before the first trajectory.

    Raises
    ------
    InputError, DataError
        As :func:`file_links`.
    """
    start = config.run.initial
    if start == "cold":
        return gauge.cold(sim.lattice, sim.group)
    if start == "twisted":
        return gauge.twisted(sim.lattice, sim.group)
    if start == "instanton":
        run = config.run
        assert run.instanton_radius is not None
        assert run.instanton_position is not None
        assert run.instanton_charge is not None
        return instanton(sim.lattice, sim.group, run.instanton_radius, run.instanton_position, run.instanton_charge)
    if start == "hot":
        return gauge.hot(sim.lattice, sim.group, seed)
    return file_links(config, sim, "run.initial", start, config.run.refine)


def file_links(
    config: RunConfig, sim: Simulation, key: str, path: str, refine: Sequence[int] | None = None
) -> Blocks:
    """Links of a configuration file that a key of the input names; with factors ``refine`` of a coarser lattice.

    Raises
    ------
    InputError
        If there is no such file, or it holds another lattice or group than the input asks for.
    DataError
        If it is damaged, or not in the group within single precision.
    """
    asked = config.lattice
    shape = tuple(n // factor for n, factor in zip(asked.shape, refine or [1] * asked.dims, strict=True))
    try:
        found = read_configuration(path, shape, asked.group)
        links = found.links if refine is None else on_other_lattice(found, refine, True, path)
        return group_links(sim, links, path)
    except LqcdnnError as error:
        there, wanted = _held(path), _on(asked.group, shape)
        if there not in (None, wanted):
            where = "as in [lattice]" if refine is None else "which run.refine turns into that of [lattice]"
            raise InputError(f"{key}: {path} holds {there}; allowed: {wanted}, {where}") from error
        raise type(error)(f"{key}: {error.message}", error.hint) from error


def _held(path: str) -> str | None:
    """Group and lattice of a configuration file by its own word; None if it cannot be read without being told."""
    try:
        found = read_configuration(path)
    except LqcdnnError:
        return None
    return _on(found.group, found.shape)


def _on(name: str, shape: Sequence[int]) -> str:
    return f"{name} on {'x'.join(map(str, shape))}"


def group_links(sim: Simulation, links: NDArray[np.complex128], name: str) -> Blocks:
    """User-layout links [d, x, y, ..., N, N] as blocks, projected onto the group.

    Raises
    ------
    DataError
        They are not in it within single precision.
    """
    U = from_user(sim.lattice, links)
    violation = gauge.project(sim.lattice, U, sim.group)
    if not violation < gauge.SINGLE:
        raise DataError(f"{name}: links are not in {sim.group.name}: deviation {violation:.1e}")
    return U
