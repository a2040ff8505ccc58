"""Terms of any closed loops in a gauge action (physics.md 2.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import is_polyakov, path_fault
from lqcdnn.errors import InputError
from lqcdnn.kernels.layer import add_conjugate, contract_staples
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import Loops, lengths, loop_count, loop_exists
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.terms import Terms


class LoopTerms:
    """S = sum_k coefficient_k X_k, X_k = sum over the loops W of class k of (1 - Re tr W/N).

    A loop and the same loop walked backwards are one.  Staples are made by the kernels of network layers; as
    Re tr (U C^dag), C the sum of staples, counts a loop once for each of its links, X_k comes from them too.

    Parameters
    ----------
    lattice, n
        Lattice and number of colours.
    terms
        (loops, coefficient) of each term, see :data:`lqcdnn.lattice.loops.Loops`.

    Raises
    ------
    InputError
        If a class does not exist in this dimension, a path is no loop, or a Polyakov loop has a single link.
    """

    def __init__(self, lattice: Lattice, n: int, terms: Sequence[tuple[Loops, float]]) -> None:
        self.lattice, self.n = lattice, n
        self.loops = tuple(loops for loops, _ in terms)
        for loops in self.loops:
            _refuse(loops, lattice)
        self._all = Terms(lattice, self.loops)
        self._each = [Terms(lattice, (loops,)) for loops in self.loops] if len(terms) > 1 else [self._all]
        self.coefficients = np.array([coefficient for _, coefficient in terms], dtype=np.float64)

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """Coefficients of the terms, an array that cannot be written to: assign another one."""
        return self._coefficients

    @coefficients.setter
    def coefficients(self, values: NDArray[np.float64]) -> None:
        self._coefficients = np.array(values, dtype=np.float64)
        self._coefficients.setflags(write=False)

    def sums(self, U: Blocks) -> NDArray[np.float64]:
        """X_k of each term."""
        return np.array([self._sum(loops, term, U) for loops, term in zip(self.loops, self._each, strict=True)])

    def value(self, U: Blocks) -> float:
        """S[U]."""
        return float(sum(c * x for c, x in zip(self.coefficients, self.sums(U), strict=True)))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += -(1/N) sum_k coefficient_k C_k^dag."""
        self._all.use(np.repeat(self.coefficients[:, None], self.lattice.d, axis=1))
        C = scratch(U)
        far, weight = self._all.add_staples(C, U)
        add_conjugate(Sigma, -1.0 / self.n, C, far, self.lattice.neighbours, weight)

    def _sum(self, loops: Loops, term: Terms, U: Blocks) -> float:
        """X of one class."""
        lattice, C = self.lattice, scratch(U)
        term.use(np.ones((1, lattice.d)))
        far, weight = term.add_staples(C, U)
        part = np.empty((lattice.blocks, 1, lattice.d))
        contract_staples(part, 0, U, C, far, lattice.neighbours, weight)
        traces = [
            ordered_sum(np.ascontiguousarray(part[:, 0, mu])) / length
            for mu, length in enumerate(lengths(loops, lattice.shape))
        ]
        return loop_count(loops, lattice.shape) - float(sum(traces)) / self.n


def _refuse(loops: Loops, lattice: Lattice) -> None:
    """Raise for what is no class of loops of the lattice."""
    fault = None if isinstance(loops, str) or not loops else path_fault(loops)
    if not loops or fault:
        raise InputError(f"loops {loops!r}: {fault or 'no step'}")
    if not loop_exists(loops, lattice.d):
        raise InputError(f"loops {loops!r} do not exist in d = {lattice.d}")
    if is_polyakov(loops) and min(lattice.shape) < 2:
        raise InputError("Polyakov loops of an action need extents of at least 2")  # their staples are other links
