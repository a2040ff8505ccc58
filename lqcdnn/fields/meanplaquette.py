"""The mean plaquette as a collective variable: its value and its derivative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.loops import add_plaquette_gradient, plaquette_sums
from lqcdnn.lattice.geometry import Blocks, Lattice


class MeanPlaquette:
    """P = sum over all plaquettes of Re tr P/N, divided by their number V d(d-1)/2.

    Parameters
    ----------
    lattice, n
        Lattice, and number of colours (1: U(1)).

    Raises
    ------
    InputError
        A twist, open time or fixed links, where plaquettes do not all count the same in the action.
    """

    def __init__(self, lattice: Lattice, n: int) -> None:
        if lattice.twist is not None or lattice.open_time or lattice.fixed is not None:
            raise InputError("the mean plaquette of a bias potential is one of a torus, without a twist")
        self.lattice, self.n = lattice, n
        self._norm = 1.0 / (n * lattice.volume * (lattice.d * (lattice.d - 1) // 2))
        self._part = np.empty((lattice.blocks, 2))

    def value(self, U: Blocks) -> float:
        """P[U]."""
        plaquette_sums(self._part, U, self.lattice.neighbours, self.lattice.planes(U))
        return float(ordered_sum(self._part.ravel())) * self._norm

    def add_gradient(self, U: Blocks, Sigma: Blocks, slope: Callable[[float], float]) -> None:
        """Sigma += slope(P) times the derivative, dP = Re tr(Sigma dU) summed over links."""
        factor = slope(self.value(U)) * self._norm
        add_plaquette_gradient(Sigma, U, self.lattice.neighbours, self.lattice.rows(U), factor, None)
