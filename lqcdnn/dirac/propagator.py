"""Quark propagators: M x = b for the Wilson operator on all sites (physics.md 3.2)."""

from __future__ import annotations

import math

from lqcdnn.dirac.bicgstab import BiCGStab, MixedBiCGStab
from lqcdnn.dirac.multigrid import Multigrid
from lqcdnn.dirac.normal import Solver, conjugate_gradients
from lqcdnn.dirac.solver import check_convergence
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.vector import real_product
from lqcdnn.kernels import wilson as kernels
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock

GOALS = (0.1, 0.01, 0.001)
"""Residuals of the normal equations, of the demanded one: the lighter the quark, the smaller it has to be."""


class WilsonPropagator:
    """Solver of M x = b in the kappa form; in the mass form x is 2 kappa times as large, D + m = M / (2 kappa).

    BiCGStab or a multigrid for Mhat x_e = b_e + K_eo A_o^-1 b_o, K = kappa H; where that breaks down or stalls,
    conjugate gradients on the normal equations.  Then x_o = A_o^-1 (b_o + K_oe x_e).

    Parameters
    ----------
    operator
        M with its links set; solves are recorded in its log.
    mixed
        BiCGStab, and what it leaves to conjugate gradients, in single precision inside double.
    multigrid
        Multigrid in place of it, which is in single precision inside double.

    Raises
    ------
    InputError
        If there is no multigrid for the lattice.
    """

    def __init__(self, operator: WilsonOperator, mixed: bool = False, multigrid: bool = False) -> None:
        self.operator, self.lattice = operator, operator.lattice
        self._source, self._zero, self._r, self._t = (operator.vector() for _ in range(4))
        self._inner: BiCGStab | MixedBiCGStab | Multigrid
        self._rest: Solver = conjugate_gradients
        if multigrid:
            self._inner = Multigrid(operator)
        elif mixed:
            self._inner = MixedBiCGStab(operator)
            self._rest = self._inner.normal
        else:
            self._inner = BiCGStab(operator)

    def solve(self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int) -> None:
        """x = M^{-1} b, from x = 0, to |b - M x| <= tolerance |b|.

        Raises
        ------
        NumericalError
            If the true residual misses the tolerance after ``max_iterations`` of either solver, or is NaN.
        """
        op = self.operator
        with clock("solver"):
            self._reduce(b)
            size = math.sqrt(real_product(b, b))
            x["c"] = 0.0
            done = self._inner.improve(x, self._source, (tolerance * size) ** 2, max_iterations)
            deviation = self._reconstruct(x, b) / size if size else 0.0
            left = max_iterations
            for goal in GOALS:
                if deviation <= tolerance:
                    break
                op.apply_even(self._t, self._source, dagger=True)
                target = (goal * tolerance) ** 2 * op.norm2(self._t)
                more = self._rest(op, x, self._t, op.residual(x, self._t), target, left)[0]
                done, left = done + more, left - more
                deviation = self._reconstruct(x, b) / size
        op.log.record(done, deviation)
        check_convergence("Wilson propagator", done, max_iterations, deviation, tolerance)

    def _reduce(self, b: Blocks) -> None:
        """Source of Mhat: b_e + K_eo A_o^-1 b_o."""
        op, half, nbr = self.operator, self.lattice.half, self.lattice.neighbours
        kernels.source_hopping(self._t, op.terms[1], op.hops, b, self._zero, nbr, 1.0, half, 2 * half)
        kernels.source_hopping(self._source, None, op.hops, b, self._t, nbr, 1.0, 0, half)

    def _reconstruct(self, x: Blocks, b: Blocks) -> float:
        """Set x_o = A_o^-1 (b_o + K_oe x_e); returns |b - M x|, computed afresh."""
        op, half, nbr = self.operator, self.lattice.half, self.lattice.neighbours
        kernels.source_hopping(x, op.terms[1], op.hops, b, x, nbr, 1.0, half, 2 * half)
        op.apply(self._r, x)
        self._r["c"] -= b["c"]
        return math.sqrt(real_product(self._r, self._r))
