"""The shifted systems of the even-odd operator of domain wall quarks, on five-dimensional vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.multishift import ShiftedSystem
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.multishift import combine, shifted_residual
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice


class ShiftedDomainWall(ShiftedSystem):
    """(Mhat^dag Mhat + s_i) x_i = b on even sites; vectors are [s5, block], solutions [i, s5, block].

    Parameters
    ----------
    operator
        D(m); solves are recorded in its log.
    """

    name = "domain wall multi-shift CG"
    operator: DomainWallOperator

    def __init__(self, operator: DomainWallOperator) -> None:
        lattice, spins = operator.lattice, operator.spins
        super().__init__(operator, spins, 4 * lattice.d * operator.n**2 * spins * operator.fifth.L5 * lattice.volume)
        self._x = self.vector()
        self._kept = self.stack(0)

    def on(self, lattice: Lattice) -> ShiftedDomainWall:
        """On the operator there."""
        return ShiftedDomainWall(self.operator.on(lattice))

    def vector(self) -> Blocks:
        """A zero field [s5, block]."""
        return self.operator.vector()

    def stack(self, count: int) -> Blocks:
        """Zero fields [i, s5, block] on even sites alone."""
        kind = field_dtype(self.n, self.spins, self.lattice.width, self.lattice.real)
        return np.moveaxis(aligned_zeros((self.lattice.half, count, self.operator.fifth.L5), kind), 0, -1)

    def product(self, x: Blocks, y: Blocks) -> float:
        """Re <x, y> on even sites."""
        return self.operator.product(x, y)

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian field with <|r|^2> = 1 per component."""
        return self.operator.noise(stream, purpose)

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = Mhat^dag Mhat x."""
        self.operator.apply_normal(out, x)

    def combine(self, out: Blocks, b: Blocks, constant: float, weights: Sequence[float]) -> None:
        """out = constant b + sum_i weights_i x_i, at one s5 after the other."""
        for k in range(len(b)):
            combine(out[k], b[k], self.X[:, k], constant, np.array(weights), self.last)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """-2 Re (Mhat x_i)^dag dMhat x_i for each i; there is no local action."""
        for x, weight in zip(self.solutions, weights, strict=True):
            self._add_bilinear(Sigma, x, x, -weight)

    def keep(self) -> None:
        """Keep the solutions of the last solve for :meth:`add_bilinear_derivative`."""
        if self._kept.shape != self.solutions.shape:
            self._kept = self.stack(len(self.solutions))
        self._kept["c"] = self.solutions["c"]

    def add_bilinear_derivative(self, Sigma: Blocks, weights: Sequence[float]) -> None:
        """Sigma += d/dU of 2 Re sum_i weights_i a^dag (A + s_i)^{-1} b, b of the last solve, a of the one kept.

        With y_i the solutions for a it is -2 sum_i weights_i Re [(Mhat x_i)^dag dMhat y_i + (Mhat y_i)^dag dMhat x_i].
        """
        for x, y, weight in zip(self.solutions, self._kept, weights, strict=True):
            self._add_bilinear(Sigma, x, y, -2.0 * weight)

    def _add_bilinear(self, Sigma: Blocks, x: Blocks, y: Blocks, factor: float) -> None:
        """Sigma += factor d/dU of Re [(Mhat x)^dag Mhat y + (Mhat y)^dag Mhat x], Mhat x and Mhat y held fixed."""
        same, half = x is y, self.last
        self.p[:, :half]["c"], self._x[:, :half]["c"] = x["c"], y["c"]
        self.operator.apply_even(self._q, self.p)
        if same:
            self.operator.add_derivative(Sigma, self.p, self._q, 2.0 * factor)
            return
        self.operator.apply_even(self._t, self._x)
        self.operator.add_derivative(Sigma, self._x, self._q, factor)
        self.operator.add_derivative(Sigma, self.p, self._t, factor)

    def residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (Mhat^dag Mhat + s_i) x_i|^2."""
        found = []
        for x, shift in zip(self.solutions, shifts, strict=True):
            self.p[:, : self.last]["c"] = x["c"]
            self.apply(self._q, self.p)
            total = 0.0
            for k in range(len(b)):
                shifted_residual(self._part, b[k], self._q[k], x[k], shift, self.last)
                total += ordered_sum(self._part)
            found.append(total)
        return np.array(found)

    def _arrays(self) -> tuple[object, ...]:
        op = self.operator
        return op.T, op.links, self.lattice.neighbours, self._t
