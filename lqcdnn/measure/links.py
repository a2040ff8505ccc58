"""The links observables see: those of the configuration, behind a network, at a flow time, smeared, or projected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from lqcdnn.config.language.problems import InvalidInputError, Source
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.projections import ProjectionConfig, projection_problems
from lqcdnn.config.tables.smearings import SmearingConfig, default_alphas, smearing_problems
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gaugefixing import Gauge, GaugeFixed
from lqcdnn.fields.group import Group
from lqcdnn.fields.projection import PROJECTIONS, projected
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.measure.gauge.gaugefixing import in_gauge
from lqcdnn.measure.hyp import hyp_smeared
from lqcdnn.measure.registry import Values
from lqcdnn.network.base import Network
from lqcdnn.network.flow import gradient_flow


class LinkSource(Protocol):
    """A map of links with a name: a covariant one, or one into a gauge."""

    def apply(self, U: Blocks, stream: Stream) -> Blocks:
        """The mapped links; U is left as it is. ``stream`` gives the random numbers of this configuration."""

    def description(self) -> Values:
        """Everything the map depends on, as written beside what is measured on its links."""


@dataclass(frozen=True)
class NetworkLinks:
    """Links behind a gauge-covariant network, with the weights it has when it is applied."""

    name: str
    network: Network

    def apply(self, U: Blocks, stream: Stream) -> Blocks:
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

    def apply(self, U: Blocks, stream: Stream) -> Blocks:
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

    def apply(self, U: Blocks, stream: Stream) -> Blocks:
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


class ProjectedLinks:
    """Links in a gauge, projected onto diagonal matrices or the centre; or the links without their vortices.

    Parameters
    ----------
    name, options
        Name and contents of a table ``[projection.NAME]``.
    lattice
        Of the links.

    Raises
    ------
    InputError
        If an extent is 1, boundary conditions are twisted, or time is open.
    """

    def __init__(self, name: str, options: ProjectionConfig, lattice: Lattice) -> None:
        if problems := list(projection_problems(name, None, lattice.shape)):
            raise InvalidInputError(problems, Source("projection"))
        if lattice.twist is not None or lattice.open_time:
            with_ = "a twist" if lattice.twist is not None else "open time"
            raise InputError(f"projection.{name}: gauges are fixed on periodic lattices; found {with_}")
        self._name, self._options, self._lattice = name, options, lattice

    def apply(self, U: Blocks, stream: Stream) -> Blocks:
        """The projected links (errors as :meth:`fixed`)."""
        return projected(self._lattice, U, self.fixed(U, stream).transformation, self._options.kind)

    def fixed(self, U: Blocks, stream: Stream) -> GaugeFixed:
        """The gauge in which they are projected; found once for links that are asked for again.

        Raises
        ------
        InputError
            For U(1).
        NumericalError
            If the gauge is not reached.
        """
        o = self._options
        gauge = Gauge(PROJECTIONS[o.kind], o.tolerance, o.steps, o.omega, o.copies)
        try:
            return in_gauge(self._lattice, U, Group(colors(U)), gauge, stream)
        except NumericalError as error:
            raise NumericalError(f"projection.{self._name}: {error.message}", hint=error.hint) from error

    def description(self) -> Values:
        """Name and options."""
        return {"projection": self._name} | as_tree(self._options)


def link_sources(
    lattice: Lattice,
    networks: Mapping[str, Network],
    flows: Mapping[str, FlowConfig],
    smearings: Mapping[str, SmearingConfig],
    projections: Mapping[str, ProjectionConfig] | None = None,
) -> dict[str, LinkSource]:
    """Every map by its name.

    Raises
    ------
    InputError
        If a smearing or a projection does not exist on the lattice.
    """
    found: dict[str, LinkSource] = {name: NetworkLinks(name, network) for name, network in networks.items()}
    found |= {name: FlowLinks(name, options, lattice) for name, options in flows.items()}
    found |= {name: SmearedLinks(name, options, lattice) for name, options in smearings.items()}
    return found | {name: ProjectedLinks(name, options, lattice) for name, options in (projections or {}).items()}
