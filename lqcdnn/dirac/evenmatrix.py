"""m^2 - D_eo D_oe of staggered quarks as a dense matrix, from the links: no column by column."""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.dense import Parts
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.kernels import dense
from lqcdnn.lattice.blocks import link_matrices, sites_in


class EvenMatrix:
    """The matrix on even sites of an operator, for the links it holds.

    Parameters
    ----------
    operator
        D + m; also one of hops of three steps.
    """

    def __init__(self, operator: StaggeredOperator) -> None:
        lattice, n = operator.lattice, operator.n
        self.operator = operator
        self._order = np.lexsort((lattice.number, np.arange(lattice.volume) >= lattice.half * lattice.width))
        rank = np.argsort(self._order).astype(np.int32)
        table = sites_in(operator.neighbours).swapaxes(0, 1).reshape(-1, lattice.volume)
        self._neighbours = rank[table[:, self._order]]
        places = rank[: lattice.half * lattice.width].reshape(-1, 1, lattice.width)  # [block, colour, lane]
        self._by_block = (places * n + np.arange(n, dtype=np.int32)[:, None]).ravel()

    def by_number(self) -> Parts:
        """Over (even site, colour), sites in the order of their numbers: it does not depend on the blocks."""
        op = self.operator
        rows = op.lattice.volume * op.n // 2
        links = np.ascontiguousarray(link_matrices(op.links)[self._order])
        a, b = np.zeros((rows, rows)), np.zeros((rows, rows))
        dense.even_normal_matrix(a, b, links, self._neighbours, op.mass**2)
        return a, b

    def by_block(self) -> Parts:
        """Over (block, colour, lane), as ``dense.matrix`` has it."""
        a, b = self.by_number()
        where = np.ix_(self._by_block, self._by_block)
        return a[where], b[where]
