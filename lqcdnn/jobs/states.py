"""The state of a chain as a checkpoint holds it, taken only when it is one of this simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lqcdnn.errors import DataError
from lqcdnn.fields.gauge import from_array
from lqcdnn.fields.opentime import to_user
from lqcdnn.jobs.bias import POTENTIAL, held_potential, potential_of
from lqcdnn.jobs.build import Simulation
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.storage import hdf5
from lqcdnn.update.state import State

UNITARY = 1e-10
"""Largest deviation of links from the group, for each colour."""



def state_content(sim: Simulation, state: State) -> tuple[hdf5.Arrays, hdf5.Attributes]:
    """Arrays and attributes of a checkpoint: everything that defines the future but the weights and the seed."""
    fields = {"links": state.U} | {f"replica.{k}": U for k, U in enumerate(state.others, start=1)}
    arrays: dict[str, Any] = {name: np.ascontiguousarray(to_user(sim.lattice, U)) for name, U in fields.items()}
    attributes: hdf5.Attributes = {"trajectory": state.trajectory}
    if state.walkers:
        attributes["walkers"] = list(state.walkers)
    if state.potential is not None and sim.bias is not None and sim.bias.options.build:
        arrays[POTENTIAL] = state.potential
    return arrays, attributes


def whole_state(
    directory: Path,
    arrays: hdf5.Arrays,
    attributes: hdf5.Attributes,
    sim: Simulation,
    seed: int,
    records: Callable[[], Sequence[Mapping[str, Any]]],
) -> State:
    """The state that a checkpoint holds.

    A bias potential that is missing, as in one made of a configuration, is that of the ``records`` of the journal.

    Raises
    ------
    DataError
        When something is missing, of another lattice or grid, or links are not in the group.
    """
    links, number = chain_state(directory, arrays, attributes, sim)
    others, walkers = replica_states(directory, arrays, attributes, sim)
    potential = None
    if sim.bias is not None and sim.bias.options.build and number:
        found = arrays.get(POTENTIAL)
        if found is None:
            found = potential_of(sim.bias, records(), number)
        potential = held_potential(directory, found, sim.bias.options)
    return State(links, number, seed, others, walkers, potential)


def replica_states(
    directory: Path, arrays: hdf5.Arrays, attributes: hdf5.Attributes, sim: Simulation
) -> tuple[tuple[Blocks, ...], tuple[int, ...]]:
    """Links of the further replicas of parallel tempering and the walkers, or of the start chain of evolutions.

    None of them where the chain is yet to begin.

    Raises
    ------
    DataError
        When they are missing, of another lattice, or not in the group.
    """
    if sim.further == 0 or attributes.get("trajectory") == 0:
        return (), ()
    others = tuple(_links(directory, arrays, f"replica.{k}", sim) for k in range(1, sim.further + 1))
    if sim.evolution is not None:
        return others, ()
    count, walkers = sim.further + 1, attributes.get("walkers")
    found = [int(k) for k in walkers] if isinstance(walkers, list | tuple | np.ndarray) else []
    if sorted(found) != list(range(count)):
        raise DataError(f"{directory}: the walkers of {count} replicas are {walkers!r}")
    return others, tuple(found)


def chain_state(
    directory: Path, arrays: hdf5.Arrays, attributes: hdf5.Attributes, sim: Simulation
) -> tuple[Blocks, int]:
    """Links and number of trajectories done.

    Raises
    ------
    DataError
        When they are missing, of another lattice, or not in the group.
    """
    number = attributes.get("trajectory")
    if not isinstance(number, int) or number < 0:
        raise DataError(f"{directory}: the number of trajectories is {number!r}")
    return _links(directory, arrays, "links", sim), number


def _links(directory: Path, arrays: hdf5.Arrays, name: str, sim: Simulation) -> Blocks:
    """The links of that name."""
    links, d, n = arrays.get(name), sim.lattice.d, sim.group.n
    if links is None or links.dtype.kind != "c" or links.shape != (d, *sim.lattice.shape, n, n):
        held = f"no {name}" if links is None else f"{name} of type {links.dtype} and shape {links.shape}"
        raise DataError(f"{directory} holds {held}, not the state of {sim.group.name} on {sim.lattice.shape}")
    U, violation = from_array(sim.lattice, sim.group, links)
    if not violation < UNITARY * n:
        raise DataError(f"{directory}: {name} are not in {sim.group.name}: deviation {violation:.1e}")
    return U
