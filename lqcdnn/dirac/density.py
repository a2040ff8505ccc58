"""Derivatives of Dirac operators by the chemical potential; the first one is the operator of the quark number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.dirac.chemical import weigh_hops
from lqcdnn.dirac.fatlinks import SmearingStaggeredOperator
from lqcdnn.dirac.phases import pack, room_for_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.staggered_density import StaggeredDensity
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import staggered, wilson
from lqcdnn.lattice.geometry import Blocks


class NumberOperator:
    """d^k D/dmu^k: hops of l links forward in time times l^k exp(l mu), backward times (-l)^k exp(-l mu).

    mu is the chemical potential of P. Hasenfratz, F. Karsch, Phys. Lett. B 125 (1983) 308, at i theta_t / L_t of the
    operator, or its real mu.  The clover term does not depend on it.

    Parameters
    ----------
    operator
        D + m of staggered fermions, or Wilson's M = 2 kappa (D + m).
    order
        k, at least 1.
    """

    def __init__(self, operator: StaggeredOperator | StaggeredDensity | WilsonOperator, order: int = 1) -> None:
        self._mu = 0.0 if isinstance(operator, StaggeredOperator) else operator.mu
        self._phases = None if isinstance(operator, StaggeredDensity) else operator.phases
        self.operator, self._back, lattice = operator, (-1.0) ** order, operator.lattice
        improved = isinstance(operator, StaggeredOperator) and operator.improvement
        lengths: Sequence[int] = improved.lengths if improved else (1,)
        weights = np.array([steps**order * float(mu == lattice.d - 1) for steps in lengths for mu in range(lattice.d)])
        self._signs = operator.signs.copy()
        self._signs["c"] *= weights.reshape(-1, *[1] * (self._signs["c"].ndim - 1))
        self._links = room_for_links(lattice, operator.n, self._phases, lengths=len(lengths))

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block], those that the operator is given."""
        op = self.operator
        if isinstance(op, StaggeredOperator | StaggeredDensity):
            fat = op.fat(U) if isinstance(op, SmearingStaggeredOperator) else U
            pack(self._links, fat, self._signs, op.neighbours, (0.5, -0.5 * self._back), self._phases)
        else:
            first = 0.5 * (op.r + 1.0) * op.kappa
            pack(self._links, U, self._signs, op.lattice.neighbours, (first, first * self._back), self._phases)
        if self._mu:
            weigh_hops(self._links, self._mu)

    def apply(self, out: Blocks, psi: Blocks) -> None:
        """out = d^k D/dmu^k psi on all sites."""
        op, nbr, last = self.operator, self.operator.lattice.neighbours, self.operator.lattice.blocks
        if isinstance(op, StaggeredOperator | StaggeredDensity):
            staggered.hopping(out, self._links, psi, op.neighbours, 0, last)
            return
        hops = (self._links, op.hops[1]) if isinstance(op.hops, tuple) else self._links
        wilson.hopping(out, None, hops, psi, nbr, 1.0, 0, last)
        out["c"] *= -0.5 / op.kappa
