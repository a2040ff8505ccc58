"""Average plaquette (physics.md 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.twisted import twist_plaquettes
from lqcdnn.kernels.loops import plaquette_sums, plaquette_traces
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import plaquettes_of
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("plaquette")
class Plaquette(OfLinks[PlaquetteConfig]):
    """Mean of Re tr P_{mu nu} / N over sites and planes; also over space-space and space-time planes alone."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``plaquette``, ``plaquette_space`` (None in d = 2, which has no such plane), ``plaquette_time``."""
        space, time = plaquette_totals(lattice, U)
        traces = [group.n * count for count in plaquettes_of(lattice)]
        return {
            "plaquette": float((space + time) / sum(traces)),
            "plaquette_space": float(space / traces[0]) if traces[0] else None,
            "plaquette_time": float(time / traces[1]),
        }


def plaquette_totals(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """Sums of Re tr P over the space-space and over the space-time plaquettes, [2]; added in block order.

    Where boundary conditions are twisted, P is multiplied by its element of the centre, here and in :func:`traces_of`.
    """
    if lattice.twist is not None:
        return _twisted_totals(lattice, U)
    part = np.empty((lattice.blocks, 2))
    plaquette_sums(part, U, lattice.neighbours, lattice.planes(U))
    return np.asarray(part.cumsum(axis=0)[-1])


def traces_of(lattice: Lattice, U: Blocks) -> Blocks:
    """tr P_{mu nu}(n) of each plane, mu > nu: field of complex numbers [plane, block], planes with time last."""
    traces = lattice.zeros(1, 1, (lattice.d * (lattice.d - 1) // 2,))
    plaquette_traces(traces, U, lattice.neighbours)
    twist_plaquettes(lattice, traces)
    return traces


def plaquette_density(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """Mean of Re tr P_{mu nu}(n) / N over the planes, [x, ...]: its mean over the sites of a torus is the plaquette."""
    traces = lattice.to_user(traces_of(lattice, U))[..., 0, 0].real
    return np.asarray(traces.cumsum(axis=0)[-1] / (group.n * len(traces)))


def _twisted_totals(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    by_plane = traces_of(lattice, U)["c"][:, :, 0, 0, 0, :].reshape(lattice.d * (lattice.d - 1) // 2, -1)
    sums = by_plane.cumsum(axis=1)[:, -1]  # in block order
    spacelike = (lattice.d - 1) * (lattice.d - 2) // 2
    return np.array([sum(sums[:spacelike].tolist()), sum(sums[spacelike:].tolist())])
