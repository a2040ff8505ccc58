"""The links observables see: those of the configuration, smeared by a network, or at a flow time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lqcdnn.config.flows import FlowConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.registry import Values
from lqcdnn.network.base import Network
from lqcdnn.network.flow import gradient_flow


class LinkSource(Protocol):
    """A covariant map of links with a name."""

    def apply(self, U: Blocks) -> Blocks:
        """The mapped links; U is left as it is."""

    def description(self) -> Values:
        """Everything the map depends on, as written beside what is measured on its links."""


@dataclass(frozen=True)
class NetworkLinks:
    """Links behind a gauge-covariant network, with the weights it has when it is applied."""

    name: str
    network: Network

    def apply(self, U: Blocks) -> Blocks:
        """The mapped links."""
        return self.network.forward(U)[0]

    def description(self) -> Values:
        """Name, and loops, sharing and weights of each layer."""
        layers = zip(self.network.definition(), self.network.layers, strict=True)
        return {"network": self.name, "layers": [one | {"weights": layer.weights.tolist()} for one, layer in layers]}


class FlowLinks:
    """Links at a flow time.

    Parameters
    ----------
    name, options
        Name and contents of a table ``[flow.NAME]``.
    lattice
        Of the links.
    """

    def __init__(self, name: str, options: FlowConfig, lattice: Lattice) -> None:
        self._name, self._options, self._flow = name, options, gradient_flow(lattice, options)

    def apply(self, U: Blocks) -> Blocks:
        """The flowed links."""
        return next(self._flow.states(U, [self._options.time]))

    def description(self) -> Values:
        """Name and options."""
        return {"flow": self._name} | as_tree(self._options)


def link_sources(
    lattice: Lattice, networks: Mapping[str, Network], flows: Mapping[str, FlowConfig]
) -> dict[str, LinkSource]:
    """Every map by its name."""
    found: dict[str, LinkSource] = {name: NetworkLinks(name, network) for name, network in networks.items()}
    return found | {name: FlowLinks(name, options, lattice) for name, options in flows.items()}
