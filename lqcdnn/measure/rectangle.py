"""Average 1x2 rectangle (physics.md 2)."""

from __future__ import annotations

import numpy as np

from lqcdnn.config.observables import RectangleConfig
from lqcdnn.config.schema import ActionConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.paths import closed_path_sums
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import unoriented
from lqcdnn.lattice.programs import closed_program
from lqcdnn.measure.registry import Values, observable


@observable("rectangle")
class Rectangle:
    """Mean of Re tr R / N over sites, planes and both orientations; also of planes without and with time alone."""

    def __init__(self, options: RectangleConfig, action: ActionConfig | None = None) -> None:
        self.options = options

    def description(self) -> Values:
        """Nothing but the links matters."""
        return {}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Exists on every lattice."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``rectangle``, ``rectangle_space`` (None in d = 2, which has no such plane), ``rectangle_time``."""
        loops = unoriented("rectangle", lattice.d)
        terms = [[path for path in loops if (lattice.d in map(abs, path)) == timelike] for timelike in (False, True)]
        program, part = closed_program(terms), np.empty((lattice.blocks, 2))
        closed_path_sums(part, U, lattice.neighbours, program, len(program))
        space, time = part.cumsum(axis=0)[-1]  # in block order
        traces = lattice.volume * group.n
        return {
            "rectangle": float((space + time) / (traces * len(loops))),
            "rectangle_space": float(space / (traces * len(terms[0]))) if terms[0] else None,
            "rectangle_time": float(time / (traces * len(terms[1]))),
        }
