"""Fat and long links of improved staggered operators as a map of links, with its pullback (physics.md 3.1).

Coefficients and sources: ``config.tables.improvements``; kernels: ``kernels.fattening``, ``kernels.unitarization``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.improvements import FatCoefficients, Improvement
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.kernels import fattening, unitarization
from lqcdnn.kernels.links import add_multiple, clear
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.timing import clock

NO_WEIGHTS: NDArray[np.float64] = np.empty(0)


@dataclass(frozen=True)
class FatTape:
    """Links U, and with a projection the fat links V and their projections W."""

    U: Blocks
    V: Blocks | None
    W: Blocks


class FatLinks:
    """U [d, block] -> fat links, then long ones, [2 d, block] (``network.base.LinkMap``).

    The result of the last links is kept: terms of an action that share the map make it once.

    Parameters
    ----------
    lattice
        Extents of at least 4.
    improvement
        Paths and coefficients.
    """

    def __init__(self, lattice: Lattice, improvement: Improvement) -> None:
        self.lattice, self.improvement = lattice, improvement
        self.theta = NO_WEIGHTS
        self._last: tuple[Blocks, FatTape] | None = None

    def forward(self, U: Blocks) -> tuple[Blocks, FatTape]:
        """(fat and long links, tape) of unitary links U."""
        last = self._last
        if last is None or not np.array_equal(last[1].U["c"], U["c"]):
            with clock("smearing"):
                last = self._last = self._made(aligned_copy(U))
        return last

    def _made(self, U: Blocks) -> tuple[Blocks, FatTape]:
        d, made, V, W = self.lattice.d, self.improvement, None, U
        if made.first is not None:
            V, W = scratch(U), scratch(U)
            self._fatten(V, U, made.first)
            unitarization.unitarize(W, V)
        out = scratch(U, 2 * d)
        self._fatten(out[:d], W, made.fat)
        fattening.long_links(out, W, self.lattice.neighbours, made.long)
        return out, FatTape(U, V, W)

    def pullback(self, tape: FatTape, Sigma: Blocks) -> Blocks:
        """Sigma [d, block] of U from Sigma [2 d, block] of fat and long links, dS = Re tr(Sigma dU).

        Where the projection is next to singular it is that of links a little farther from there
        (``unitarization.FORCE_FILTER``).
        """
        out = scratch(tape.U)
        clear(out)
        self.add_pullback(out, tape, Sigma)
        return out

    def add_pullback(self, total: Blocks, tape: FatTape, Sigma: Blocks) -> None:
        """total += pullback."""
        with clock("smearing"):
            made, G = self.improvement, scratch(Sigma)
            fattening.adjoint(G, Sigma)
            H = self._derivative(G[: self.lattice.d], tape.W, made.fat)
            fattening.add_long_derivative(H, G, tape.W, self.lattice.neighbours, made.long)
            if made.first is not None:
                unitarization.unitarize_back(H, tape.V, tape.W)
                H = self._derivative(H, tape.U, made.first)
            fattening.add_adjoint(total, H)

    def pullback_weights(self, tape: FatTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback; there are no weights."""
        return self.pullback(tape, Sigma), NO_WEIGHTS

    def _fatten(self, out: Blocks, U: Blocks, c: FatCoefficients) -> None:
        """out_mu = the fat links of U."""
        if not any(c.staples):
            clear(out)
            add_multiple(out, U, c.one)
            return
        for mu in range(self.lattice.d):
            _, M = self._staples(U, U, mu, c, True)
            fattening.staples_outside(out, U, U, M, self.lattice.neighbours, mu, _own(c))

    def _staples(self, U: Blocks, X: Blocks, mu: int, c: FatCoefficients, whole: bool) -> tuple[Blocks, Blocks]:
        """Staples of X_mu, and of these the fields that staples are made of once more; ``whole``: with X_mu itself."""
        nbr, (three, five, seven) = self.lattice.neighbours, (*c.staples, 0.0, 0.0)[:3]
        A, M = scratch(U), scratch(U)
        fattening.staples(A, U, X, nbr, mu)
        fattening.staples_inside(M, U, X, A, nbr, mu, three if whole else 0.0, five, seven, c.straight)
        return A, M

    def _derivative(self, G: Blocks, U: Blocks, c: FatCoefficients) -> Blocks:
        """H with Re <G, dF> = Re <H, dU> for the fat links F of U."""
        out, nbr, seven = scratch(U), self.lattice.neighbours, (*c.staples, 0.0, 0.0)[2]
        clear(out)
        if not any(c.staples):
            add_multiple(out, G, c.one)
            return out
        inside = scratch(U)
        for mu in range(self.lattice.d):
            B, N = self._staples(U, G, mu, c, True)
            fattening.staples_outside(inside, U, G, N, nbr, mu, _own(c))
            A, M = self._staples(U, U, mu, c, False)
            fattening.add_sides(out, U, A, M, G, B, N, nbr, mu, seven)
        add_multiple(out, inside, 1.0)
        return out


def _own(c: FatCoefficients) -> float:
    """Coefficient of the link where Lepage's paths are staples of staples, which also go there and back: 2 U each."""
    return c.one - 2.0 * len(c.staples) * c.straight


class SmearingStaggeredOperator(StaggeredOperator):
    """An improved operator of the links it makes fat itself: for measurements.

    Parameters
    ----------
    lattice, n, mass, boundary, improvement
        As :class:`StaggeredOperator`.
    """

    def __init__(
        self, lattice: Lattice, n: int, mass: float, boundary: tuple[int, ...], improvement: Improvement
    ) -> None:
        super().__init__(lattice, n, mass, boundary, improvement)
        self._fat = FatLinks(lattice, improvement)

    def set_links(self, U: Blocks) -> None:
        """Pack the fat and long links of U [d, block]."""
        super().set_links(self._fat.forward(U)[0])
