"""Energy density along the gradient flow (Luscher, arXiv:1006.4518)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lqcdnn.config.check import observable as observable_options
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.correlators import along_problems
from lqcdnn.config.rules.energymomentum import TENSOR, along_anisotropic
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import FlowObservableConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.energy import energies
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.slices import slice_problems
from lqcdnn.measure.registry import OBSERVABLES, Observable, Values, observable, own_options
from lqcdnn.network.flow import GradientFlow, gradient_flow

OF_SLICES = ("topological_charge", TENSOR)
"""Observables along the flow that have its ``slices`` and ``margin``."""


@observable("flow")
class Flow(OfLinks[FlowObservableConfig]):
    """t^2 E at the multiples of a flow time, and further observables there."""

    def __init__(self, options: FlowObservableConfig, fermion: QuarkConfig | None = None) -> None:
        super().__init__(options, fermion)
        self._flow: GradientFlow | None = None
        self._along: list[Observable] = []

    def description(self) -> Values:
        """``flow_options``: force, integrator, flow times and what is measured there."""
        return {"flow_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Further observables that the lattice does not have; a margin where time has no ends."""
        yield from along_problems(self.options.along, lattice.shape, group.name)
        yield from slice_problems("flow", lattice, self.options)
        yield from along_anisotropic("observables.flow", as_tree(self.options))

    def check(self, lattice: Lattice, group: Group) -> None:
        """Prepare the flow on a lattice; refuse further observables it does not have.

        Raises
        ------
        InputError
            If there are any.
        """
        super().check(lattice, group)
        if self._flow is None or self._flow.lattice is not lattice:
            self._flow = gradient_flow(lattice, self.options)
        slices = {"slices": self.options.slices, "margin": self.options.margin}
        given = {name: {key: value for key, value in slices.items() if value is not None} for name in OF_SLICES}
        of_each = {name: observable_options(name, given.get(name, {}), lattice.d) for name in self.options.along}
        self._along = [OBSERVABLES[name](options, None) for name, options in of_each.items()]
        for one in self._along:
            one.check(lattice, group)

    @property
    def times(self) -> list[float]:
        """0, interval, 2 interval, ..., time."""
        count = round(self.options.time / self.options.interval)
        return [round(k * self.options.interval, 12) for k in range(count + 1)]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``flow_time`` and lists with a value for each: ``flow_t2E_clover``, ``flow_t2E_plaquette``, those along.

        With an anisotropy t and E are in units of the spacing of space, and ``flow_t2E_clover_space`` and
        ``flow_t2E_clover_time`` are the parts of ``flow_t2E_clover``.

        Raises
        ------
        NumericalError
            If the adaptive integrator finds no step.
        """
        self.check(lattice, group)
        assert self._flow is not None
        lists: dict[str, list[Any]] = {}
        for t, V in zip(self.times, self._flow.states(U, self.times), strict=True):
            clover, plaquettes, of_slices = energies(lattice, V, group, self.options)
            parts: Values = {}
            if (xi := self.options.anisotropy) is not None:
                clover, plaquettes = clover.in_units_of_space(xi), plaquettes.in_units_of_space(xi)
                parts["t2E_clover_space"] = t * t * clover.space if lattice.d > 2 else None
                parts["t2E_clover_time"] = t * t * clover.time
            values: Values = {
                "time": t,
                "t2E_clover": t * t * clover.total,
                "t2E_plaquette": t * t * plaquettes.total,
                **parts,
                **{f"t2E_{name}": [t * t * E for E in numbers] for name, numbers in of_slices.items()},
            }
            for one in self._along:
                values |= one.measure(lattice, V, group, stream)
            for name, value in values.items():
                lists.setdefault(f"flow_{name}", []).append(value)
        return {name: column for name, column in lists.items() if None not in column}
