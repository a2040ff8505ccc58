"""Weights of the networks of a run: from a file, trained in the run itself, or the initial ones."""

from __future__ import annotations

from lqcdnn.config import RunConfig, physics_digest, weights_physics
from lqcdnn.jobs.build import Simulation
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.storage import weights as files


def trained_here(config: RunConfig) -> bool:
    """Whether the run trains a network before it generates: [train] is there and its network has no weights file."""
    return config.train is not None and config.network[config.train.network].weights is None


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
            warnings += load_network(config, sim.networks[name], net.weights)
    return warnings


def load_network(config: RunConfig, network: CovariantNetwork, path: str) -> list[str]:
    """Set the weights of one network from a file; see :func:`load_networks`."""
    found = files.load(path)
    files.check_definition(path, found, network.definition())
    network.theta = found.theta
    warning = files.other_physics(found, weights_physics(config), physics_digest(config))
    return [f"{path}: {warning}"] if warning else []


def weights_digests(sim: Simulation) -> dict[str, str]:
    """sha256 of the weights of each network, as recorded in checkpoints."""
    return {f"weights.{name}": files.digest(network.theta) for name, network in sim.networks.items()}
