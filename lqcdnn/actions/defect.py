"""A gauge action whose loops through a defect of the lattice are weakened (physics.md 11)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError
from lqcdnn.fields.defect import add_gradient, loop_sums
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch


class WeakenedGaugeAction:
    """S_c = S + sum over the loops W of S with k > 0 links of the defect of (c^k - 1) times what S has of W.

    With c = 1 it is S, with c = 0 the two sides of the defect do not see each other.  Loops are the plaquettes and
    rectangles; terms of other loops stay as they are.

    Parameters
    ----------
    action
        S, which may change its beta.
    loops
        The loops through the defect of the ``classes`` of S.
    coupling
        c.

    Raises
    ------
    InputError
        On a lattice with a twist or open time.
    """

    def __init__(self, action: GaugeAction, loops: DefectLoops, coupling: float) -> None:
        if action.twisted is not None or action.lattice.open_time:
            raise InputError("loops through a defect know of no twist of the boundary conditions, and of no open time")
        self.action, self.loops, self.coupling = action, loops, coupling
        self.name, self.lattice, self.n = action.name, action.lattice, action.n

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """A gauge action has no auxiliary field."""
        return self.action.draw(U, stream)

    def factors(self) -> NDArray[np.float64]:
        """(c^k - 1) beta c_i for each (class i, crossings k) of the loops."""
        of_class = self.action.beta * np.array(self.action.coefficients)
        return np.array([(self.coupling**times - 1.0) * of_class[k] for k, times in self.loops.terms])

    def value(self, U: Blocks) -> float:
        """S_c[U]."""
        return self.action.value(U) + self.change(loop_sums(self.loops, U))

    def change(self, sums: NDArray[np.float64]) -> float:
        """S_c - S of links with these :func:`loop_sums`."""
        return math.fsum((self.factors() * sums).tolist())

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += that of S - (1/N) sum over the staples of the links near the defect."""
        self._add(U, Sigma)
        self.action.add_gradient(U, Sigma)

    def kick(self, P: Blocks, U: Blocks, Sigma: Blocks | None, eps: float) -> None:
        """P <- P + eps TA(U (Sigma + gradient)); Sigma, that of other actions, None for zero, may be overwritten."""
        if Sigma is None:
            Sigma = scratch(U)
            clear(Sigma)
        self._add(U, Sigma)
        self.action.kick(P, U, Sigma, eps)

    def _add(self, U: Blocks, Sigma: Blocks) -> None:
        add_gradient(Sigma, self.loops, U, -self.factors() / self.n)
