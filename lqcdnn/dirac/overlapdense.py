"""Determinant and trace of overlap quarks on small lattices, from D(m)^dag D(m) as a dense matrix of each chirality.

With x = D^dag D and c = 1 - m^2 / (4 rho^2) it is N = m^2 + c x.  S = (1 - D / (2 rho)) D(m)^{-1} has the hermitian
part m S^dag S, S^dag S = (1 - x / (4 rho^2)) / N.  Hence Re Tr S = (m / c) [Tr N^{-1} - Tr 1 / (4 rho^2)].
"""

from __future__ import annotations

import math

from lqcdnn.dirac import dense
from lqcdnn.dirac.lowmodes import Hermitian
from lqcdnn.dirac.overlap import CHIRALITIES, OverlapOperator
from lqcdnn.lattice.geometry import Blocks


def log_determinant(operator: OverlapOperator) -> float:
    """ln |det D(m)|^2 on the links the operator holds.

    Raises
    ------
    NumericalError
        At mass 0 with a zero mode, or if the links hold NaN.
    """
    parts = (_normal(operator, chirality) for chirality in CHIRALITIES)
    return sum(dense.log_determinant(A, operator.vector, spins) for A, spins in parts)


def exact_trace(operator: OverlapOperator) -> float:
    """Re Tr S, colours and spins summed (errors as :func:`log_determinant`)."""
    parts = (_normal(operator, chirality) for chirality in CHIRALITIES)
    inverse = sum(dense.inverse_trace(A, operator.vector, spins) for A, spins in parts)
    rows = operator.lattice.volume * operator.n * operator.spins
    return float(operator.mass / operator.square * (inverse - rows / (2.0 * operator.rho) ** 2))


def _normal(operator: OverlapOperator, chirality: int) -> tuple[Hermitian, slice]:
    """D(m)^dag D(m) on spinors of a chirality, and their components."""

    def apply(out: Blocks, x: Blocks) -> None:
        operator.apply_normal(out, x, chirality)

    half = operator.spins // 2
    where = slice(0, half) if chirality == 1 else slice(half, None)
    return Hermitian(apply, math.inf, 0, operator.lattice.blocks), where
