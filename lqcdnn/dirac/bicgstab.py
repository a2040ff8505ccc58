"""Solves with the even-odd Wilson operator Mhat itself, by stabilised biconjugate gradients (``kernels.bicgstab``)."""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.mixed import MixedPrecision, entries, goal_of_cycle, narrow_all, single_lattice
from lqcdnn.dirac.normal import NormalEquations, conjugate_gradients
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels.bicgstab import bicgstab
from lqcdnn.kernels.linalg import residual
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.geometry import Blocks

GAIN = 1e-5
"""What a cycle in single precision gains: few cycles are cheapest, and no trajectory has to come back."""

PROGRESS = 0.1
"""A cycle that gains less than this is the last: double precision takes over."""

STALLED, CALL = 200, 50
"""Iterations in which the least |r|^2 met has to be halved, and those of a call, after which this is looked at.

Steady convergence took 150 at the most.  Where M has eigenvalues on both sides of 0, beyond the critical mass, there is
none for thousands, and conjugate gradients are done in hundreds (docs/performance-algorithms.md).
"""

LARGEST_SINGULAR_VALUE = 2.0
"""About that of Mhat; where it is larger the second solve ends early, and conjugate gradients do the rest."""


class BiCGStab:
    """Mhat x = b and Mhat^dag x = b on even sites.

    Parameters
    ----------
    operator
        M with its links set.

    Attributes
    ----------
    r
        The residual of the last iteration.
    stalled
        Whether the last solve gave up: what it left is for conjugate gradients.
    """

    stalled = False

    def __init__(self, operator: WilsonOperator) -> None:
        self.operator, half = operator, operator.lattice.half
        self.r, self._shadow, self._p, self._v, self._t, self._work = (operator.vector() for _ in range(6))
        self._part, self._norms = np.empty((half, 2)), np.empty(half)

    def improve(self, x: Blocks, b: Blocks, target: float, max_iterations: int, dagger: bool = False) -> int:
        """Iterate from x until the updated |r|^2 <= target, or the method stalls or breaks down; returns iterations."""
        op, half, (A, inverse) = self.operator, self.operator.lattice.half, self.operator.terms
        rr = self.residual(x, b, dagger)
        self._shadow["c"][:half] = self.r["c"][:half]
        self._p["c"] = self._v["c"] = 0.0
        state = np.array([rr, 1.0, 1.0, 0.0], dtype=np.complex128)
        done, broken, least, halved = 0, False, rr, 0
        while rr > target and done < max_iterations and not broken and done - halved < STALLED:
            n, rr, broken = bicgstab(
                x, self.r, self._shadow, self._p, self._v, self._t, self._work, self._part, self._norms,
                A, inverse, op.hops_back if dagger else op.hops, op.lattice.neighbours, -1.0 if dagger else 1.0,
                half, state, rr, target,
                min(op.chunk, CALL, max_iterations - done),
            )  # fmt: skip
            done += n
            if rr <= 0.5 * least:
                least, halved = rr, done
        self.stalled = broken or done - halved >= STALLED
        return done

    def residual(self, x: Blocks, b: Blocks, dagger: bool = False) -> float:
        """|r|^2 with r = b - Mhat x or b - Mhat^dag x, which is left in ``r``."""
        half = self.operator.lattice.half
        self.operator.apply_even(self._t, x, dagger)
        residual(self._norms, self.r[None], b[None], self._t[None], 0, half)
        return float(ordered_sum(self._norms))


class MixedBiCGStab:
    """The same for Mhat x = b, in single precision inside corrections in double precision (as ``dirac.mixed``).

    Parameters
    ----------
    operator
        M with its links set.

    Attributes
    ----------
    normal
        Solver of Mhat^dag Mhat x = b with the same operator in single precision.
    """

    def __init__(self, operator: WilsonOperator) -> None:
        lattice = single_lattice(operator.lattice)
        single, self._source = operator.on(lattice), lattice.halves(operator.lattice)
        self._packed = list(zip(single.packed, operator.packed, strict=True))
        self.normal = MixedPrecision(single, self._packed, self._source)
        self._single, self._double = BiCGStab(single), BiCGStab(operator)
        self._b, self._d = single.vector(), single.vector()

    def improve(self, x: Blocks, b: Blocks, target: float, max_iterations: int) -> int:
        """Iterate from x until |r|^2 <= target, or the method stalls or breaks down; returns iterations."""
        narrow_all(self._packed, self._source)
        even, half = self._source[: self._single.operator.lattice.half], self._double.operator.lattice.half
        theirs, d = entries(self._b)[: len(even)], entries(self._d)[: len(even)]
        done, rr = 0, self._double.residual(x, b)
        while rr > target and done < max_iterations:
            goal = goal_of_cycle(target / rr, GAIN)
            narrow(theirs, entries(self._double.r)[:half], even, rr**-0.5)
            self._d["c"] = 0.0
            done += self._single.improve(self._d, self._b, goal**2, max_iterations - done)
            add_widened(entries(x)[:half], d, even, rr**0.5)
            before, rr = rr, self._double.residual(x, b)
            if not rr <= PROGRESS**2 * before and rr > target:
                if self._single.stalled:
                    break
                return done + self._double.improve(x, b, target, max_iterations - done)
        return done


class TwoSolves:
    """A solver of Mhat^dag Mhat x = b (``dirac.normal.Solver``): Mhat^dag y = b, then Mhat x = y.

    What they leave, because the second amplifies its residual or one of them breaks down, is done by conjugate
    gradients.  An iteration costs what one of conjugate gradients does: two applications of Mhat.
    """

    def __init__(self, operator: WilsonOperator) -> None:
        self._bicgstab, self._y = BiCGStab(operator), operator.vector()

    def __call__(
        self, system: NormalEquations, x: Blocks, b: Blocks, rr: float, target: float, max_iterations: int
    ) -> tuple[int, float]:
        """Iterations of all solves, |r|^2."""
        y, goal = self._y, 0.25 * target
        self._bicgstab.operator.apply_even(y, x)
        done = self._bicgstab.improve(y, b, goal, max_iterations, dagger=True)
        goal /= LARGEST_SINGULAR_VALUE**2
        done += self._bicgstab.improve(x, y, goal, max_iterations - done)
        rr = system.residual(x, b)
        if not rr <= target and done < max_iterations:
            more, rr = conjugate_gradients(system, x, b, rr, target, max_iterations - done)
            done += more
        return done, rr
