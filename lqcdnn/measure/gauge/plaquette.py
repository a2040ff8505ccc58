"""Average plaquette (physics.md 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.loops import plaquette_sums
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("plaquette")
class Plaquette(OfLinks[PlaquetteConfig]):
    """Mean of Re tr P_{mu nu} / N over sites and planes; also over space-space and space-time planes alone."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``plaquette``, ``plaquette_space`` (None in d = 2, which has no such plane), ``plaquette_time``."""
        space, time = plaquette_totals(lattice, U)
        d, traces = lattice.d, lattice.volume * group.n
        planes = (d - 1) * (d - 2) // 2
        return {
            "plaquette": float((space + time) / (traces * (planes + d - 1))),
            "plaquette_space": float(space / (traces * planes)) if planes else None,
            "plaquette_time": float(time / (traces * (d - 1))),
        }


def plaquette_totals(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """Sums of Re tr P over the space-space and over the space-time plaquettes, [2]; added in block order."""
    part = np.empty((lattice.blocks, 2))
    plaquette_sums(part, U, lattice.neighbours, lattice.planes(U))
    return np.asarray(part.cumsum(axis=0)[-1])
