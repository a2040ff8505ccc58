"""Measure one configuration: the same numbers during a run and afterwards from files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lqcdnn.config.language.problems import InvalidInputError, Source
from lqcdnn.config.rules.background import quarks_in_field
from lqcdnn.config.rules.confinement import confinement_problems
from lqcdnn.config.rules.density import quarks_at_density
from lqcdnn.config.rules.multilevel import ensemble_problems
from lqcdnn.config.rules.observables import THIN, at_table, unknown_links
from lqcdnn.config.rules.opentime import open_problems
from lqcdnn.config.rules.representations import represented_problems
from lqcdnn.config.rules.schroedinger import sea_problems
from lqcdnn.config.rules.twist import twisted_observable
from lqcdnn.config.rules.twistedmass import quarks_with_twisted_mass
from lqcdnn.config.rules.valence import FIRST, is_of_action, quarks_of, second_key
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import (
    FERMIONIC,
    MULTILEVEL,
    ObservableConfig,
    SchroedingerObservableConfig,
    observable_kind,
    prefix_of,
)
from lqcdnn.config.tables.photons import PhotonsConfig
from lqcdnn.config.tables.schema import ActionConfig, RunConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import lattice_from
from lqcdnn.measure.gauge import (
    center_vortices,
    charge_correlator,
    custom,
    energy,
    energy_momentum,
    flow,
    gaugefixing,
    ghosts,
    glueballs,
    gluons,
    higgs,
    higgs_correlator,
    histogram,
    monopoles,
    multilevel,
    plaquette,
    plaquette_correlator,
    polyakov,
    polyakov_correlator,
    rectangle,
    schroedinger,
    surrogate,
    topological_charge,
    wilson_loop,
)
from lqcdnn.measure.gauge.deformed import Deformable
from lqcdnn.measure.gauge.ofscalar import OfScalar, present
from lqcdnn.measure.links import LinkSource, ProjectedLinks, link_sources
from lqcdnn.measure.quarks import (
    baryon_currents,
    baryons,
    condensate,
    distillation,
    eigenvalues,
    flowed_quarks,
    meson_currents,
    meson_mixing,
    mesons,
    pion,
    quark_fluctuations,
    quark_loops,
    quark_number,
    quark_propagator,
    quark_vertices,
    reweighting,
    schroedinger_correlators,
    spectral_density,
    static_light,
    vector_correlator,
)
from lqcdnn.measure.quarks.boundary_trace import sea_quarks
from lqcdnn.measure.quarks.photons import in_photon_fields
from lqcdnn.measure.quarks.propagators import described as quark_described
from lqcdnn.measure.quarks.represented import in_representation
from lqcdnn.measure.registry import OBSERVABLES, Observable, Values, refuse
from lqcdnn.network.base import Network
from lqcdnn.timing import clock

__all__ = ["Measurements", "measurements"]

# importing an observable registers it
_KNOWN = (
    plaquette, rectangle, polyakov, wilson_loop, energy, flow, histogram, condensate, pion, mesons, eigenvalues,
    topological_charge, reweighting, spectral_density, polyakov_correlator, charge_correlator, plaquette_correlator,
    glueballs, baryons, quark_number, quark_fluctuations, flowed_quarks, quark_loops, multilevel, schroedinger,
    surrogate, meson_currents, meson_mixing, baryon_currents,
    gaugefixing, gluons, ghosts, energy_momentum, distillation, quark_propagator, quark_vertices,
    vector_correlator, schroedinger_correlators, higgs, higgs_correlator, static_light, monopoles,
    center_vortices, custom,
)  # fmt: skip


class Measurements:
    """A list of observables with their options, for one lattice and group.

    Parameters
    ----------
    lattice, group
        Of the configurations.
    options
        Options by name of table (an observable, or PREFIX_OBSERVABLE), in the order of measurement.
    action
        The exact action, whose fermions ("1", "2", ...) may be measured; the first one where no option names any.
    links
        The maps that ``links`` of an observable may name. Each is applied once to a configuration.
    valence
        Further quarks by name.
    photons
        Photon fields of those with a charge.

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
        valence: Mapping[str, QuarkConfig] | None = None,
        photons: PhotonsConfig | None = None,
    ) -> None:
        self.lattice, self.group = lattice, group
        self.links = dict(links or {})
        self.options = dict(options)
        self.observables: dict[str, Observable] = {}
        self.quarks: dict[str, Values] = {}
        quarks = quarks_of(action, valence or {})
        for name, chosen in options.items():
            if chosen.links not in (THIN, *self.links):
                problem = unknown_links(f"observables.{name}.links", chosen.links, (THIN, *self.links))
                raise InvalidInputError([problem], Source("observables"))
            kind, word = observable_kind(name) or name, getattr(chosen, "fermion", None) or FIRST
            if kind == MULTILEVEL and action is not None:
                refuse(ensemble_problems(as_tree(chosen), as_tree(action)))
            if lattice.twist is not None:
                quark = as_tree(quarks[word]) if kind in FERMIONIC and word in quarks else None
                options_of = getattr(chosen, "smearing", None), getattr(chosen, "along", ())
                unaware = twisted_observable(kind, *options_of, quark)
                refuse([] if unaware is None else [unaware])
            if lattice.open_time:
                time = "open" if lattice.fixed is None else "schroedinger"
                refuse(open_problems(kind, as_tree(chosen), lattice.shape, time))
            seen = self.links[chosen.links].description() if chosen.links != THIN else {}
            projection = seen["kind"] if "projection" in seen else None
            refuse(at_table(f"observables.{name}", kind, confinement_problems(kind, group.name, lattice.d, projection)))
            tables = {other: as_tree(table) for other, table in quarks.items()}
            asked = f"observables.{name}", kind, {"fermion": word, **as_tree(chosen)}, tables
            refuse([*quarks_at_density(*asked), *quarks_with_twisted_mass(*asked)])
            refuse([*represented_problems(*asked), *quarks_in_field(*asked)] if kind in FERMIONIC else ())
            second: list[Any] = [quarks[other]] if (other := getattr(chosen, second_key(as_tree(chosen)), None)) else []
            if isinstance(chosen, SchroedingerObservableConfig):
                refuse(sea_problems(as_tree(chosen), quarks))
                second = [tuple(sea_quarks(chosen, quarks, filter(is_of_action, quarks)))]
            with _of_table(name, kind):
                made = OBSERVABLES[kind](chosen, quarks.get(word), *second)
                if kind in FERMIONIC:
                    made = in_representation(in_photon_fields(made, photons), quarks.get(word))
                made.check(lattice, group)
                if isinstance(made, Deformable) and action is not None:
                    made.check_action(action)
            self.observables[name] = made
            self.quarks[name] = {} if word == FIRST else {quark_key(name): quark_described(word, quarks[word])}

    def due(self, trajectory: int) -> list[str]:
        """Names of the observables whose ``every`` divides the number of the trajectory."""
        return [name for name, options in self.options.items() if trajectory % options.every == 0]

    def measure(
        self,
        U: Blocks,
        stream: Stream,
        names: Iterable[str] | None = None,
        source: str | os.PathLike[str] = "",
        scalar: Blocks | None = None,
    ) -> dict[str, Values]:
        """Record by name of table: its numbers, then what they depend on (mass, method, ...).

        A table PREFIX_OBSERVABLE has PREFIX before each number, and random numbers of its own unless ``common_noise``
        gives it those of the table without a prefix.

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
        scalar
            The scalar field beside the links, if there is one.

        Raises
        ------
        NumericalError
            If a solver fails; the message names observable and source.
        InputError
            For an observable of a scalar field where there is none.
        """
        chosen = list(self.observables if names is None else names)
        records, links, V, beside = dict[str, Values](), THIN, U, Values()
        with clock("measurement", cpu=True):
            for name in self._by_links(chosen):
                prefix = prefix_of(name)
                own = stream.named(name) if prefix and not self._common_noise(name) else stream
                made = self.observables[name]
                try:
                    if self.options[name].links != links:
                        links = self.options[name].links
                        V, beside = self._mapped(links, U, stream)
                    with _of_table(name, observable_kind(name) or name):
                        if isinstance(made, OfScalar):
                            found = made.measure_field(self.lattice, V, self.group, present(scalar, name, source))
                        else:
                            found = made.measure(self.lattice, V, self.group, own)
                except NumericalError as error:
                    of = f"{name} of {os.fspath(source)}" if source else name
                    raise NumericalError(f"{of}: {error.message}", hint=error.hint) from error
                numbers = {prefix + key: unsigned(value) for key, value in found.items()}
                numbers |= {f"{name}_{key}": value for key, value in beside.items()}
                records[name] = numbers | self.description(name)
        return {name: records[name] for name in chosen}

    def _mapped(self, name: str, U: Blocks, stream: Stream) -> tuple[Blocks, Values]:
        """Links of a map, and what is recorded of how they were found: F of the gauge of projected ones."""
        source = self.links.get(name)
        if source is None:
            return U, {}
        V = source.apply(U, stream)
        if not isinstance(source, ProjectedLinks):
            return V, {}
        return V, {"gauge_functional": source.fixed(U, stream).start.functional}

    def description(self, name: str) -> Values:
        """What the numbers of an observable depend on; in one entry ``NAME_options`` for a table with a prefix.

        Also its links (``NAME_links``) where they are not thin, and its quark (``NAME_quark``) where that is not the
        first fermion of the action.
        """
        found, links = self.observables[name].description(), self.options[name].links
        if prefix_of(name):
            found = {f"{name}_options": found | ({"common_noise": True} if self._common_noise(name) else {})}
        found |= self.quarks[name]
        return found if links == THIN else found | {links_key(name): self.links[links].description()}

    def _by_links(self, names: Iterable[str]) -> list[str]:
        """Observables of thin links first, then those of each map together: it is applied once, and solvers that learn
        from links learn once (``measure.quarks.propagators.shared_quark``).
        """
        maps = (THIN, *self.links)
        return sorted(names, key=lambda name: maps.index(self.options[name].links))

    def _common_noise(self, name: str) -> bool:
        return bool(getattr(self.options[name], "common_noise", None))


@contextmanager
def _of_table(name: str, kind: str) -> Iterator[None]:
    """Refusals of an observable name its table, which may have a prefix."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(at_table(f"observables.{name}", kind, error.problems), error.source) from error
    except InputError as error:
        words = error.message.replace(f"observables.{kind}.", f"observables.{name}.")
        raise InputError(words, hint=error.hint) from error


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


def quark_key(name: str) -> str:
    """Key under which a record says what quark was measured; absent for the first fermion of the action."""
    return f"{name}_quark"


def measurements(config: RunConfig, networks: Mapping[str, Network] | None = None) -> Measurements:
    """The observables of an input file with the networks of its simulation (errors as :class:`Measurements`)."""
    where = lattice_from(config.lattice)
    links = link_sources(where, networks or {}, config.flow, config.smearing, config.projection)
    gauge, valence = group(config.lattice.group), config.valence
    return Measurements(where, gauge, config.observables, config.action, links, valence, config.photons)
