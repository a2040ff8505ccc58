"""Which kernels make the staples of which loop classes of a layer, and with which weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.fields import rectangles
from lqcdnn.kernels.paths import add_path_derivatives, add_path_sums
from lqcdnn.kernels.plaquette_layer import add_far_derivatives, near_derivatives, near_staples
from lqcdnn.kernels.polyakov_layer import LONGEST, add_line_derivatives, add_line_staples
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.lines import lines
from lqcdnn.lattice.loops import POLYAKOV_PREFIX, winding_directions
from lqcdnn.lattice.programs import staple_program

PLAQUETTE, RECTANGLE = "plaquette", "rectangle"


class Terms:
    """Plaquettes and rectangles by shared products, Polyakov loops line by line, all other classes as path programs.

    Parameters
    ----------
    lattice
        The lattice.
    loops
        Loop classes.

    Attributes
    ----------
    all, others
        Path programs of all classes and of those that no other kernel makes.
    lines
        The lines along which Polyakov loops wind.
    near, oblong, winding, rest
        Weights of plaquettes, of rectangles [d] (empty: there are none), of the lines [d], of ``others`` [class, d].
    """

    def __init__(self, lattice: Lattice, loops: tuple[str, ...]) -> None:
        self.lattice, self.d = lattice, lattice.d
        self._plaquettes = np.array([name == PLAQUETTE for name in loops], dtype=bool)
        self._rectangles = np.array([name == RECTANGLE for name in loops], dtype=bool)
        self._windings = np.zeros((len(loops), lattice.d))
        if max(lattice.shape) <= LONGEST:
            for k, name in enumerate(loops):
                if name.startswith(POLYAKOV_PREFIX):
                    self._windings[k, list(winding_directions(name, lattice.d))] = 1.0
        self._others = ~(self._plaquettes | self._rectangles | self._windings.any(axis=1))
        names = [name for name, other in zip(loops, self._others, strict=True) if other]
        self.all, self.others = staple_program(loops, lattice.shape), staple_program(names, lattice.shape)
        self.lines = lines(lattice, np.flatnonzero(self._windings.any(axis=0)))

    @property
    def only_plaquettes(self) -> bool:
        """Whether there is no other term."""
        return bool(self._plaquettes.all())

    def use(self, table: NDArray[np.float64]) -> None:
        """Take over the weights [class, d]."""
        self.winding = (self._windings * table).sum(axis=0)
        self.near = table[self._plaquettes].sum(axis=0) if self._plaquettes.any() else np.empty(0)
        self.scale = self.near if self.near.size else np.ones(self.d)
        self.oblong = table[self._rectangles].sum(axis=0) if self._rectangles.any() else np.empty(0)
        self.rest = np.ascontiguousarray(table[self._others])

    def add_staples(self, C: Blocks, far: Blocks, U: Blocks, nbr: NDArray[np.void]) -> None:
        """C of all terms but for what is in ``far``, see ``kernels.plaquette_layer``."""
        if self.near.size:
            near_staples(C, far, U, nbr, self.near)
        else:
            C["c"] = 0.0
        if self.oblong.size:
            rectangles.add_staples(C, self.lattice, U, self.oblong)
        if self.lines.start[-1]:
            add_line_staples(C, U, self.lines.sites, self.lines.start, self.lines.extent, self.lines.own, self.winding)
        if self.others.start[-1]:
            add_path_sums(C, U, nbr, self.others.program, self.others.start, self.rest)

    def add_derivatives(
        self, Sigma: Blocks, far: Blocks, V: Blocks, scaled: Blocks, U: Blocks, nbr: NDArray[np.void]
    ) -> None:
        """Sigma += (D C)^dag, D the derivative in the direction dU = V; ``scaled`` is V times ``scale`` [d]."""
        if self.near.size:
            near_derivatives(Sigma, far, scaled, U, nbr)
            add_far_derivatives(Sigma, far, nbr)
        if self.oblong.size:
            rectangles.add_derivatives(Sigma, self.lattice, V, U, self.oblong)
        if self.lines.start[-1]:
            lines = self.lines
            add_line_derivatives(Sigma, V, U, lines.sites, lines.start, lines.extent, lines.own, self.winding)
        if self.others.start[-1]:
            add_path_derivatives(Sigma, V, U, nbr, self.others.program, self.others.start, self.rest)
