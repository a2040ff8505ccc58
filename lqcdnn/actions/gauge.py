"""Gauge actions of plaquettes, rectangles, and terms of any other loops (physics.md 2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.actions.loopterms import LoopTerms
from lqcdnn.config.tables.gauge_actions import plaquette_coefficient
from lqcdnn.errors import InputError
from lqcdnn.fields import rectangles
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import clear, ordered_sum
from lqcdnn.kernels.loops import add_plaquette_gradient, kick_by_plaquettes, plaquette_sums
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import Loops
from lqcdnn.lattice.pool import scratch


class GaugeAction:
    """S = beta sum_n sum_{mu<nu} [c0 (1 - Re tr P/N) + c1 sum of both 1x2 rectangles (1 - Re tr R/N)], c0 = 1 - 8 c1.

    Terms of other loops may be added, see :class:`LoopTerms`; beta does not multiply them.

    Parameters
    ----------
    lattice, n
        Lattice and number of colours; for U(1), n = 1, this is beta (1 - cos theta_P).
    beta
        Inverse coupling.
    c1
        Rectangle coefficient.
    terms
        (loops, coefficient) of each further term: coefficient (1 - Re tr W/N) for each loop W of the class.

    Raises
    ------
    InputError
        If c1 != 0 on an extent of 1, or a term has no loops on this lattice.
    """

    name = "gauge"

    def __init__(
        self, lattice: Lattice, n: int, beta: float, c1: float = 0.0, terms: Sequence[tuple[Loops, float]] = ()
    ) -> None:
        if c1 and min(lattice.shape) < 2:
            raise InputError("rectangles need extents of at least 2")
        self.lattice, self.n, self.c1 = lattice, n, c1
        self.c0 = plaquette_coefficient(c1)
        self.beta = beta
        self.terms = LoopTerms(lattice, n, terms) if terms else None

    @property
    def beta(self) -> float:
        """The inverse coupling."""
        return self._beta

    @beta.setter
    def beta(self, value: float) -> None:
        self._beta = value
        self._plaquettes = -value * self.c0 / self.n
        self._rectangles = np.full(self.lattice.d, -value * self.c1 / self.n)

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """A gauge action has no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U]."""
        value = float(self.beta * self.beta_sum(U))
        return value if self.terms is None else value + self.terms.value(U)

    def beta_sum(self, U: Blocks) -> float:
        """dS/dbeta: the sum that beta multiplies."""
        lattice = self.lattice
        part = np.empty((lattice.blocks, 2))
        plaquette_sums(part, U, lattice.neighbours, lattice.planes(U))
        planes = lattice.d * (lattice.d - 1) / 2
        total = self.c0 * (planes * lattice.volume - ordered_sum(part.ravel()) / self.n)
        if self.c1:
            part = rectangles.rectangle_sums(lattice, U)
            total += self.c1 * (2 * planes * lattice.volume - ordered_sum(part.ravel()) / self.n)
        return float(total)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += -(beta/N) (c0 C_plaquette + c1 C_rectangle)^dag + that of the terms."""
        if self.terms is not None:
            self.terms.add_gradient(U, Sigma)
        if self.c1:
            rectangles.add_staples(Sigma, self.lattice, U, self._rectangles, conjugate=True)
        add_plaquette_gradient(Sigma, U, self.lattice.neighbours, self.lattice.rows(U), self._plaquettes)

    def kick(self, P: Blocks, U: Blocks, Sigma: Blocks | None, eps: float) -> None:
        """P <- P + eps TA(U (Sigma + gradient)); Sigma, that of other actions, None for zero, may be overwritten."""
        if self.terms is not None:
            if Sigma is None:
                Sigma = scratch(U)
                clear(Sigma)
            self.terms.add_gradient(U, Sigma)
        if self.c1:
            fresh = Sigma is None
            Sigma = scratch(U) if Sigma is None else Sigma
            rectangles.add_staples(Sigma, self.lattice, U, self._rectangles, conjugate=True, fresh=fresh)
        kick_by_plaquettes(P, U, Sigma, self.lattice.neighbours, self.lattice.rows(U), self._plaquettes, eps)
