"""Several right-hand sides of the staggered operator at once: its links are read once for all of them (physics.md 3.1).

Noise vectors and the colours of a source are solved so.  Each system goes through the operations that
:meth:`StaggeredOperator.solve` does for it alone: the same bits, whatever it is solved with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.mixed import GAINS, MANY, PROGRESS, MixedPrecision, entries, goal_of_cycle
from lqcdnn.dirac.normal import turn
from lqcdnn.dirac.solver import check_convergence
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredHalf, StaggeredOperator
from lqcdnn.kernels import staggered_several as kernels
from lqcdnn.kernels.linalg import product_sum
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock

TOGETHER = 4
"""Right-hand sides at once: more vectors do not fit into the caches beside each other."""

NEAR = 2**20
"""Bytes of packed links up to which they stay in a near cache: nothing is gained by reading them once."""

Numbers = NDArray[np.float64]


def solve_all(
    operator: StaggeredOperator, sources: Iterable[Blocks], tolerance: float, max_iterations: int
) -> Iterator[Blocks]:
    """(m^2 - D^2)^{-1} b on all sites for each source b, in their order.

    Parameters
    ----------
    operator
        With its links set; solves are recorded in its log.
    sources
        Colour vectors [block], taken as they are needed.
    tolerance, max_iterations
        Of each solve on the sites of one parity, |r| <= tolerance |b|.

    Raises
    ------
    NumericalError
        If a true residual misses the tolerance after ``max_iterations``, or is NaN.
    """
    waiting = iter(sources)
    while group := list(islice(waiting, TOGETHER if operator.links.nbytes > NEAR else 1)):
        if len(group) > 1:
            yield from solve_together(operator, group, tolerance, max_iterations)
        else:
            x = operator.vector()
            for parity in (EVEN, ODD):
                operator.solve(x, group[0], parity, tolerance, max_iterations)
            yield x


def solve_together(
    operator: StaggeredOperator, sources: list[Blocks], tolerance: float, max_iterations: int
) -> list[Blocks]:
    """As :func:`solve_all`, all of the sources at once."""
    x, b = (operator.lattice.stack(operator.n, 1, len(sources)) for _ in range(2))
    for row, source in zip(b, sources, strict=True):
        row["c"] = source["c"]
    for half in operator.equations:
        with clock("solver"):
            systems = Systems(half, len(sources))
            bb = systems.start(x, b)
            mixed = half.solver if isinstance(half.solver, MixedPrecision) else None
            done = np.zeros(len(sources), np.int64)
            limit = np.full_like(done, max_iterations)
            if mixed is None:
                systems.iterate(x, bb.copy(), tolerance**2 * bb, done, limit)
                rr = systems.residual(x, b)
            else:
                rr = in_mixed_precision(mixed, systems, x, b, tolerance**2 * bb, done, limit)
            deviation = np.sqrt(np.divide(rr, bb, out=np.zeros_like(rr), where=bb != 0.0))
        for count, found in zip(done, deviation, strict=True):
            operator.log.record(int(count), float(found))
            check_convergence(half.name, int(count), max_iterations, float(found), tolerance)
    solutions = [operator.vector() for _ in sources]
    for out, row in zip(solutions, x, strict=True):
        out["c"] = row["c"]
    return solutions


class Systems:
    """(m^2 - D^2) x_i = b_i on the sites of one parity, fields [i, block] side by side (``Lattice.stack``).

    Parameters
    ----------
    half
        The equations of one right-hand side.
    count
        Number of right-hand sides, at least 2.
    """

    def __init__(self, half: StaggeredHalf, count: int) -> None:
        op = half.operator
        self.half, self.first, self.last = half, half.first, half.last
        self.r, self._p, self._t = (op.lattice.stack(op.n, 1, count) for _ in range(3))
        self._part, self._chunk = np.empty((count, half.half)), max(1, half.chunk // count)

    def start(self, x: Blocks, b: Blocks) -> Numbers:
        """x = 0, r = b; returns |b_i|^2."""
        x["c"][:, self.first : self.last] = 0.0
        self._take(b)
        return self.norms2(b)

    def norms2(self, b: Blocks) -> Numbers:
        """|b_i|^2."""
        kernels.norms(self._part, b, self.first, self.last)
        return self._sums()

    def iterate(
        self, x: Blocks, rr: Numbers, target: Numbers, done: NDArray[np.int64], limit: NDArray[np.int64]
    ) -> None:
        """Conjugate gradients from x with its residuals in r, of squares ``rr``; ``done`` counts up to ``limit``."""
        where = slice(self.first, self.last)
        self._p["c"][:, where] = self.r["c"][:, where]
        self.go_on(x, rr, target, done, limit)

    def turn_direction(self, i: int, rr: float, factor: float) -> None:
        """:meth:`NormalEquations.turn_direction` of the i-th system."""
        p, r = self._p[i][None], self.r[i][None]
        product = float(product_sum(self._part[i], p, r, self.first, self.last))
        P, R = (row["c"][0, self.first : self.last] for row in (p, r))
        turn(P, R, product, rr, factor)

    def go_on(
        self, x: Blocks, rr: Numbers, target: Numbers, done: NDArray[np.int64], limit: NDArray[np.int64]
    ) -> None:
        """Conjugate gradients with the residuals and directions that are there."""
        op, half = self.half.operator, self.half
        while ((rr > target) & (done < limit)).any():
            kernels.conjugate_gradients(
                x, self.r, self._p, self._t, self._part, op.links, op.neighbours, op.mass**2, half.half,
                half.parity, rr, target, done, limit, self._chunk,
            )  # fmt: skip

    def residual(self, x: Blocks, b: Blocks) -> Numbers:
        """|r_i|^2 with r = b - (m^2 - D^2) x, computed afresh."""
        op, every, other = self.half.operator, np.arange(len(x)), (1 - self.half.parity) * self.half.half
        nbr, last = op.neighbours, other + self.half.half
        kernels.hop_with_norms(self._part, self._t, op.links, x, nbr, every, other, last)
        self._take(b)
        kernels.reduce_residuals(
            self._part, self.r, np.ones(len(x)), op.links, self._t, x, nbr, op.mass**2, every, self.first, self.last
        )
        return self._sums()

    def _take(self, b: Blocks) -> None:
        self.r["c"][:, self.first : self.last] = b["c"][:, self.first : self.last]

    def _sums(self) -> Numbers:
        return np.array([ordered_sum(row) for row in self._part])


def in_mixed_precision(
    mixed: MixedPrecision,
    systems: Systems,
    x: Blocks,
    b: Blocks,
    target: Numbers,
    done: NDArray[np.int64],
    limit: NDArray[np.int64],
) -> Numbers:
    """What :class:`MixedPrecision` does, for all systems from x = 0; returns |r_i|^2, computed afresh."""
    mixed.set_links()
    half = mixed.single
    assert isinstance(half, StaggeredHalf)  # of a staggered operator
    single = Systems(half, len(x))
    d, source = half.operator.lattice.stack(half.operator.n, 1, len(x)), mixed.source[half.first : half.last]
    source = source - systems.first
    rr, alone = systems.norms2(systems.r), np.zeros(len(x), np.bool_)
    before = np.zeros_like(rr)
    while (left := ~alone & (rr > target) & (done < limit)).any():
        d["c"][:, half.first : half.last] = 0.0
        for i, row in enumerate(single.r):
            if left[i]:
                theirs = systems.r[i][systems.first : systems.last]
                narrow(entries(row[half.first : half.last]), entries(theirs), source, 1.0 / rr[i] ** 0.5)
        ss = np.where(left, single.norms2(single.r), 0.0)
        short, long = (
            np.array([goal_of_cycle(target[i] / rr[i], gain) ** 2 * ss[i] if left[i] else 0.0 for i in range(len(x))])
            for gain in GAINS
        )
        begun = done.copy()
        if before.any():
            for i in np.flatnonzero(left).tolist():
                single.turn_direction(i, ss[i], (before[i] / rr[i]) ** 0.5)
            single.go_on(d, ss, short, done, limit)
        else:
            single.iterate(d, ss, short, done, limit)
        single.go_on(d, np.where(done - begun < MANY, ss, 0.0), long, done, limit)
        for i in np.flatnonzero(left).tolist():
            theirs = x[i][systems.first : systems.last]
            add_widened(entries(theirs), entries(d[i][half.first : half.last]), source, rr[i] ** 0.5 / mixed.unit)
        before, rr = rr, systems.residual(x, b)
        stalled = left & ~(rr <= PROGRESS**2 * before) & (rr > target)
        if stalled.any():
            systems.iterate(x, np.where(stalled, rr, 0.0), target, done, limit)
            rr, alone = systems.residual(x, b), alone | stalled
    return rr
