"""Mixed-precision conjugate gradients: steps in single precision inside corrections in double precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.normal import NormalEquations, conjugate_gradients, rows
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice

GAINS, MANY = (0.1, 0.01), 50
"""What a cycle in single precision gains: the first where that takes so many iterations, beside which a residual in
double precision costs little, else the second.

Rounding within a cycle leaves 1e-7 of what it began with, and conjugate gradients need the more iterations, the farther
the residual that they update is from the true one.  With one long cycle of 1e-5 and another to 1e-10 a trajectory
that is turned round also misses its start by more than in double precision; with these it does not.
"""
PROGRESS = 0.5
"""A cycle that gains less than this is the last: double precision takes over."""


class EvenOddOperator(Protocol):
    """An operator that also exists in single precision."""

    lattice: Lattice

    @property
    def equations(self) -> Sequence[NormalEquations]:
        """Its normal equations, one for each set of sites they live on."""

    @property
    def packed(self) -> Sequence[Blocks]:
        """What depends on the links, [block, ...]."""

    def on(self, lattice: Lattice) -> Self:
        """The same operator on a lattice of other blocks or precision."""


def use_mixed_precision(operator: EvenOddOperator) -> None:
    """Solve the normal equations of ``operator`` in mixed precision from now on."""
    lattice = single_lattice(operator.lattice)
    single, source = operator.on(lattice), lattice.halves(operator.lattice)
    links = list(zip(single.packed, operator.packed, strict=True))
    for ours, theirs in zip(operator.equations, single.equations, strict=True):
        ours.solver = MixedPrecision(theirs, links, source)


def single_lattice(of: Lattice) -> Lattice:
    """The lattice in single precision, in blocks twice as wide where it allows: half as many of them."""
    wide = of.width >= 4 and of.volume // 2 % (2 * of.width) == 0
    return Lattice(of.shape, 2 * of.width if wide else of.width, "f4", fixed=of.fixed)


class MixedPrecision:
    """A solver of normal equations (``dirac.normal.Solver``).

    Each cycle goes on with A d = r in single precision, r the true residual in double precision, and adds d to x.  The
    direction of conjugate gradients is kept from cycle to cycle (G. L. G. Sleijpen, H. A. van der Vorst, Computing 56
    (1996) 141), else each would begin anew, slowly where the condition number is large.

    Parameters
    ----------
    single
        The same equations in single precision.
    links
        Pairs of the fields in single and in double precision that A is made of; the first are set in every solve.
    source
        The blocks in double precision of each block in single precision (``Lattice.halves``).
    unit
        The equations in single precision are those of A / ``unit``.
    """

    def __init__(
        self,
        single: NormalEquations,
        links: Sequence[tuple[Blocks, Blocks]],
        source: NDArray[np.int64],
        unit: float = 1.0,
    ) -> None:
        self.single, self.links, self.source, self.unit = single, links, source, unit
        self._d = zeros_of_kind(single.work[0])

    def set_links(self) -> None:
        """Set the fields that A is made of to those in double precision."""
        narrow_all(self.links, self.source)

    def __call__(
        self, system: NormalEquations, x: Blocks, b: Blocks, rr: float, target: float, max_iterations: int
    ) -> tuple[int, float]:
        """Iterations in single precision (and in double, where those do not suffice), |r|^2."""
        self.set_links()
        done, before = 0, 0.0
        while rr > target and done < max_iterations:
            done += self._correct(system, x, rr, before, target, max_iterations - done)
            before, rr = rr, system.residual(x, b)
            if not rr <= PROGRESS**2 * before and rr > target:
                more, rr = conjugate_gradients(system, x, b, rr, target, max_iterations - done)
                return done + more, rr
        return done, rr

    def _correct(self, system: NormalEquations, x: Blocks, rr: float, before: float, target: float, limit: int) -> int:
        """One cycle for the residual work[0]: |r|^2 = ``rr``, ``before`` the last cycle or 0; returns iterations."""
        single, first, last = self.single, self.single.first, self.single.last
        r, source, size = single.work[0], self.source[first:last] - system.first, rr**0.5
        for out, row in zip(rows(r), rows(system.work[0]), strict=True):
            narrow(entries(out[first:last]), entries(row[system.first : system.last]), source, 1.0 / size)
        ss = single.from_zero(self._d, r)
        short, long = (goal_of_cycle(target / rr, gain) ** 2 * ss for gain in GAINS)
        if before:
            single.turn_direction(ss, (before / rr) ** 0.5)
            done, now = single.go_on(self._d, ss, short, limit)
        else:
            done, now = single.iterate(self._d, ss, short, limit)
        if done < MANY:
            done += single.go_on(self._d, now, long, limit - done)[0]
        for row, d in zip(rows(x), rows(self._d), strict=True):
            add_widened(entries(row[system.first : system.last]), entries(d[first:last]), source, size / self.unit)
        return done


def goal_of_cycle(left: float, gain: float) -> float:
    """Relative residual that a cycle in single precision goes for, where |r|^2 has to fall to ``left`` times itself."""
    return max(gain, 0.5 * math.sqrt(left))


def narrow_all(pairs: Sequence[tuple[Blocks, Blocks]], source: NDArray[np.int64]) -> None:
    """Set fields in single precision to those in double precision beside them, as in :class:`MixedPrecision`."""
    for theirs, ours in pairs:
        narrow(entries(theirs), entries(ours), source, 1.0)


def entries(field: Blocks) -> NDArray[Any]:
    """The numbers of a field [block, ...] as [block, entry, lane]."""
    c: NDArray[Any] = field["c"]
    return c.reshape(field.shape[0], -1, c.shape[-1])
