"""The state of a chain as a checkpoint holds it, taken only when it is one of this simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.scalar import SCALAR
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.starts import STARTS
from lqcdnn.errors import DataError
from lqcdnn.fields.algebra import momenta_from_user
from lqcdnn.fields.gauge import from_array
from lqcdnn.fields.opentime import to_user
from lqcdnn.jobs.bias import POTENTIAL, held_potential, potential_of
from lqcdnn.jobs.build import Simulation
from lqcdnn.jobs.llr import held_slopes
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.storage import hdf5
from lqcdnn.storage.formats import read_configuration
from lqcdnn.update.state import State

UNITARY = 1e-10
"""Largest deviation of links from the group, for each colour."""

MOMENTA = "momenta"
"""Array of checkpoints: momenta that a part is kept of."""


def state_content(sim: Simulation, state: State) -> tuple[hdf5.Arrays, hdf5.Attributes]:
    """Arrays and attributes of a checkpoint: everything that defines the future but the weights and the seed."""
    fields = {"links": state.U} | {f"replica.{k}": U for k, U in enumerate(state.others, start=1)}
    arrays: dict[str, Any] = {name: np.ascontiguousarray(to_user(sim.lattice, U)) for name, U in fields.items()}
    attributes: hdf5.Attributes = {"trajectory": state.trajectory}
    if state.walkers:
        attributes["walkers"] = list(state.walkers)
    built = sim.windows is not None or (sim.bias is not None and sim.bias.options.build > 0)
    if state.potential is not None and built:
        arrays[POTENTIAL] = state.potential
    if state.momenta is not None:
        arrays[MOMENTA] = np.ascontiguousarray(sim.lattice.to_user(state.momenta))
        for k, phi in enumerate(state.pseudofermions, start=1):
            arrays[f"pseudofermion.{k}"] = np.ascontiguousarray(sim.lattice.to_user(phi))
    if state.scalar is not None:
        arrays[SCALAR] = sim.lattice.to_user(state.scalar)
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
    if sim.windows is not None and number:
        potential = held_slopes(directory, arrays.get(POTENTIAL), sim.windows.slopes)
    state = State(links, number, seed, others, walkers, potential)
    if sim.scalar is not None and (number or SCALAR in arrays):
        state = replace(state, scalar=_vectors(directory, arrays, SCALAR, sim, sim.scalar.action.field.phi))
    return state if sim.friction is None or not number else with_momenta(directory, arrays, sim, state)


def kept_arrays(config: RunConfig | None) -> list[str]:
    """Arrays of a checkpoint that a chain of stochastic molecular dynamics has beside its links, as far as known."""
    fermions = [] if config is None else [one for one in config.action.fermion if one.determinant != "exact"]
    count = sum(fermion.pieces if fermion.pieces > 1 else fermion.pseudofermions or 1 for fermion in fermions)
    return [MOMENTA, *(f"pseudofermion.{k}" for k in range(1, count + 1))]


def with_momenta(directory: Path, arrays: hdf5.Arrays, sim: Simulation, state: State) -> State:
    """The state with the momenta and pseudofermions that its next cycle begins with.

    Raises
    ------
    DataError
        When some are missing, of another lattice, group or kind, momenta not in the algebra or fields not finite.
    """
    lattice, links = sim.lattice, (sim.lattice.d, *sim.lattice.shape, sim.group.n, sim.group.n)
    given = _field(directory, arrays, MOMENTA, sim, links)
    momenta, found = momenta_from_user(lattice, given), []
    if not np.abs(lattice.to_user(momenta) - given).max() <= UNITARY * max(1.0, np.abs(given).max()):
        raise DataError(f"{directory}: {MOMENTA} are not in the algebra of {sim.group.name}")
    for k, field in enumerate(sim.pseudofermions, start=1):
        found.append(_vectors(directory, arrays, f"pseudofermion.{k}", sim, field.phi))
    return replace(state, momenta=momenta, pseudofermions=tuple(found))


def file_scalar(config: RunConfig, sim: Simulation) -> Blocks | None:
    """The scalar field to begin with: that of the configuration of ``run.initial``, if it holds one."""
    if sim.scalar is None or config.run.initial in STARTS:
        return None
    found = read_configuration(config.run.initial, config.lattice.shape, config.lattice.group).scalar
    return None if found is None else sim.lattice.from_user(found)


def _vectors(directory: Path, arrays: hdf5.Arrays, name: str, sim: Simulation, like: Blocks) -> Blocks:
    """The field of that name, of the kind of another one; refused as in :func:`with_momenta`."""
    phi = zeros_of_kind(like)
    z = _field(directory, arrays, name, sim, sim.lattice.to_user(phi).shape)
    if not np.isfinite(z).all():
        raise DataError(f"{directory}: {name} has numbers that are not finite")
    phi["c"] = sim.lattice.from_user(z)["c"]
    return phi


def replica_states(
    directory: Path, arrays: hdf5.Arrays, attributes: hdf5.Attributes, sim: Simulation
) -> tuple[tuple[Blocks, ...], tuple[int, ...]]:
    """Links of the further replicas, of tempering or in windows, and the walkers, or of the start chain of evolutions.

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
    n = sim.group.n
    links = _field(directory, arrays, name, sim, (sim.lattice.d, *sim.lattice.shape, n, n))
    U, violation = from_array(sim.lattice, sim.group, links)
    if not violation < UNITARY * n:
        raise DataError(f"{directory}: {name} are not in {sim.group.name}: deviation {violation:.1e}")
    return U


def _field(
    directory: Path, arrays: hdf5.Arrays, name: str, sim: Simulation, shape: tuple[int, ...]
) -> NDArray[np.complex128]:
    """The complex numbers of that name."""
    found = arrays.get(name)
    if found is None or found.dtype.kind != "c" or found.shape != shape:
        held = f"no {name}" if found is None else f"{name} of type {found.dtype} and shape {found.shape}"
        raise DataError(f"{directory} holds {held}, not the state of {sim.group.name} on {sim.lattice.shape}")
    return found
