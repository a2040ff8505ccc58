"""Fat and long links of improved staggered operators as a map of links, with its pullback (physics.md 3.1).

Coefficients and sources: ``config.tables.improvements``; kernels: ``kernels.fattening``, ``kernels.unitarization``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.improvements import FatCoefficients, Improvement
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.kernels import fattening, fattening_derivative, unitarization
from lqcdnn.kernels.links import add_multiple, clear
from lqcdnn.kernels.simd import momentum_dtype
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.blocks import aligned_copy, aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.pool import scratch, scratch_rows
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

    Raises
    ------
    InputError
        Where time is open.
    """

    def __init__(self, lattice: Lattice, improvement: Improvement) -> None:
        if lattice.open_time:
            raise InputError("improved staggered fermions know of no open time; allowed: none")
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
            fattening_derivative.adjoint(G, Sigma)
            H = self._derivative(G[: self.lattice.d], tape.W, made.fat)
            fattening_derivative.add_long_derivative(H, G, tape.W, self.lattice.neighbours, made.long)
            if made.first is not None:
                unitarization.unitarize_back(H, tape.V, tape.W)
                H = self._derivative(H, tape.U, made.first)
            fattening_derivative.add_adjoint(total, H)

    def pullback_weights(self, tape: FatTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback; there are no weights."""
        return self.pullback(tape, Sigma), NO_WEIGHTS

    def _fatten(self, out: Blocks, U: Blocks, c: FatCoefficients) -> None:
        """out_mu = the fat links of U."""
        if not any(c.staples):
            clear(out)
            add_multiple(out, U, c.one)
            return
        A, M, nbr, order = scratch(U), scratch(U), self.lattice.neighbours, self.lattice.rows(U)
        three, five, seven = _staples(c)
        for mu in range(self.lattice.d):
            fattening.staples(A, U, U, nbr, order, mu)
            fattening.staples_inside(M, U, U, A, nbr, order, mu, three, five, seven, c.straight)
            fattening.staples_outside(out, U, U, M, nbr, order, mu, _own(c))

    def _derivative(self, G: Blocks, U: Blocks, c: FatCoefficients) -> Blocks:
        """H with Re <G, dF> = Re <H, dU> for the fat links F of unitary links U."""
        out = scratch(U)
        if not any(c.staples):
            clear(out)
            add_multiple(out, G, c.one)
            return out
        (A, M, B, N), nbr, order = (scratch(U) for _ in range(4)), self.lattice.neighbours, self.lattice.rows(U)
        three, five, seven = _staples(c)
        P, far = self._momenta(U), self._momenta(U)
        clear(P)
        for mu in range(self.lattice.d):
            clear(far)
            fattening.staples(A, U, U, nbr, order, mu)
            fattening.staples_inside(M, U, U, A, nbr, order, mu, 0.0, five, seven, c.straight)
            fattening_derivative.sides_outside(B, P, far, U, G, M, nbr, order, mu)
            fattening_derivative.sides_between(N, P, far, U, G, A, B, nbr, order, mu, three, five, seven, c.straight)
            fattening_derivative.sides_inside(out, P, far, U, G, N, nbr, order, mu, _own(c))
            fattening_derivative.collect(P, far, nbr, mu)
        fattening_derivative.add_turned(out, P, U, nbr)
        return out

    def _momenta(self, U: Blocks) -> Blocks:
        """Room for two antihermitian matrices of each link."""
        c = U["c"]
        none = aligned_zeros((0, U.shape[-1]), momentum_dtype(colors(U), c.shape[-1], c.dtype.str[1:]))
        return scratch_rows(none, 2 * self.lattice.d)


def _staples(c: FatCoefficients) -> tuple[float, float, float]:
    """Coefficients of paths of three, five and seven links, 0 where there are too few directions."""
    three, five, seven = (*c.staples, 0.0, 0.0)[:3]
    return three, five, seven


def _own(c: FatCoefficients) -> float:
    """Coefficient of the link where Lepage's paths are staples of staples, which also go there and back: 2 U each."""
    return c.one - 2.0 * len(c.staples) * c.straight


class SmearingStaggeredOperator(StaggeredOperator):
    """An improved operator of the links it makes fat itself: for measurements.

    Parameters
    ----------
    lattice, n, mass, boundary, improvement, theta, flux
        As :class:`StaggeredOperator`.
    """

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        mass: float,
        boundary: tuple[int, ...],
        improvement: Improvement,
        theta: tuple[float, ...] | None = None,
        flux: Flux | None = None,
    ) -> None:
        super().__init__(lattice, n, mass, boundary, improvement, theta, flux=flux)
        self._fat = FatLinks(lattice, improvement)

    def fat(self, U: Blocks) -> Blocks:
        """The fat and long links of U [d, block], those of the last U not made again."""
        return self._fat.forward(U)[0]

    def set_links(self, U: Blocks) -> None:
        """Pack the fat and long links of U [d, block]."""
        super().set_links(self.fat(U))
