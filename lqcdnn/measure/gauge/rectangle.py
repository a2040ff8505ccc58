"""Average 1x2 rectangle (physics.md 2)."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.observables import RectangleConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.rectangles import rectangle_sums
from lqcdnn.fields.twisted import loop_sums, oblong
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import rectangles_of
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("rectangle")
class Rectangle(OfLinks[RectangleConfig]):
    """Mean of Re tr R / N over sites, planes and both orientations; also of planes without and with time alone."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``rectangle``, ``rectangle_space`` (None in d = 2, which has no such plane), ``rectangle_time``."""
        space, time = rectangle_totals(lattice, U)
        of_space, short, long = rectangles_of(lattice)
        traces = [group.n * of_space, group.n * (short + long)]
        return {
            "rectangle": float((space + time) / sum(traces)),
            "rectangle_space": float(space / traces[0]) if traces[0] else None,
            "rectangle_time": float(time / traces[1]),
        }


def rectangle_totals(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """Sums of Re tr R over the rectangles of planes without and with time, [2]; with elements of the centre, if any."""
    if lattice.twist is None:
        return np.asarray(rectangle_sums(lattice, U).cumsum(axis=0)[-1])  # in block order
    pairs = list(permutations(range(lattice.d), 2))
    totals = [0.0, 0.0]
    for pair, value in zip(pairs, loop_sums(lattice, U, [oblong(*pair, 2, 1) for pair in pairs]), strict=True):
        totals[lattice.d - 1 in pair] += value
    return np.array(totals)
