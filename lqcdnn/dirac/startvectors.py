"""Start vectors for the solves of molecular dynamics (Brower, Ivanenko, Levi, Orginos, hep-lat/9509012).

Along a trajectory the solutions of A x = b change slowly, so x lies nearly in the span of the last few of them.  The
start vector is that x in the span with the least (x - x*)^dag A (x - x*), x* the solution: with a basis v_i,

sum_j <v_i, A v_j> c_j = <v_i, b>,  x = sum_j c_j v_j.

It costs as many applications of A as there are vectors, and one for the residual.  The start depends on the past of the
trajectory, so molecular dynamics is reversible to the tolerance of the solver only (docs/physics/actions.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lqcdnn.dirac.normal import NormalEquations, rows
from lqcdnn.kernels.bicgstab import ordered_dot
from lqcdnn.kernels.linalg import add_multiple, complex_products
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks

DEPENDENT = 1e-12
"""A unit vector of which less than this is left outside the span of the others is rounding: it is dropped."""


class History:
    """The span of the last solutions of each system of an action, as orthonormal vectors, newest first.

    Parameters
    ----------
    count
        How many solutions; 0: none, every solve starts from zero.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._basis: dict[NormalEquations, list[Blocks]] = {}
        self._drawn = -1

    def since(self, drawn: int) -> History | None:
        """Itself for solves with the ``drawn``-th pseudofermion, emptied if the last ones were with another.

        None if no solution is kept.
        """
        if drawn != self._drawn:
            self._basis.clear()
            self._drawn = drawn
        return self if self.count else None

    def begin(self, system: NormalEquations, x: Blocks, b: Blocks) -> bool:
        """Set x to the best vector in the span; False and x untouched if nothing is known."""
        basis = self._basis.get(system)
        if not basis:
            return False
        coefficients = solve_positive(*self._projected(system, basis, b))
        rows(x)["c"][:, system.first : system.last] = 0.0
        for c, v in zip(coefficients, basis, strict=False):
            add_multiple(rows(x), c, rows(v), system.first, system.last)
        return True

    def keep(self, system: NormalEquations, x: Blocks) -> None:
        """Take x into the span, and the oldest solution out of it once there are ``count``."""
        basis = self._basis.get(system, [])
        new = basis.pop() if len(basis) == self.count else zeros_of_kind(x)
        rows(new)["c"][:, system.first : system.last] = rows(x)["c"][:, system.first : system.last]
        self._basis[system] = orthonormal(system, [new, *basis])

    def _projected(
        self, system: NormalEquations, basis: Sequence[Blocks], b: Blocks
    ) -> tuple[list[list[complex]], list[complex]]:
        """The lower triangle of <v_i, A v_j>, and <v_i, b>."""
        image, matrix = system.work[1], [[0j] * len(basis) for _ in basis]
        for j, v in enumerate(basis):
            system.apply_normal(image, v)
            for i in range(j, len(basis)):
                matrix[i][j] = dot(system, basis[i], image)
        return matrix, [dot(system, v, b) for v in basis]


class InnerProduct(Protocol):
    """The blocks of sites that count in an inner product, and |x|^2 on them."""

    @property
    def first(self) -> int:
        """First block."""

    @property
    def last(self) -> int:
        """One past the last block."""

    def norm2(self, b: Blocks) -> float:
        """|b|^2."""


def dot(system: InnerProduct, x: Blocks, y: Blocks) -> complex:
    """<x, y> over the sites of the system, added in a fixed order."""
    part = np.empty((system.last - system.first, 2))
    complex_products(part, rows(x), rows(y), system.first, system.last)
    return complex(ordered_dot(part))


def orthonormal(system: InnerProduct, vectors: Sequence[Blocks]) -> list[Blocks]:
    """Gram and Schmidt's process (modified) in place; dependent vectors and those that are not finite are left out."""
    found: list[Blocks] = []
    for v in vectors:
        before = system.norm2(v)
        for u in found:
            add_multiple(rows(v), -dot(system, u, v), rows(u), system.first, system.last)
        after = system.norm2(v)
        if after > DEPENDENT**2 * before and after < np.inf:
            rows(v)["c"][:, system.first : system.last] *= after**-0.5
            found.append(v)
    return found


def solve_positive(matrix: Sequence[Sequence[complex]], b: Sequence[complex]) -> list[complex]:
    """Solve G c = b for hermitian positive G by G = L D L^dag, given its lower triangle.

    It ends before the first pivot that rounding has left without a positive value: c then has fewer entries.
    """
    factor: list[list[complex]] = []
    pivots: list[float] = []
    y: list[complex] = []
    for i, given in enumerate(matrix):
        row: list[complex] = []
        for j in range(i):
            known = sum((row[k] * pivots[k] * factor[j][k].conjugate() for k in range(j)), 0j)
            row.append((given[j] - known) / pivots[j])
        pivot = given[i].real - sum((abs(row[k]) ** 2 * pivots[k] for k in range(i)), 0.0)
        if not pivot > 0.0:
            break
        y.append(b[i] - sum((row[k] * y[k] for k in range(i)), 0j))
        factor.append(row)
        pivots.append(pivot)
    c = [0j] * len(pivots)
    for i in reversed(range(len(c))):
        c[i] = y[i] / pivots[i] - sum((factor[k][i].conjugate() * c[k] for k in range(i + 1, len(c))), 0j)
    return c
