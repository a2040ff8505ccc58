"""Correlator of the plaquettes of space, in which the scalar glueball propagates."""

from __future__ import annotations

from collections.abc import Iterable

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.correlators import plaquette_correlator_problems
from lqcdnn.config.tables.observables import PlaquetteCorrelatorConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.correlations import time_correlation
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.plaquette import traces_of
from lqcdnn.measure.gauge.wilson_loop import ape_smeared
from lqcdnn.measure.registry import Values, observable, own_options


@observable("plaquette_correlator")
class PlaquetteCorrelator(OfLinks[PlaquetteCorrelatorConfig]):
    """C(t) = (1/T) sum_t' O(t') O(t' + t), O(t) the mean of Re tr P / N over the plaquettes of space at time t.

    The operator of zero momentum and quantum numbers 0++ (Berg, Billoire, Nucl. Phys. B 221 (1983) 109). The part
    <O>^2 that does not decay is for the analysis to subtract.
    """

    def description(self) -> Values:
        """``plaquette_correlator_options``."""
        return {"plaquette_correlator_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Space has no plaquettes in d = 2."""
        return plaquette_correlator_problems(as_tree(self.options), lattice.shape)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``plaquette_correlator`` = C(t), t = 0 ... T - 1, and ``plaquette_correlator_vacuum``, the mean of O.

        Raises
        ------
        NumericalError
            If the smeared links cannot be projected onto the group.
        """
        U = ape_smeared(lattice, U, group, self.options.alpha or 0.0, self.options.steps or 0)
        d = lattice.d
        traces = traces_of(lattice, U)[: (d - 1) * (d - 2) // 2]  # planes without time come first
        space = lattice.to_user(traces)[..., 0, 0].real
        rows = space.reshape(-1, lattice.shape[-1])
        slices = rows.cumsum(axis=0)[-1] / (len(rows) * group.n)
        vacuum = float(slices.cumsum()[-1]) / len(slices)
        return {"plaquette_correlator": time_correlation(slices), "plaquette_correlator_vacuum": vacuum}
