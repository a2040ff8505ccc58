"""What every solve reports, and the errors of a solver that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lqcdnn.errors import NumericalError


@dataclass
class SolverLog:
    """Work done by the solves since the last :meth:`reset`.

    Attributes
    ----------
    solves, iterations
        Number of solves and their iterations in sum.
    residual
        Largest true relative residual |b - A x| / |b| met.
    """

    solves: int = 0
    iterations: int = 0
    residual: float = 0.0

    def record(self, iterations: int, residual: float) -> None:
        """Add one solve."""
        self.solves += 1
        self.iterations += iterations
        self.residual = max(self.residual, residual)

    def reset(self) -> None:
        """Start counting anew."""
        self.solves, self.iterations, self.residual = 0, 0, 0.0


def check_convergence(name: str, iterations: int, limit: int, residual: float, tolerance: float) -> None:
    """Stop the run when a solve ended above its tolerance.

    The true residual may exceed the recursive one by rounding; ten times the tolerance is allowed.

    Raises
    ------
    NumericalError
        If the residual is not a number or is too large.
    """
    if math.isnan(residual) or math.isinf(residual):
        raise NumericalError(f"{name}: residual is {residual} after {iterations} iterations; links or source hold NaN")
    if residual > 10.0 * tolerance:
        raise NumericalError(
            f"{name}: no convergence after {iterations} iterations: |r|/|b| = {residual:.2e}, demanded {tolerance:.1e}",
            hint=f"raise max_iterations (now {limit}) or the mass, or loosen the tolerance",
        )
