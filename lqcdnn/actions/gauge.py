"""Gauge actions of plaquettes, rectangles, and terms of any other loops (physics.md 2, 22)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.loopterms import LoopTerms
from lqcdnn.config.tables.gauge_actions import LoopWeights, loop_weights
from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.errors import InputError
from lqcdnn.fields import rectangles, twisted
from lqcdnn.fields.defect import add_gradient, loop_sums
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import clear, ordered_sum
from lqcdnn.kernels.loops import add_plaquette_gradient, kick_by_plaquettes, plaquette_sums
from lqcdnn.lattice.anisotropy import coefficients_of, relative_weights
from lqcdnn.lattice.defect import DefectLoops
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import Loops
from lqcdnn.lattice.opentime import halved_loops, plaquettes_of, rectangles_of
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.schroedinger import wall_loops
from lqcdnn.lattice.twistedloops import TwistedLoops


class GaugeAction:
    """S = beta sum_n sum_{mu<nu} [c0 (1 - Re tr P/N) + c1 sum of both 1x2 rectangles (1 - Re tr R/N)], c0 = 1 - 8 c1.

    On an anisotropic lattice loops have other weights than c0 and c1, by how many links in time they have.

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
        Rectangle coefficient, or the weights of all plaquettes and rectangles.
    terms
        (loops, coefficient) of each further term: coefficient (1 - Re tr W/N) for each loop W of the class.
    ct
        Weight c_t of the plaquettes beside fixed links.

    Raises
    ------
    InputError
        For rectangles on an extent of 1, a term without loops on this lattice, or a lattice twisted for another N; for
        terms of other loops, or a twist, where time is open; rectangles between fixed links, links fixed for another N,
        or c_t without any.

    Attributes
    ----------
    weights
        What beta multiplies, of each kind of loops.
    classes, coefficients
        The classes of loops that beta multiplies, and what they have of it: plaquettes and, if any, rectangles; their
        parts by the number of links in time, where these do not all count the same.
    space
        What plaquettes of space count in units of those of time; None for 1.
    ends
        The loops at the ends of time that count otherwise, half where time is open, c_t times beside fixed links; None
        without.
    twisted
        The loops with an element of the centre other than 1: plaquettes, rectangles, and of the terms those that do not
        wind; None without a twist.
    """

    name, knows_fixed = "gauge", True

    def __init__(
        self, lattice: Lattice, n: int, beta: float, c1: float | LoopWeights = 0.0,
        terms: Sequence[tuple[Loops, float]] = (), ct: float = 1.0,
    ) -> None:  # fmt: skip
        self.weights = c1 if isinstance(c1, LoopWeights) else loop_weights(c1)
        if any(self.weights[2:]) and min(lattice.shape) < 2:
            raise InputError("rectangles need extents of at least 2")
        if lattice.twist is not None and lattice.twist.n != n:
            raise InputError(f"boundary conditions twisted for SU({lattice.twist.n}) with matrices of size {n}")
        if lattice.open_time and (terms or lattice.twist is not None):
            raise InputError("where time is open there are plaquettes and rectangles alone, without a twist")
        _refuse_fixed(lattice, n, self.weights, ct)
        self.lattice, self.n, self.ct = lattice, n, ct
        by_class = coefficients_of(self.weights, lattice.d)
        self.classes, self.coefficients = tuple(by_class), list(by_class.values())
        self.space, self._planes, self._oblong = relative_weights(self.weights, lattice.d)
        self.beta = beta
        self.terms = LoopTerms(lattice, n, terms) if terms else None
        self.ends: DefectLoops | None = None
        if lattice.fixed is not None:
            self.ends = wall_loops(lattice) if ct != 1.0 else None
        elif lattice.open_time:
            self.ends = halved_loops(lattice, self.classes)
        self.twisted: TwistedLoops | None = None
        if lattice.twist is not None:
            self._closed = [k for k, (loops, _) in enumerate(terms) if not is_polyakov(loops)]
            self.twisted = TwistedLoops(lattice, [*self.classes, *(terms[k][0] for k in self._closed)])

    @property
    def beta(self) -> float:
        """The inverse coupling."""
        return self._beta

    @beta.setter
    def beta(self, value: float) -> None:
        self._beta = value
        self._plaquettes = -value * self.weights.plaquette_time / self.n
        self._rectangles = np.full(self.lattice.d, -value * self.weights.rectangle_short / self.n)

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
        of_space, of_time = plaquettes_of(lattice)
        count: float = of_space + of_time
        if self.space is not None:
            count, part[:, 0] = self.space * of_space + of_time, self.space * part[:, 0]
        total = self.weights.plaquette_time * (count - ordered_sum(part.ravel()) / self.n)
        if self._oblong is not None:
            part = rectangles.rectangle_sums(lattice, U, self._planes)
            count = sum(w * number for w, number in zip(self._oblong, rectangles_of(lattice), strict=True))
            total += self.weights.rectangle_short * (count - ordered_sum(part.ravel()) / self.n)
        if self.ends is not None:
            of_class = loop_sums(self.ends, U) * self.ends.of_terms(self.coefficients)
            total += self._beside * math.fsum(of_class.tolist())
        if self.twisted is not None:
            found = twisted.changes(self.twisted, U)[: len(self.classes)]
            total -= sum(c * change for c, change in zip(self.coefficients, found, strict=True)) / self.n
        return float(total)

    def twisted_coefficients(self) -> NDArray[np.float64]:
        """What multiplies 1 - Re tr W/N of each class of ``twisted``."""
        of_beta = [self.beta * c for c in self.coefficients]
        return np.array(of_beta + ([] if self.terms is None else self.terms.coefficients[self._closed].tolist()))

    @property
    def _beside(self) -> float:
        """The weight of the loops of ``ends`` less that of others."""
        return self.ct - 1.0 if self.lattice.fixed is not None else -0.5

    def ends_coefficients(self) -> NDArray[np.float64]:
        """What multiplies 1 - Re tr W/N of each term of ``ends`` beside what all loops of its class have."""
        assert self.ends is not None
        return self._beside * self.ends.of_terms([self.beta * c for c in self.coefficients])

    def _add_special(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += what loops with another weight than most have beside that."""
        if self.ends is not None:
            add_gradient(Sigma, self.ends, U, -self.ends_coefficients() / self.n)
        if self.twisted is not None:
            twisted.add_gradient(Sigma, self.twisted, U, -self.twisted_coefficients() / self.n)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += -(beta/N) (C of plaquettes and rectangles with their weights)^dag + that of the terms."""
        self._add_special(U, Sigma)
        if self.terms is not None:
            self.terms.add_gradient(U, Sigma)
        if self._oblong is not None:
            rectangles.add_staples(Sigma, self.lattice, U, self._rectangles, conjugate=True, planes=self._planes)
        add_plaquette_gradient(Sigma, U, self.lattice.neighbours, self.lattice.rows(U), self._plaquettes, self.space)

    def kick(self, P: Blocks, U: Blocks, Sigma: Blocks | None, eps: float) -> None:
        """P <- P + eps TA(U (Sigma + gradient)); Sigma, that of other actions, None for zero, may be overwritten."""
        if self.terms is not None or self.twisted is not None or self.ends is not None:
            if Sigma is None:
                Sigma = scratch(U)
                clear(Sigma)
            self._add_special(U, Sigma)
            if self.terms is not None:
                self.terms.add_gradient(U, Sigma)
        if self._oblong is not None:
            fresh = Sigma is None
            Sigma = scratch(U) if Sigma is None else Sigma
            of = self._rectangles
            rectangles.add_staples(Sigma, self.lattice, U, of, conjugate=True, fresh=fresh, planes=self._planes)
        nbr, order = self.lattice.neighbours, self.lattice.rows(U)
        kick_by_plaquettes(P, U, Sigma, nbr, order, self._plaquettes, eps, self.space)


def _refuse_fixed(lattice: Lattice, n: int, weights: LoopWeights, ct: float) -> None:
    """Refuse what an action has no use for, or no definition, where links are fixed."""
    if lattice.fixed is None:
        if ct != 1.0:
            raise InputError(f"c_t = {ct} without links that are fixed at the ends of time")
        return
    if any(weights[2:]) or weights.plaquette_space != weights.plaquette_time:
        raise InputError("between links that are fixed at the ends of time there are plaquettes alone, all alike")
    if lattice.fixed.n != n:
        raise InputError(f"links fixed by angles of {lattice.fixed.n} colours, with matrices of size {n}")
