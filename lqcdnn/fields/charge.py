"""The field-theoretic topological charge, a smooth function of the links: its value and its derivative."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.kernels.clover import field_strength
from lqcdnn.kernels.clover_derivative import near_insertions
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.plaquette_layer import add_far_derivatives
from lqcdnn.kernels.topology import charge_sums, plane_plaquettes
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.programs import leaf_program, planes

SIGNS = (1.0, -1.0, 1.0, 1.0, -1.0, 1.0)
"""Sign of F_p F_(5-p) in the charge of d = 4, planes in the order 01, 02, 03, 12, 13, 23."""


class FieldTheoreticCharge:
    """Q of the links as they are, no integer but where they are smooth.

    d = 2, U(1): Q = (1/2 pi) sum_n sin theta_P(n), the sum of Im P.
    d = 4, SU(N): the clover charge of ``measure.gauge.topological_charge``, Q = -(1/4 pi^2) sum_n tr(F_01 F_23 -
    F_02 F_13 + F_03 F_12), F = (L - L^dag)/8 without its trace, L the sum of the four leaves.

    With antihermitian insertions Z_p, dQ = sum_(n, p) Re tr(Z_p dL_p): Z_p = -F_(5-p)/(16 pi^2) with the sign of that
    pair, without the trace; in d = 2 Z = -i/(8 pi), as each plaquette is a leaf at each of its corners.

    Parameters
    ----------
    lattice, n
        Lattice, and number of colours (1: U(1)).

    Raises
    ------
    InputError
        Other groups or numbers of dimensions, a twist, or open time.
    """

    def __init__(self, lattice: Lattice, n: int) -> None:
        if (lattice.d == 2) is not (n == 1) or lattice.d not in (2, 4):
            raise InputError("the field-theoretic charge is one of U(1) in d = 2 or SU(N) in d = 4")
        if lattice.twist is not None or lattice.open_time:
            raise InputError("the field-theoretic charge is one of a torus, without a twist")
        self.lattice, self.n = lattice, n
        self._leaves = leaf_program(lattice.d)
        self._planes = len(planes(lattice.d))
        self._part = np.empty(lattice.blocks)

    def value(self, U: Blocks) -> float:
        """Q[U]."""
        if self.n == 1:
            P = scratch(U, 1)
            plane_plaquettes(P[0], U, self.lattice.neighbours)
            imaginary = np.ascontiguousarray(P[0]["c"][:, 0, 0, 1, :])
            return float(ordered_sum(imaginary.ravel())) / (2.0 * math.pi)
        return self._sum(self._field_strength(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks, slope: Callable[[float], float]) -> None:
        """Sigma += slope(Q) times the derivative, dQ = Re tr(Sigma dU) summed over links."""
        if self.n == 1:
            Z = self._constant(U, slope(self.value(U)))
        else:
            F = self._field_strength(U)
            Z = self._dual(U, F, slope(self._sum(F)))
        far = scratch(Sigma, self.lattice.d * (self.lattice.d - 1))
        near_insertions(Sigma, far, Z, U, self.lattice.neighbours)
        add_far_derivatives(Sigma, far, self.lattice.neighbours)

    def _field_strength(self, U: Blocks) -> Blocks:
        F, leaves = scratch(U, self._planes), self._leaves
        field_strength(F, U, self.lattice.neighbours, leaves.program, leaves.start, np.ones((1, 1)))
        return F

    def _sum(self, field: Blocks) -> float:
        """Q of a field strength."""
        charge_sums(self._part, field)
        return float(ordered_sum(self._part)) / (4.0 * math.pi**2)

    def _constant(self, U: Blocks, factor: float) -> Blocks:
        """Z [plane, block] in d = 2."""
        Z = scratch(U, self._planes)
        Z["c"] = 0.0
        Z["c"][:, :, 0, 0, 1, :] = -factor / (8.0 * math.pi)
        return Z

    def _dual(self, U: Blocks, field: Blocks, factor: float) -> Blocks:
        """Z [plane, block] in d = 4, made of real products and sums alone: the same bits on every machine."""
        Z, F = scratch(U, self._planes), field["c"]
        if self.n > 2:  # of SU(2) the first row alone is stored, of sums that have no trace after L - L^dag
            trace = F[..., 0, 0, 1, :].copy()
            for k in range(1, self.n):
                trace += F[..., k, k, 1, :]
            trace *= 1.0 / self.n
            for k in range(self.n):
                F[..., k, k, 1, :] -= trace
        for p, sign in enumerate(SIGNS):
            np.multiply(F[5 - p], -factor * sign / (16.0 * math.pi**2), out=Z["c"][p])
        return Z
