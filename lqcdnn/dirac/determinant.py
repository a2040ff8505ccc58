"""Determinants of staggered and Wilson quarks by dense matrices on even sites, and their derivatives by the links.

det M = det A_o det Mhat of Wilson quarks (``dirac.wilson``), and (det (D + m))^2 = det (m^2 - D^2) with the same factor
from even and odd sites of staggered ones.
"""

from __future__ import annotations

import math

from lqcdnn.dirac.dense import Factors, factorize
from lqcdnn.dirac.lowmodes import Hermitian
from lqcdnn.dirac.normal import NormalEquations
from lqcdnn.dirac.staggered import EVEN, StaggeredNormal, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.lattice.geometry import Blocks


def on_even_sites(system: NormalEquations) -> Hermitian:
    """The matrix A of A x = b."""
    return Hermitian(system.apply_normal, math.inf, system.first, system.last)


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
            rows = operator.lattice.volume * operator.n * operator.spins
            self._normal, self._constant = operator, -2.0 * rows * math.log(2.0 * operator.kappa)
        else:
            self._normal, self._constant = StaggeredNormal(operator, (EVEN,)), 0.0

    def factorize(self, U: Blocks) -> Factors:
        """Factors of the matrix on even sites for the links U [d, block].

        Raises
        ------
        NumericalError
            If there is a zero mode, or the links hold NaN.
        """
        self.operator.set_links(U)
        return self.factors()

    def factors(self) -> Factors:
        """The same for the links the operator holds."""
        return factorize(self._even, self.operator.vector)

    def logarithm(self, found: Factors) -> float:
        """The logarithm for the links the operator holds, of which ``found`` are the factors."""
        return float(found.log_determinant + self._constant - self._normal.local_action())

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
