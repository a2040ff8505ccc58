"""The state of a chain as a checkpoint holds it, taken only when it is one of this simulation."""

from __future__ import annotations

from pathlib import Path

from lqcdnn.errors import DataError
from lqcdnn.fields.gauge import from_array
from lqcdnn.jobs.build import Simulation
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.storage import hdf5

UNITARY = 1e-10
"""Largest deviation of links from the group, for each colour."""


def chain_state(
    directory: Path, arrays: hdf5.Arrays, attributes: hdf5.Attributes, sim: Simulation
) -> tuple[Blocks, int]:
    """Links and number of trajectories done.

    Raises
    ------
    DataError
        When they are missing, of another lattice, or not in the group.
    """
    links, number = arrays.get("links"), attributes.get("trajectory")
    d, n = sim.lattice.d, sim.group.n
    if not isinstance(number, int) or number < 0:
        raise DataError(f"{directory}: the number of trajectories is {number!r}")
    if links is None or links.dtype.kind != "c" or links.shape != (d, *sim.lattice.shape, n, n):
        held = "no links" if links is None else f"links of type {links.dtype} and shape {links.shape}"
        raise DataError(f"{directory} holds {held}, not the state of {sim.group.name} on {sim.lattice.shape}")
    U, violation = from_array(sim.lattice, sim.group, links)
    if not violation < UNITARY * n:
        raise DataError(f"{directory}: links are not in {sim.group.name}: deviation {violation:.1e}")
    return U, number
