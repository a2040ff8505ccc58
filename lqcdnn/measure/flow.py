"""Energy density along the gradient flow (Luscher, arXiv:1006.4518)."""

from __future__ import annotations

from lqcdnn.config.flows import FlowOptions
from lqcdnn.config.keys import entries
from lqcdnn.config.observables import FlowObservableConfig
from lqcdnn.config.schema import ActionConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.energy import clover_energy, plaquette_energy
from lqcdnn.measure.registry import Values, observable
from lqcdnn.network.flow import GradientFlow, gradient_flow


@observable("flow")
class Flow:
    """t^2 E at the multiples of a flow time."""

    def __init__(self, options: FlowObservableConfig, action: ActionConfig | None = None) -> None:
        self.options = options
        self._flow: GradientFlow | None = None

    def description(self) -> Values:
        """``flow_options``: force, integrator, step and tolerance."""
        names = [name for name in entries(FlowOptions) if getattr(self.options, name) is not None]
        return {"flow_options": {name: getattr(self.options, name) for name in names}}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Exists on every lattice."""

    @property
    def times(self) -> list[float]:
        """0, interval, 2 interval, ..., time."""
        count = round(self.options.time / self.options.interval)
        return [round(k * self.options.interval, 12) for k in range(count + 1)]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``flow_time`` and, at each of these, ``flow_t2E_clover`` and ``flow_t2E_plaquette``.

        Raises
        ------
        NumericalError
            If the adaptive integrator finds no step.
        """
        if self._flow is None or self._flow.lattice is not lattice:
            self._flow = gradient_flow(lattice, self.options)
        times, found = self.times, []
        for t, V in zip(times, self._flow.states(U, times), strict=True):
            energies = (clover_energy(lattice, V, group), plaquette_energy(lattice, V, group))
            found.append([t * t * energy.total for energy in energies])
        clover, plaquette = (list(column) for column in zip(*found, strict=True))
        return {"flow_time": times, "flow_t2E_clover": clover, "flow_t2E_plaquette": plaquette}
