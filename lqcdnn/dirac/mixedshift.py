"""Shifted systems in mixed precision: their last iterations are done in single precision.

A product of relative error e changes b - (A + s_i) x_i by e times what x_i still grows by after it.  As residuals fall,
products may therefore be the less exact the later they come (V. Simoncini, D. B. Szyld, SIAM J. Sci. Comput. 25 (2003)
454), and the residuals of all systems stay parallel.  Corrections as single solves have them leave residuals that are
not: each system would then be solved alone, which takes longer than what it saves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.mixed import entries, narrow_all, single_lattice
from lqcdnn.dirac.multishift import Recurrences, ShiftedSystem, Spectrum, by_block
from lqcdnn.dirac.normal import rows
from lqcdnn.kernels.linalg import recur
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.geometry import Blocks

ERROR, EXCESS = 1.5e-8, 20.0
"""What iterations in single precision leave in a residual, relative to the one they began with, is at most the first
times the condition number plus the second.
"""
SHARE = 0.5
"""The part of the tolerance that this may take."""
LEAST = 0.03
"""Before residuals have fallen to it, the condition number has hardly been seen."""
CYCLE = 0.01
"""Fall of residuals after which what was found in single precision is added up in double precision."""
ROUNDING = 1e-6
"""Twenty times what single precision was seen to move an end of the spectrum by, as :class:`Spectrum` takes it."""


def use_mixed_precision(system: ShiftedSystem) -> None:
    """Solve ``system`` in mixed precision from now on."""
    system.solver = MixedShifts(system)


class MixedShifts:
    """A :class:`lqcdnn.dirac.multishift.ShiftedSolver`: iterations in double and then in single precision.

    Parameters
    ----------
    system
        In double precision.
    """

    rounding = ROUNDING

    def __init__(self, system: ShiftedSystem) -> None:
        lattice = single_lattice(system.lattice)
        self.single = system.on(lattice)
        self.links = list(zip(self.single.packed, system.packed, strict=True))
        self.source = lattice.halves(system.lattice)
        self.parts = system.parts(self.source)

    def iterate(self, system: ShiftedSystem, shift: float, now: Recurrences, target: float, limit: int) -> None:
        """In double precision until single precision does for the rest."""
        enough = LEAST**2 * float(now.state[0])
        system.go_on(now, shift, target, enough, limit)
        while now.left and now.done < limit:
            condition = Spectrum(now.spectrum, shift).condition()
            enough = min(enough, target * (SHARE / (ERROR * (condition + EXCESS))) ** 2)
            if now.state[0] <= enough:
                self._in_single_precision(system, shift, now, (1.0 - SHARE**2) * target, limit)
            else:
                system.go_on(now, shift, target, enough, limit)

    def _in_single_precision(
        self, system: ShiftedSystem, shift: float, now: Recurrences, target: float, limit: int
    ) -> None:
        """Go on from where ``system`` stands, with vectors divided by |r|."""
        narrow_all(self.links, self.source)
        single, last, rr = self.single, self.single.last, float(now.state[0])
        single.allocate(len(system.X))
        P = first(single.P, now.left), first(system.P, now.left)
        pairs = ((by_block(single.R[-1]), by_block(system.R[-1])), (by_block(single.p), by_block(system.p)), P)
        for ours, theirs in pairs:
            narrow(entries(ours[:last]), entries(theirs), self.parts[:last], rr**-0.5)
        now.state[:2] /= rr
        while now.left and now.done < limit:
            x, d = first(system.X, now.left), first(single.X, now.left)
            d["c"][:last] = 0.0
            single.go_on(now, shift, target / rr, CYCLE**2 * float(now.state[0]), limit)
            add_widened(entries(x), entries(d[:last]), self.parts[:last], rr**0.5)
        now.state[:2] *= rr

    def correct(
        self,
        system: ShiftedSystem,
        b: Blocks,
        shifts: Sequence[float],
        deviations: NDArray[np.float64],
        target: float,
        limit: int,
    ) -> int:
        """What each system misses, by conjugate gradients in double precision."""
        wrong, done = np.flatnonzero(deviations > target).tolist(), 0  # none that is NaN
        if not wrong:
            return 0
        last, X, P = system.last, system.X, system.P
        x, y, r = (system.vector() for _ in range(3))
        for i in wrong:
            x[..., :last]["c"] = X[i, ..., :last]["c"]
            r[..., :last]["c"] = b[..., :last]["c"]
            system.apply(y, x)
            recur(rows(r), 1.0, -1.0, rows(y), -shifts[i], rows(x), 0, last)
            # of two vectors the first is used: one alone would be of another order in memory, and compile kernels anew
            system.X, system.P = (system.stack(2) for _ in range(2))
            now = system.begin(r, shifts[i : i + 1], float(deviations[i]))
            system.go_on(now, shifts[i], target, 0.0, limit - done)
            X[i, ..., :last]["c"] += system.X[0, ..., :last]["c"]
            done += now.done
        system.X, system.P = X, P
        deviations[:] = system.residuals(b, shifts)
        return done


def first(stack: Blocks, count: int) -> Blocks:
    """The first vectors of a ``ShiftedEquations.stack`` as [block, i] or [block, i, s5], side by side in memory."""
    return by_block(stack)[:, :count]
