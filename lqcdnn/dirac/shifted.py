"""The shifted systems of the staggered and Wilson even-odd operators, and of staggered quarks at finite density."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.multishift import ShiftedSystem
from lqcdnn.dirac.phases import of_turned_links
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.dirac.staggered_density import StaggeredDensity
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import multishift_staggered as staggered
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.multishift import shifted_residual
from lqcdnn.lattice.geometry import Blocks, Lattice


class ShiftedStaggered(ShiftedSystem):
    """(m^2 - D^2 + s_i) x_i = b; the solutions hold D x_i on the odd sites.

    Parameters
    ----------
    operator
        D + m; solves are recorded in its log.
    """

    name = "staggered multi-shift CG"
    operator: StaggeredOperator

    def __init__(self, operator: StaggeredOperator) -> None:
        super().__init__(operator, 1, operator.links.shape[1] * operator.n**2 * operator.lattice.volume)

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of the spectrum that hold on all unitary links: D is antihermitian with norm at most d.

        Of an improved operator the norm is that which it knows.
        """
        mass2 = self.operator.mass * self.operator.mass
        return mass2, mass2 + self.operator.norm**2

    def on(self, lattice: Lattice) -> ShiftedStaggered:
        """On the operator there."""
        return ShiftedStaggered(self.operator.on(lattice))

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = (m^2 - D^2) x."""
        self.operator.equations[EVEN].apply_normal(out, x)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """2 Re <x_i, dD (D x_i)> for all i in one sweep; there is no local action."""
        nbr, half = self.operator.neighbours, self.lattice.half
        with of_turned_links(self.operator.phases, Sigma) as T:
            staggered.add_shifted_outer_products(T, self.X, np.array(weights), self.operator.signs, nbr, half)

    def _arrays(self) -> tuple[object, ...]:
        return self.operator.links, self.operator.neighbours, self.operator.mass**2, self._t

    def residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (m^2 - D^2 + s_i) x_i|^2; leaves D x_i on the odd sites."""
        nbr, half, W = self.operator.neighbours, self.lattice.half, self.operator.links
        staggered.hop_all(self.X, W, nbr, len(shifts), half, 2 * half)
        part = np.empty((len(shifts), half))
        staggered.shifted_residuals(part, self.X, b, W, nbr, self.operator.mass**2 + np.array(shifts), half)
        return np.array([ordered_sum(row) for row in part])


class OneByOne(ShiftedSystem):
    """Systems whose solutions are taken one after the other, for residuals and for derivatives."""

    def residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (A + s_i) x_i|^2."""
        found = []
        for x, shift in zip(self._solutions(), shifts, strict=True):
            self.apply(self._q, x)
            shifted_residual(self._part, b, self._q, x, shift, self.last)
            found.append(ordered_sum(self._part))
        return np.array(found)

    def _solutions(self) -> Iterator[Blocks]:
        """The solutions one after the other, in one field."""
        for x in self.solutions:
            self.p["c"][: self.last] = x["c"][: self.last]
            yield self.p


class ShiftedWilson(OneByOne):
    """(Mhat^dag Mhat + s_i) x_i = b with the even-odd operator Mhat of Wilson or clover fermions.

    Parameters
    ----------
    operator
        M; solves are recorded in its log.
    """

    name = "Wilson multi-shift CG"
    operator: WilsonOperator

    def __init__(self, operator: WilsonOperator) -> None:
        lattice, spins = operator.lattice, operator.spins
        super().__init__(operator, spins, 4 * lattice.d * operator.n**2 * spins * lattice.volume)
        self._y = self.vector()

    def on(self, lattice: Lattice) -> ShiftedWilson:
        """On the operator there."""
        return ShiftedWilson(self.operator.on(lattice))

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = Mhat^dag Mhat x."""
        self.operator.equations[EVEN].apply_normal(out, x)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """One derivative for each i."""
        self.operator.add_derivatives(Sigma, self._solutions(), weights, local)

    def local_action(self) -> float:
        """-log det A_o^2 of the clover term, as for two flavours."""
        return self.operator.local_action()

    def _arrays(self) -> tuple[object, ...]:
        op = self.operator
        return *op.terms, op.hops, op.hops_back, self.lattice.neighbours, self._t, self._y


class ShiftedDensity(OneByOne):
    """(M^dag M + j^2 + s_i) x_i = b on all sites, M = m + D(mu) of staggered quarks at finite density.

    Parameters
    ----------
    operator
        M and j; solves are recorded in its log.
    """

    name = "staggered multi-shift CG at finite density"
    operator: StaggeredDensity

    def __init__(self, operator: StaggeredDensity) -> None:
        lattice = operator.lattice
        super().__init__(operator, 1, 4 * lattice.d * operator.n**2 * lattice.volume, lattice.blocks)

    def on(self, lattice: Lattice) -> ShiftedDensity:
        """On the operator there."""
        return ShiftedDensity(self.operator.on(lattice))

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = (M^dag M + j^2) x."""
        self.operator.apply_normal(out, x)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """One derivative for each i; there is no local action."""
        self.operator.add_derivatives(Sigma, self._solutions(), weights)

    def _arrays(self) -> tuple[object, ...]:
        op = self.operator
        return op.links, op.back, op.neighbours, op.mass, op.source**2, self._t
