"""Gauge actions of plaquettes, rectangles, and terms of any other loops (physics.md 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.loopterms import LoopTerms
from lqcdnn.config.tables.gauge_actions import plaquette_coefficient
from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.errors import InputError
from lqcdnn.fields import rectangles, twisted
from lqcdnn.fields.defect import add_gradient, loop_sums
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import clear, ordered_sum
from lqcdnn.kernels.loops import add_plaquette_gradient, kick_by_plaquettes, plaquette_sums
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import Loops
from lqcdnn.lattice.opentime import halved_loops, plaquettes_of, rectangles_of
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.schroedinger import wall_loops
from lqcdnn.lattice.twistedloops import TwistedLoops


class GaugeAction:
    """S = beta sum_n sum_{mu<nu} [c0 (1 - Re tr P/N) + c1 sum of both 1x2 rectangles (1 - Re tr R/N)], c0 = 1 - 8 c1.

    Terms of other loops may be added, see :class:`LoopTerms`; beta does not multiply them.  On a lattice with a twist
    every loop is multiplied by its element of the centre.  Where time is open, loops through missing links are left out
    and those inside the first or the last time slice count half (Luscher and Schaefer, arXiv:1105.4749, eq. (2.7); with
    rectangles openQCD's action with c_G = 1).  Between fixed links plaquettes of time beside them are multiplied by c_t
    (hep-lat/9207009); plaquettes inside the two slices are constant.

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
    ct
        Weight c_t of the plaquettes beside fixed links.

    Raises
    ------
    InputError
        If c1 != 0 on an extent of 1, a term has no loops on this lattice, or the lattice is twisted for another N; for
        terms of other loops, or a twist, where time is open; rectangles between fixed links, links fixed for another N,
        or c_t without any.

    Attributes
    ----------
    ends
        The loops at the ends of time that count otherwise, half where time is open, c_t times beside fixed links; None
        without.
    twisted
        The loops with an element of the centre other than 1: plaquettes, rectangles, and of the terms those that do not
        wind; None without a twist.
    """

    name = "gauge"

    def __init__(
        self, lattice: Lattice, n: int, beta: float, c1: float = 0.0, terms: Sequence[tuple[Loops, float]] = (),
        ct: float = 1.0,
    ) -> None:  # fmt: skip
        if c1 and min(lattice.shape) < 2:
            raise InputError("rectangles need extents of at least 2")
        if lattice.twist is not None and lattice.twist.n != n:
            raise InputError(f"boundary conditions twisted for SU({lattice.twist.n}) with matrices of size {n}")
        if lattice.open_time and (terms or lattice.twist is not None):
            raise InputError("where time is open there are plaquettes and rectangles alone, without a twist")
        _refuse_fixed(lattice, n, c1, ct)
        self.lattice, self.n, self.c1, self.ct = lattice, n, c1, ct
        self.c0 = plaquette_coefficient(c1)
        self.beta = beta
        self.terms = LoopTerms(lattice, n, terms) if terms else None
        known: tuple[Loops, ...] = ("plaquette", "rectangle") if c1 else ("plaquette",)
        self.ends: DefectLoops | None = None
        if lattice.fixed is not None:
            self.ends = wall_loops(lattice) if ct != 1.0 else None
        elif lattice.open_time:
            self.ends = halved_loops(lattice, known)
        self.twisted: TwistedLoops | None = None
        if lattice.twist is not None:
            classes: list[Loops] = ["plaquette", *(["rectangle"] if c1 else [])]
            self._closed = [k for k, (loops, _) in enumerate(terms) if not is_polyakov(loops)]
            self.twisted = TwistedLoops(lattice, [*classes, *(terms[k][0] for k in self._closed)])

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
        if self.terms is None:
            return value
        value += self.terms.value(U)
        if self.twisted is not None and self._closed:
            first = len(self.twisted.classes) - len(self._closed)
            missing = twisted.changes(self.twisted, U)[first:] * self.twisted_coefficients()[first:]
            value -= sum(missing.tolist()) / self.n
        return value

    def beta_sum(self, U: Blocks) -> float:
        """dS/dbeta: the sum that beta multiplies."""
        lattice = self.lattice
        part = np.empty((lattice.blocks, 2))
        plaquette_sums(part, U, lattice.neighbours, lattice.planes(U))
        plaquettes, oblong = sum(plaquettes_of(lattice)), sum(rectangles_of(lattice))
        total = self.c0 * (plaquettes - ordered_sum(part.ravel()) / self.n)
        if self.c1:
            part = rectangles.rectangle_sums(lattice, U)
            total += self.c1 * (oblong - ordered_sum(part.ravel()) / self.n)
        if self.ends is not None:
            of_class = loop_sums(self.ends, U) * self.ends.of_terms([self.c0, self.c1])
            total += self._beside * math.fsum(of_class.tolist())
        if self.twisted is not None:
            found = twisted.changes(self.twisted, U)
            total -= (self.c0 * found[0] + (self.c1 * found[1] if self.c1 else 0.0)) / self.n
        return float(total)

    def twisted_coefficients(self) -> NDArray[np.float64]:
        """What multiplies 1 - Re tr W/N of each class of ``twisted``."""
        of_beta = [self.beta * self.c0, *([self.beta * self.c1] if self.c1 else [])]
        return np.array(of_beta + ([] if self.terms is None else self.terms.coefficients[self._closed].tolist()))

    @property
    def _beside(self) -> float:
        """The weight of the loops of ``ends`` less that of others."""
        return self.ct - 1.0 if self.lattice.fixed is not None else -0.5

    def ends_coefficients(self) -> NDArray[np.float64]:
        """What multiplies 1 - Re tr W/N of each term of ``ends`` beside what all loops of its class have."""
        assert self.ends is not None
        return self._beside * self.ends.of_terms([self.beta * self.c0, self.beta * self.c1])

    def _add_special(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += what loops with another weight than most have beside that."""
        if self.ends is not None:
            add_gradient(Sigma, self.ends, U, -self.ends_coefficients() / self.n)
        if self.twisted is not None:
            twisted.add_gradient(Sigma, self.twisted, U, -self.twisted_coefficients() / self.n)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += -(beta/N) (c0 C_plaquette + c1 C_rectangle)^dag + that of the terms."""
        self._add_special(U, Sigma)
        if self.terms is not None:
            self.terms.add_gradient(U, Sigma)
        if self.c1:
            rectangles.add_staples(Sigma, self.lattice, U, self._rectangles, conjugate=True)
        add_plaquette_gradient(Sigma, U, self.lattice.neighbours, self.lattice.rows(U), self._plaquettes)

    def kick(self, P: Blocks, U: Blocks, Sigma: Blocks | None, eps: float) -> None:
        """P <- P + eps TA(U (Sigma + gradient)); Sigma, that of other actions, None for zero, may be overwritten."""
        if self.terms is not None or self.twisted is not None or self.ends is not None:
            if Sigma is None:
                Sigma = scratch(U)
                clear(Sigma)
            self._add_special(U, Sigma)
            if self.terms is not None:
                self.terms.add_gradient(U, Sigma)
        if self.c1:
            fresh = Sigma is None
            Sigma = scratch(U) if Sigma is None else Sigma
            rectangles.add_staples(Sigma, self.lattice, U, self._rectangles, conjugate=True, fresh=fresh)
        kick_by_plaquettes(P, U, Sigma, self.lattice.neighbours, self.lattice.rows(U), self._plaquettes, eps)


def _refuse_fixed(lattice: Lattice, n: int, c1: float, ct: float) -> None:
    """Refuse what an action has no use for, or no definition, where links are fixed."""
    if lattice.fixed is None:
        if ct != 1.0:
            raise InputError(f"c_t = {ct} without links that are fixed at the ends of time")
        return
    if c1:
        raise InputError("between links that are fixed at the ends of time there are plaquettes alone")
    if lattice.fixed.n != n:
        raise InputError(f"links fixed by angles of {lattice.fixed.n} colours, with matrices of size {n}")
