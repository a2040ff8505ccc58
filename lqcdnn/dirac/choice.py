"""The solver of normal equations that a fermion table asks for."""

from __future__ import annotations

from lqcdnn.config.fermions import FermionConfig
from lqcdnn.dirac.bicgstab import TwoSolves
from lqcdnn.dirac.mixed import EvenOddOperator, use_mixed_precision
from lqcdnn.dirac.wilson import WilsonOperator


def choose_solver(operator: EvenOddOperator, config: FermionConfig) -> None:
    """Solve the normal equations of ``operator`` as the table asks for."""
    if config.solver == "mixed":
        use_mixed_precision(operator)
    elif config.solver == "bicgstab" and isinstance(operator, WilsonOperator):
        operator.solver = TwoSolves(operator)
