"""Measure one configuration: the same numbers during a run and afterwards from files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lqcdnn.config.observables import ObservableConfig
from lqcdnn.config.schema import ActionConfig, RunConfig
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice, lattice
from lqcdnn.measure import condensate, pion, plaquette, polyakov
from lqcdnn.measure.registry import OBSERVABLES, Observable, Values
from lqcdnn.timing import clock

__all__ = ["Measurements", "measurements"]

_KNOWN = (plaquette, polyakov, condensate, pion)  # importing an observable registers it


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

    Raises
    ------
    InputError
        If an observable cannot be measured on this lattice.
    """

    def __init__(
        self,
        lattice: Lattice,
        group: Group,
        options: Mapping[str, ObservableConfig],
        action: ActionConfig | None = None,
    ) -> None:
        self.lattice, self.group = lattice, group
        self.options = dict(options)
        self.observables: dict[str, Observable] = {}
        for name, chosen in options.items():
            made = OBSERVABLES[name](chosen, action)
            made.check(lattice, group)
            self.observables[name] = made

    def due(self, trajectory: int) -> list[str]:
        """Names of the observables whose ``every`` divides the number of the trajectory."""
        return [name for name, options in self.options.items() if trajectory % options.every == 0]

    def measure(self, U: Blocks, stream: Stream, names: Iterable[str] | None = None) -> dict[str, Values]:
        """Record by observable: its numbers, then what they depend on (mass, method, ...).

        Parameters
        ----------
        U
            Links [d, block] in double precision.
        stream
            Seed of the run and number of the trajectory.
        names
            Which observables; default all.

        Raises
        ------
        NumericalError
            If a solver fails.
        """
        records = {}
        with clock("measurement"):
            for name in self.observables if names is None else names:
                made = self.observables[name]
                records[name] = made.measure(self.lattice, U, self.group, stream) | made.description()
        return records


def measurements(config: RunConfig) -> Measurements:
    """The observables of an input file (errors as :class:`Measurements`)."""
    where = lattice(config.lattice.shape)
    return Measurements(where, group(config.lattice.group), config.observables, config.action)
