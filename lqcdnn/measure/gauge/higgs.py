"""Length of a scalar field, its hopping term, and the gauge-invariant link (physics.md 30)."""

from __future__ import annotations

import numpy as np

from lqcdnn.config.tables.observables import HiggsConfig
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.ofscalar import OfScalar, lengths, links_between, mean_of
from lqcdnn.measure.registry import Values, observable


@observable("higgs")
class Higgs(OfScalar[HiggsConfig]):
    """Mean values over sites and links of what gauge transformations do not change."""

    def measure_field(self, lattice: Lattice, U: Blocks, group: Group, phi: Blocks) -> Values:
        """``higgs_length``, ``higgs_quartic``, ``higgs_hopping``, ``higgs_link``: means of |phi|^2, (|phi|^2 - 1)^2,
        Re phi^dag U phi' and the same divided by |phi| |phi'|.
        """
        length, (hopping, _) = lengths(lattice, phi), links_between(lattice, U, phi)
        ahead = np.array([np.roll(length, -1, axis=mu) for mu in range(lattice.d)])
        return {
            "higgs_length": mean_of(length),
            "higgs_quartic": mean_of((length - 1.0) * (length - 1.0)),
            "higgs_hopping": mean_of(hopping),
            "higgs_link": mean_of(hopping / np.sqrt(length * ahead)),
        }
