"""Mixed-precision conjugate gradients: steps in single precision inside corrections in double precision."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.kernels import staggered as kernels
from lqcdnn.kernels.linalg import residual
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.geometry import Blocks, Lattice

INNER_TOLERANCE = 1e-5
"""What a cycle in single precision gains; the next correction takes up from there."""
PROGRESS = 0.1
"""A cycle that gains less than this is the last: double precision takes over."""


class SingleStaggered(StaggeredOperator):
    """The operator in single precision, on blocks twice as wide where the lattice allows: half as many of them."""

    def __init__(self, operator: StaggeredOperator) -> None:
        of = operator.lattice
        sites = of.volume // 2
        width = 2 * of.width if of.width >= 8 and sites % (2 * of.width) == 0 else of.width
        super().__init__(Lattice(of.shape, width, "f4"), operator.n, operator.mass, operator.boundary)
        self.x, self.b = self.vector(), self.vector()

    def cycle(self, parity: int, tolerance: float, max_iterations: int) -> int:
        """x = (m^2 - D^2)^{-1} b as far as single precision goes; returns iterations."""
        return self._conjugate_gradients(self.x, self.b, parity, tolerance, max_iterations)[0]


class MixedStaggeredOperator(StaggeredOperator):
    """A staggered operator whose solver works in single precision inside double precision.

    Each cycle solves (m^2 - D^2) d = r in single precision, r the true residual in double precision, and adds d to x.
    Parameters, result and the demanded true residual are those of :class:`StaggeredOperator`.
    """

    def __init__(self, lattice: Lattice, n: int, mass: float, boundary: tuple[int, ...]) -> None:
        super().__init__(lattice, n, mass, boundary)
        self.single = SingleStaggered(self)

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] in both precisions."""
        super().set_links(U)
        narrow(entries(self.single.links), entries(self.links), 1.0)

    def _conjugate_gradients(
        self, x: Blocks, b: Blocks, parity: int, tolerance: float, max_iterations: int
    ) -> tuple[int, float]:
        """Iterations in single precision (and in double, where those do not suffice), true relative residual."""
        first, last = self._range(parity)
        norm = self._norm2(b, parity) ** 0.5
        x["c"][first:last] = 0.0
        done, deviation = 0, 1.0 if norm else 0.0
        self._work[0]["c"][first:last] = b["c"][first:last]
        while deviation > tolerance and done < max_iterations:
            goal = max(INNER_TOLERANCE, 0.5 * tolerance / deviation)
            done += self._correct(x, parity, norm * deviation, goal, max_iterations - done)
            before, deviation = deviation, self._residual(x, b, parity) / norm
            if not deviation <= PROGRESS * before and deviation > tolerance:
                more, deviation = super()._conjugate_gradients(x, b, parity, tolerance, max_iterations - done)
                return done + more, deviation
        return done, deviation

    def _correct(self, x: Blocks, parity: int, size: float, goal: float, limit: int) -> int:
        """One cycle for the residual r = work[0] of norm ``size``; returns iterations."""
        first, last = self._range(parity)
        begin, end = self.single._range(parity)
        r, single = self._work[0], self.single
        narrow(entries(single.b[begin:end]), entries(r[first:last]), 1.0 / size)
        done = single.cycle(parity, goal, limit)
        add_widened(entries(x[first:last]), entries(single.x[begin:end]), size)
        return done

    def _residual(self, x: Blocks, b: Blocks, parity: int) -> float:
        """|r|, r = b - (m^2 - D^2) x afresh, left in work[0]."""
        r, _p, t, q = self._work
        nbr, half = self.lattice.neighbours, self.lattice.half
        kernels.normal_operator(self._part, q, t, self.links, x, nbr, self.mass**2, half, parity)
        residual(self._part, r, b, q, *self._range(parity))
        return float(ordered_sum(self._part) ** 0.5)


def entries(field: Blocks) -> NDArray[Any]:
    """The numbers of a field as [block, entry, lane]."""
    c: NDArray[Any] = field["c"]
    return c.reshape(field.shape[0], -1, c.shape[-1])
