"""Correlator of the topological charge density."""

from __future__ import annotations

from collections.abc import Iterable

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.correlators import charge_correlator_problems, half_extent
from lqcdnn.config.tables.observables import ChargeCorrelatorConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.correlations import by_distance, pair_products, time_correlation
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.topological_charge import charge_density
from lqcdnn.measure.registry import Values, observable, own_options


@observable("charge_correlator")
class ChargeCorrelator(OfLinks[ChargeCorrelatorConfig]):
    """Correlator of q(n), the density of the topological charge: Q = sum_n q(n), as :class:`TopologicalCharge`.

    "time": C(t) = (1/V) sum_t' Q(t') Q(t' + t), Q(t) the sum of q over a time slice; sum_t C(t) = Q^2/V.
    "distance": C(r) = mean of q(n) q(n + r) over the sites and the displacements of length r.
    """

    def description(self) -> Values:
        """``charge_correlator_options``."""
        return {"charge_correlator_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """No topological charge, or distances that the lattice does not have."""
        return charge_correlator_problems(as_tree(self.options), lattice.shape, group.name)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``charge_correlator`` = C(t), t = 0 ... T - 1, or C(r) at ``charge_correlator_distances`` r, from 0 on."""
        q = charge_density(lattice, U, group, self.options.definition)
        if self.options.separation == "time":
            slices = q.reshape(-1, lattice.shape[-1]).cumsum(axis=0)[-1]
            space = lattice.volume // lattice.shape[-1]
            return {"charge_correlator": [value / space for value in time_correlation(slices)]}
        longest = self.options.distance or half_extent(lattice.shape)
        found = by_distance(pair_products(q), longest, axes=False)
        return {"charge_correlator_distances": found.distances, "charge_correlator": found.means}
