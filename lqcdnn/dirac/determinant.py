"""Determinants of staggered and Wilson quarks by dense matrices on even sites, and their derivatives by the links.

det M = det A_o det Mhat of Wilson quarks (``dirac.wilson``), and (det (D + m))^2 = det (m^2 - D^2) with the same factor
from even and odd sites of staggered ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.dense import Factors, Parts, factorize, factors_of, log_determinant, log_determinant_of
from lqcdnn.dirac.lowmodes import Hermitian
from lqcdnn.dirac.normal import NormalEquations
from lqcdnn.dirac.staggered import EVEN, StaggeredNormal, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import dense
from lqcdnn.lattice.blocks import link_matrices, sites_in
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.schroedinger import inner_sites


def on_even_sites(system: NormalEquations) -> Hermitian:
    """The matrix A of A x = b."""
    return Hermitian(system.apply_normal, math.inf, system.first, system.last)


def by_number(lattice: Lattice) -> NDArray[np.intp]:
    """Places of the even sites, then of the odd ones, each in the order of their numbers."""
    return np.lexsort((lattice.number, np.arange(lattice.volume) >= lattice.volume // 2))


def normal_matrix(operator: StaggeredOperator) -> Parts:
    """Real and imaginary part of m^2 - D_eo D_oe as a matrix over (even site, colour).

    Sites are in the order of their numbers, so that what is made of the matrix does not depend on the blocks.
    """
    lattice, n = operator.lattice, operator.n
    order = by_number(lattice)
    rank = np.argsort(order).astype(np.int32)
    neighbours = rank[sites_in(operator.neighbours).swapaxes(0, 1).reshape(-1, lattice.volume)[:, order]]
    links = np.ascontiguousarray(link_matrices(operator.links)[order])
    a, b = (np.zeros((lattice.volume * n // 2, lattice.volume * n // 2)) for _ in range(2))
    dense.even_normal_matrix(a, b, links, neighbours, operator.mass**2)
    return a, b


class Determinant:
    """ln det (D + m) of a staggered field, ln |det (D + m)|^2 of Wilson quarks, with all constants.

    Parameters
    ----------
    operator
        Its links are set to those that are asked about.
    """

    def __init__(self, operator: StaggeredOperator | WilsonOperator) -> None:
        self.operator = operator
        self._normal: StaggeredNormal | WilsonOperator
        self._even = on_even_sites(operator.equations[EVEN])
        if isinstance(operator, WilsonOperator):  # M = 2 kappa (D + m)
            volume = operator.lattice.volume if operator.lattice.fixed is None else inner_sites(operator.lattice)
            rows = volume * operator.n * operator.spins
            self._normal, self._constant = operator, -2.0 * rows * math.log(2.0 * operator.kappa)
        else:
            self._normal, self._constant = StaggeredNormal(operator, (EVEN,)), 0.0
            even = operator.lattice.volume // 2
            sites = np.argsort(by_number(operator.lattice)[:even]).reshape(-1, 1, operator.lattice.width)
            self._rows = (sites * operator.n + np.arange(operator.n)[:, None]).ravel()  # [block, colour, lane]

    def factorize(self, U: Blocks) -> Factors:
        """Factors of the matrix on even sites for the links U [d, block].

        Raises
        ------
        NumericalError
            If there is a zero mode, or the links hold NaN.
        """
        self.operator.set_links(U)
        if isinstance(self.operator, StaggeredOperator):
            return factors_of(normal_matrix(self.operator), self._rows)
        return factorize(self._even, self.operator.vector)

    def logarithm(self, found: Factors | None = None) -> float:
        """The logarithm for the links the operator holds, of which ``found`` may be the factors; errors as there."""
        if found:
            even = found.log_determinant
        elif isinstance(self.operator, StaggeredOperator):
            even = log_determinant_of(normal_matrix(self.operator))
        else:
            even = log_determinant(self._even, self.operator.vector)
        return float(even + self._constant - self._normal.local_action())

    def subtract_derivative(self, Sigma: Blocks, found: Factors, factor: float) -> None:
        r"""Sigma -= factor times the derivative of the logarithm for the links the operator holds.

        .. math:: -d \ln\det A = -\mathrm{Tr}\, A^{-1} dA = -\sum_j v_j^\dagger\, dA\, v_j,

        with A^-1 = sum_j v_j v_j^dag: a pseudofermion action's derivative, summed over all columns.
        """
        x = self.operator.vector()
        columns = found.inverse_columns(self._even, x)
        if isinstance(self._normal, WilsonOperator):
            self._normal.add_derivatives(Sigma, columns, [factor] * len(found.pivots), factor)
            return
        for column in columns:
            self._normal.add_derivative(Sigma, column, factor)
