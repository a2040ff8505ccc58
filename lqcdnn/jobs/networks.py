"""Weights of the networks of a run: from a file, trained in the run itself, or the initial ones."""

from __future__ import annotations

from collections.abc import Mapping

from lqcdnn.actions.custom import CustomAction
from lqcdnn.actions.surrogate import SurrogateAction
from lqcdnn.config import SOLVER_KEYS, RunConfig, physics_digest, weights_physics
from lqcdnn.config.check import MeasuredTables
from lqcdnn.config.tables.observables import ObservableConfig
from lqcdnn.errors import InputError, LqcdnnError
from lqcdnn.jobs.build import Simulation
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.links import LinkSource, link_sources
from lqcdnn.network.base import Network
from lqcdnn.network.build import build_network
from lqcdnn.storage import potentials
from lqcdnn.storage import weights as files
from lqcdnn.storage.rundir import RunDir


def trained_here(config: RunConfig) -> bool:
    """Whether the run trains before it generates: [train] is there and its network, if any, has no weights file."""
    network = config.train.network if config.train else None
    return config.train is not None and (network is None or config.network[network].weights is None)


def load_networks(config: RunConfig, sim: Simulation) -> list[str]:
    """Set the weights of every network that names a file; returns warnings.

    Raises
    ------
    InputError
        If a file is missing or belongs to another network definition.
    DataError
        If a file is damaged.
    """
    warnings = []
    for name, net in config.network.items():
        if net.weights is not None:
            warnings += load_network(config, name, sim.networks[name], net.weights)
    return warnings


def load_network(config: RunConfig | None, name: str, network: Network, path: str) -> list[str]:
    """Set the weights of one network from a file; see :func:`load_networks`. Without an input nothing is compared."""
    try:
        found = files.load(path)
        files.check_definition(path, found, network.definition(), network.theta.size)
    except LqcdnnError as error:
        raise type(error)(f"network.{name}.weights: {error.message}", error.hint) from error
    network.theta = found.layers
    if config is None:
        return []
    exact = any(fermion.links == name for fermion in config.action.fermion)
    warning = files.other_physics(found, weights_physics(config), physics_digest(config), exact, SOLVER_KEYS)
    return [f"{path}: {warning}"] if warning else []


def measured_links(
    grid: Lattice,
    chosen: Mapping[str, ObservableConfig],
    config: RunConfig | None = None,
    tables: MeasuredTables | None = None,
) -> tuple[dict[str, LinkSource], list[str]]:
    """The maps of links that the chosen observables name, with the weights they have in the run; and warnings.

    Parameters
    ----------
    grid
        Lattice of the configurations.
    chosen
        Options of the observables.
    config, tables
        Where networks, flows, smearings and projections are looked up; the second first.

    Raises
    ------
    InputError
        A missing weights file, one of another network, a network that the run has not trained yet, or a network,
        smearing or projection that does not fit the lattice.
    DataError
        A damaged weights file.
    """
    names = {options.links for options in chosen.values()}
    tables = tables or MeasuredTables()
    flows = {**(config.flow if config else {}), **tables.flow}
    smearings = {**(config.smearing if config else {}), **tables.smearing}
    projections = {**(config.projection if config else {}), **tables.projection}
    definitions = {**(config.network if config else {}), **tables.network}
    networks, warnings = dict[str, Network](), list[str]()
    for name in sorted(names & set(definitions)):
        try:
            networks[name] = build_network(grid, definitions[name])
        except InputError as error:  # rules of an input file know its lattice, here it is that of a configuration
            extents = "x".join(map(str, grid.shape))
            raise InputError(f"network.{name} on {extents} sites: {error.message}", error.hint) from error
        path = definitions[name].weights
        if path is None and config is not None and name not in tables.network and _trains(config, name):
            if not RunDir.is_run_directory(config.run.name):
                raise InputError(f"network.{name} is trained in the run {config.run.name}, which does not exist yet")
            path = str(RunDir.open(config.run.name).train_dir / "weights.h5")
        if path is not None:
            warnings += load_network(config, name, networks[name], path)
    flows = {name: flows[name] for name in sorted(names & set(flows))}
    smearings = {name: smearings[name] for name in sorted(names & set(smearings))}
    projections = {name: projections[name] for name in sorted(names & set(projections))}
    return link_sources(grid, networks, flows, smearings, projections), warnings


def _trains(config: RunConfig, name: str) -> bool:
    return config.train is not None and config.train.network == name and trained_here(config)


def weights_digests(sim: Simulation) -> dict[str, str]:
    """sha256 of weights of each network, of trained couplings, of files that an action comes from: for checkpoints."""
    found = {f"weights.{name}": files.digest(network.theta) for name, network in sim.networks.items()}
    for term in sim.guide.terms:
        if isinstance(term, SurrogateAction):
            found[files.SURROGATE] = files.digest(term.theta)
    for table, hamiltonian in (("action", sim.exact), ("guide", sim.guide)):
        found |= {f"{table}.custom": term.digest for term in hamiltonian.terms if isinstance(term, CustomAction)}
    if sim.bias is not None and sim.bias.options.file is not None:
        found[potentials.BIAS] = files.digest(sim.bias.first)
    return found | ({} if sim.couplings is None else {files.COUPLINGS: files.digest(sim.couplings.theta)})
