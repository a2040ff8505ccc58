"""Correlator of Polyakov loops, for the free energy of a static quark and antiquark."""

from __future__ import annotations

from collections.abc import Iterable

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.correlators import half_extent, polyakov_correlator_problems
from lqcdnn.config.tables.observables import PolyakovCorrelatorConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.correlations import by_distance, pair_products
from lqcdnn.measure.gauge.deformed import Contours, Deformable
from lqcdnn.measure.gauge.polyakov import local_loops
from lqcdnn.measure.registry import Values, observable, own_options


@observable("polyakov_correlator")
class PolyakovCorrelator(Deformable[PolyakovCorrelatorConfig]):
    """C(r) = mean of Re tr P(x) tr P(x + r)^dag / N^2 over the sites x of space and the displacements of length r.

    P is the loop around time. C(r) = exp(-F(r)/T) with the colour-averaged free energy F of a static quark and
    antiquark (McLerran, Svetitsky, Phys. Rev. D 24 (1981) 450); |<tr P/N>|^2 is not subtracted.
    """

    kind = "polyakov_correlator"

    def description(self) -> Values:
        """``polyakov_correlator_options``, ``polyakov_correlator_deformation``."""
        known = {name: value for name, value in own_options(self.options).items() if name != "deformation"}
        return {"polyakov_correlator_options": known} | self.shifts_described()

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Distances that the lattice does not have, or without shifts."""
        o = self.options
        shifts = self.deformation_problems(lattice, group, distance=int(o.distance))
        return [*polyakov_correlator_problems(as_tree(o), lattice.shape), *shifts]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``polyakov_correlator_distances`` r, from 0 on, and ``polyakov_correlator`` = C(r)."""
        if self.contours is not None:
            means = self._deformed(self.contours, lattice, U)
            distances = [float(r) for r in range(len(means))]
            return {"polyakov_correlator_distances": distances, "polyakov_correlator": means}
        longest = self.options.distance or half_extent(lattice.shape[:-1])
        found = by_distance(pair_products(local_loops(lattice, U, group)), longest, self.options.directions == "axes")
        return {"polyakov_correlator_distances": found.distances, "polyakov_correlator": found.means}

    def _deformed(self, contours: Contours, lattice: Lattice, U: Blocks) -> list[float]:
        """C(r) on a shifted contour, of the distances along the axes that it has shifts for; C(0) = 1."""
        longest = int(self.options.distance) or contours.space
        found = contours.pairs(lattice, U, longest)
        means = [1.0]
        for r in range(1, longest + 1):  # each displacement counts once: r and -r are the same one at half the extent
            counts = [(mu, 1.0 if 2 * r == lattice.shape[mu] else 2.0) for mu in range(lattice.d - 1)]
            total = sum(weight * float(found[mu, r - 1]) for mu, weight in counts)
            means.append(total / sum(weight for _, weight in counts))
        return means
