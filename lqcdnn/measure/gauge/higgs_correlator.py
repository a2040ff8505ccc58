"""Correlators in time of the Higgs and of the W boson, matrices of operators of smeared fields (physics.md 30)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lqcdnn.config.tables.observables import HiggsCorrelatorConfig
from lqcdnn.fields.group import Group
from lqcdnn.kernels.scalar import smear
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.ofscalar import FloatArray, OfScalar, lengths, links_between
from lqcdnn.measure.registry import Values, observable, own_options


@observable("higgs_correlator")
class HiggsCorrelator(OfScalar[HiggsCorrelatorConfig]):
    """C_ij(t) = (1/T) sum_t' O_i(t') O_j(t' + t), O_i(t) means over the time slice t.

    Scalar: |phi|^2 and the mean over directions of space of Re phi^dag U phi', both for each number of smearing steps;
    vector: the parts V_a of :func:`links_between`, averaged over a and the directions of space.
    """

    def description(self) -> Values:
        """``higgs_correlator_options``."""
        return {"higgs_correlator_options": own_options(self.options)}

    def measure_field(self, lattice: Lattice, U: Blocks, group: Group, phi: Blocks) -> Values:
        """``higgs_scalar`` and ``higgs_vector``, [i][j][t], and ``higgs_scalar_vacuum``, the means of O_i."""
        scalars, vectors = [], []
        for field in self._smeared(lattice, U, phi):
            hopping, vector = links_between(lattice, U, field)
            space = hopping[:-1].cumsum(axis=0)[-1] / (lattice.d - 1)
            scalars += [slices(lengths(lattice, field)), slices(space)]
            vectors.append(slices(vector[:, :-1].reshape(-1, *lattice.shape), lead=1))
        return {
            "higgs_scalar": correlation_matrix([one[None] for one in scalars]),
            "higgs_scalar_vacuum": [float(one.cumsum()[-1]) / one.size for one in scalars],
            "higgs_vector": correlation_matrix(vectors),
        }

    def _smeared(self, lattice: Lattice, U: Blocks, phi: Blocks) -> Iterator[Blocks]:
        """The field after each number of steps, in the order of the options."""
        space, weight = lattice.d - 1, self.options.weight
        made, field = {0: phi}, phi
        for step in range(1, max(self.options.steps) + 1):
            out = zeros_of_kind(phi)
            smear(out, field, U, lattice.neighbours, space, weight, 1.0 / (1.0 + 2.0 * space * weight))
            made[step] = field = out
        return (made[step] for step in self.options.steps)


def slices(values: FloatArray, lead: int = 0) -> FloatArray:
    """Means over space [*lead, t] of numbers [*lead, x, y, ..., t] with so many leading indices."""
    rows = values.reshape(*values.shape[:lead], -1, values.shape[-1])
    return np.asarray(rows.cumsum(axis=-2)[..., -1, :] / rows.shape[-2])


def correlation_matrix(operators: Sequence[FloatArray]) -> list[list[list[float]]]:
    """C_ij(t) of operators [component, t], averaged over components."""
    return [[_correlation(one, other) for other in operators] for one in operators]


def _correlation(one: FloatArray, other: FloatArray) -> list[float]:
    """C(t) = mean over t' and components of O(t') O'(t' + t), t = 0 ... T - 1."""
    products = ((one * np.roll(other, -t, axis=-1)).ravel() for t in range(one.shape[-1]))
    return [float(each.cumsum()[-1]) / one.size for each in products]
