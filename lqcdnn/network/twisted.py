"""The layer that drives the gradient flow of a lattice with twisted boundary conditions (arXiv:1412.0941)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.twisted import add_staples
from lqcdnn.kernels import layer as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.twistedloops import TwistedLoops
from lqcdnn.network.layer import CovariantLayer


class TwistedLayer(CovariantLayer):
    """A layer of plaquettes and rectangles whose staples carry their elements of the centre.

    It has no pullback: nothing trains it, and no action sees links behind it.

    Parameters
    ----------
    lattice
        A lattice with a twist.
    loops, weights
        Loop classes that do not wind, and a weight for each.
    """

    knows_twist = True

    def __init__(self, lattice: Lattice, loops: tuple[str, ...], weights: NDArray[np.float64]) -> None:
        super().__init__(lattice, loops, weights=weights)
        self._twisted = TwistedLoops(lattice, loops)

    def _rotate(self, out: Blocks, Z: Blocks, X: Blocks, keep: float, step: float, C: Blocks, U: Blocks) -> None:
        far, weight = self.terms.add_staples(C, U)
        add_staples(C, self._twisted, U, self.weights)
        kernels.rotate_by_staples(out, Z, X, keep, step, C, far, U, self.lattice.neighbours, weight)

    def _pull(self, *fields: object) -> Blocks:
        raise InputError("the layer of a twisted lattice, which the gradient flow is made of, has no pullback")
