"""Average plaquette (physics.md 1)."""

from __future__ import annotations

import numpy as np

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
        part = np.empty((lattice.blocks, 2))
        plaquette_sums(part, U, lattice.neighbours, lattice.planes(U))
        space, time = part.cumsum(axis=0)[-1]  # in block order
        d, traces = lattice.d, lattice.volume * group.n
        planes = (d - 1) * (d - 2) // 2
        return {
            "plaquette": float((space + time) / (traces * (planes + d - 1))),
            "plaquette_space": float(space / (traces * planes)) if planes else None,
            "plaquette_time": float(time / (traces * (d - 1))),
        }
