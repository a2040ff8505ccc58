"""The layers that drive the gradient flow where time is open (Luscher and Schaefer, arXiv:1206.2809, appendix B)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.opentime import cut, freeze
from lqcdnn.kernels import defect
from lqcdnn.kernels import layer as kernels
from lqcdnn.kernels.paths import END
from lqcdnn.lattice.defect import Sites, sites_by_part
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import staples
from lqcdnn.lattice.opentime import at_boundary
from lqcdnn.lattice.programs import Program, Row, assemble, steps
from lqcdnn.network.layer import CovariantLayer


class OpenLayer(CovariantLayer):
    """A layer of plaquettes and rectangles that follows the gradient of the action with open time.

    Space links of the first and the last time slice move twice as fast as that gradient: as if time went on beyond the
    slice as in a mirror.  Their loops inside the slice count half in the action, so that these staples count once and
    those with time twice.

    It has no pullback: nothing trains it, and no action sees links behind it.

    Parameters
    ----------
    lattice
        A lattice with open time.
    loops, weights
        Loop classes that do not wind, and a weight for each.
    """

    def __init__(self, lattice: Lattice, loops: tuple[str, ...], weights: NDArray[np.float64]) -> None:
        super().__init__(lattice, loops, weights=weights)
        self._sites, self._program = mirrored_staples(lattice, loops)

    def _rotate(self, out: Blocks, Z: Blocks, X: Blocks, keep: float, step: float, C: Blocks, U: Blocks) -> None:
        far, weight = self.terms.add_staples(C, U)
        where = self.lattice.neighbours, self._sites.vectors, self._sites.part, self._sites.part
        weights = np.array(self.weights[:, None], order="C")  # to be written to, as others: a type of the kernel
        defect.add_staples(C, U, *where, self._program.program, weights, self._program.start)
        kernels.rotate_by_staples(out, Z, X, keep, step, C, far, U, self.lattice.neighbours, weight)

    def _pull(self, *fields: object) -> Blocks:
        raise InputError("the layer of open time, which the gradient flow is made of, has no pullback")


class FixedLayer(CovariantLayer):
    """A layer of plaquettes and rectangles that moves no link that is fixed at the ends of time.

    It is what drives the gradient flow of the Schroedinger functional (Fritzsch and Ramos, arXiv:1301.4388).
    As :class:`OpenLayer` it has no pullback.

    Parameters
    ----------
    lattice
        A lattice with fixed links.
    loops, weights
        Loop classes that do not wind, and a weight for each.
    """

    knows_fixed = True

    def __init__(self, lattice: Lattice, loops: tuple[str, ...], weights: NDArray[np.float64]) -> None:
        super().__init__(lattice, loops, weights=weights)

    def _rotate(self, out: Blocks, Z: Blocks, X: Blocks, keep: float, step: float, C: Blocks, U: Blocks) -> None:
        super()._rotate(out, Z, X, keep, step, C, U)
        if Z is not out:
            freeze(self.lattice, Z)
        cut(self.lattice, out)

    def _pull(self, *fields: object) -> Blocks:
        raise InputError("the layer of fixed links, which the gradient flow is made of, has no pullback")


@lru_cache(maxsize=16)
def mirrored_staples(lattice: Lattice, loops: tuple[str, ...]) -> tuple[Sites, Program]:
    """The sites of the first and last slice, once for each space direction; the staples with time of its links."""
    sites = np.flatnonzero(at_boundary(lattice))
    rows: list[list[Row]] = []
    for mu in range(lattice.d - 1):
        rows.append([])
        for term, name in enumerate(loops):
            for path in staples(name, mu, lattice.shape):
                if lattice.d in map(abs, path):
                    rows[mu] += [*steps(path), (END, 0, term, 0)]
    return sites_by_part(lattice, [(mu, sites) for mu in range(lattice.d - 1)]), assemble(rows)
