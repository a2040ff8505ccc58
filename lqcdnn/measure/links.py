"""The links observables see: those of the configuration, behind a network, at a flow time, or smeared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from lqcdnn.config.language.problems import InvalidInputError, Source
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.smearings import SmearingConfig, default_alphas, smearing_problems
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.measure.hyp import hyp_smeared
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


class SmearedLinks:
    """Smeared links.

    Parameters
    ----------
    name, options
        Name and contents of a table ``[smearing.NAME]``.
    lattice
        Of the links.

    Raises
    ------
    InputError
        If the smearing does not exist in so many dimensions, or boundary conditions are twisted.
    """

    def __init__(self, name: str, options: SmearingConfig, lattice: Lattice) -> None:
        if problems := list(smearing_problems(name, options.directions, options.alphas, lattice.d)):
            raise InvalidInputError(problems, Source("smearing"))
        if lattice.twist is not None:
            raise InputError(f"smearing.{name}: its staples know of no twist; allowed: [flow.{name}]")
        if lattice.open_time:
            raise InputError(f"smearing.{name}: its sums of links know of no open time; allowed: [flow.{name}]")
        self._name, self._lattice = name, lattice
        alphas = options.alphas or default_alphas(lattice.d, options.directions)
        self._options = replace(options, alphas=alphas)

    def apply(self, U: Blocks) -> Blocks:
        """The smeared links.

        Raises
        ------
        NumericalError
            If a sum of links cannot be projected onto the group.
        """
        group = Group(colors(U))
        for _ in range(self._options.steps):
            U = hyp_smeared(self._lattice, U, group, self._options.alphas or (), self._options.directions)
        return U

    def description(self) -> Values:
        """Name and options."""
        return {"smearing": self._name} | as_tree(self._options)


def link_sources(
    lattice: Lattice,
    networks: Mapping[str, Network],
    flows: Mapping[str, FlowConfig],
    smearings: Mapping[str, SmearingConfig],
) -> dict[str, LinkSource]:
    """Every map by its name.

    Raises
    ------
    InputError
        If a smearing does not exist on the lattice.
    """
    found: dict[str, LinkSource] = {name: NetworkLinks(name, network) for name, network in networks.items()}
    found |= {name: FlowLinks(name, options, lattice) for name, options in flows.items()}
    return found | {name: SmearedLinks(name, options, lattice) for name, options in smearings.items()}
