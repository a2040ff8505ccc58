"""Measure one configuration: the same numbers during a run and afterwards from files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from lqcdnn.config.observable_rules import THIN, unknown_links
from lqcdnn.config.observables import ObservableConfig
from lqcdnn.config.problems import InvalidInputError, Source
from lqcdnn.config.schema import ActionConfig, RunConfig
from lqcdnn.errors import NumericalError
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice, lattice
from lqcdnn.measure import (
    condensate,
    eigenvalues,
    energy,
    flow,
    histogram,
    mesons,
    pion,
    plaquette,
    polyakov,
    rectangle,
    reweighting,
    spectral_density,
    topological_charge,
    wilson_loop,
)
from lqcdnn.measure.links import LinkSource, link_sources
from lqcdnn.measure.registry import OBSERVABLES, Observable, Values
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.timing import clock

__all__ = ["Measurements", "measurements"]

# importing an observable registers it
_KNOWN = (
    plaquette, rectangle, polyakov, wilson_loop, energy, flow, histogram, condensate, pion, mesons, eigenvalues,
    topological_charge, reweighting, spectral_density,
)  # fmt: skip


class Measurements:
    """A list of observables with their options, for one lattice and group.

    Parameters
    ----------
    lattice, group
        Of the configurations.
    options
        Options by name of observable, in the order of measurement.
    action
        The exact action, from which an observable may take what its options do not say.
    links
        The maps that ``links`` of an observable may name. Each is applied once to a configuration.

    Raises
    ------
    InputError
        If an observable cannot be measured on this lattice, or sees links that are not there.
    """

    def __init__(
        self,
        lattice: Lattice,
        group: Group,
        options: Mapping[str, ObservableConfig],
        action: ActionConfig | None = None,
        links: Mapping[str, LinkSource] | None = None,
    ) -> None:
        self.lattice, self.group = lattice, group
        self.links = dict(links or {})
        self.options = dict(options)
        self.observables: dict[str, Observable] = {}
        for name, chosen in options.items():
            if chosen.links not in (THIN, *self.links):
                problem = unknown_links(f"observables.{name}.links", chosen.links, (THIN, *self.links))
                raise InvalidInputError([problem], Source("observables"))
            made = OBSERVABLES[name](chosen, action)
            made.check(lattice, group)
            self.observables[name] = made

    def due(self, trajectory: int) -> list[str]:
        """Names of the observables whose ``every`` divides the number of the trajectory."""
        return [name for name, options in self.options.items() if trajectory % options.every == 0]

    def measure(
        self, U: Blocks, stream: Stream, names: Iterable[str] | None = None, source: str | os.PathLike[str] = ""
    ) -> dict[str, Values]:
        """Record by observable: its numbers, then what they depend on (mass, method, ...).

        Parameters
        ----------
        U
            Links [d, block] in double precision.
        stream
            Seed of the run and number of the trajectory.
        names
            Which observables; default all.
        source
            Where the links come from, for messages.

        Raises
        ------
        NumericalError
            If a solver fails; the message names observable and source.
        """
        records = {}
        seen = {THIN: U}
        with clock("measurement", cpu=True):
            for name in self.observables if names is None else names:
                links = self.options[name].links
                if links not in seen:
                    seen[links] = self.links[links].apply(U)
                try:
                    found = self.observables[name].measure(self.lattice, seen[links], self.group, stream)
                except NumericalError as error:
                    of = f"{name} of {os.fspath(source)}" if source else name
                    raise NumericalError(f"{of}: {error.message}", hint=error.hint) from error
                records[name] = {key: unsigned(value) for key, value in found.items()} | self.description(name)
        return records

    def description(self, name: str) -> Values:
        """What the numbers of an observable depend on, its links (``NAME_links``) included where they are not thin."""
        found, links = self.observables[name].description(), self.options[name].links
        return found if links == THIN else found | {links_key(name): self.links[links].description()}


def unsigned(value: Any) -> Any:
    """The same numbers with zeros that have no sign; a charge of U(1) may be a sum of angles that ends in -0.0."""
    if isinstance(value, dict):
        return {key: unsigned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unsigned(item) for item in value]
    return value + 0.0 if isinstance(value, float) else value


def links_key(name: str) -> str:
    """Key under which a record says what links an observable saw; absent for those of the configuration."""
    return f"{name}_links"


def measurements(config: RunConfig, networks: Mapping[str, CovariantNetwork] | None = None) -> Measurements:
    """The observables of an input file with the networks of its simulation (errors as :class:`Measurements`)."""
    where = lattice(config.lattice.shape)
    links = link_sources(where, networks or {}, config.flow)
    return Measurements(where, group(config.lattice.group), config.observables, config.action, links)
