"""The coarse operator P^dag M P of a multigrid for Wilson's operator, and its approximate inverse (arXiv:1005.3043).

P holds test vectors cut into aggregates and chiralities, so that gamma_5 P = P sigma_3, and P^dag M P is
sigma_3-hermitian as M is gamma_5-hermitian: matrices of steps back are those of steps forward, adjoint.  It couples
neighbouring aggregates alone, as M couples sites: where there are many, they are cut into aggregates again.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Any

import numpy as np

from lqcdnn.config.tables.aggregates import VECTORS, coarser_extents, what_multigrid_allows
from lqcdnn.dirac.galerkin import Aggregated, Finer, Matrices, Sites, coarse_numbers, lane_numbers
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.kernels import aggregates as transfer
from lqcdnn.kernels import coarse as kernels
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.aggregates import Cut, Slots, cut_aggregates, cut_lattice
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks

COARSE_TOLERANCE, DIRECTIONS = 0.2, 80
"""Residual of a coarse solve, and its most steps: beginning anew after 20, those beyond the critical mass, with
eigenvalues on both sides of 0, came to nothing.
"""

COARSER_TOLERANCE = 0.2
"""Residual of a solve on the grid after the first."""

SMOOTHING, RELAXATION = 4, 1.1
"""Steps of the smoother in a cycle of a grid, and the factor of each."""

TOGETHER = 4
"""Aggregates of which lanes are summed together, if their number allows."""


def coarse_grid(operator: WilsonOperator) -> CoarseGrid:
    """The grids of an operator in single precision.

    Raises
    ------
    InputError
        If the lattice cannot be cut into aggregates that hold the test vectors.
    """
    lattice = operator.lattice
    allowed = what_multigrid_allows(lattice.shape, operator.n)
    if allowed:
        found = "x".join(map(str, lattice.shape))
        raise InputError(f'solver = "multigrid": found a lattice {found}; allowed: {allowed}')
    cut = cut_lattice(lattice)
    return CoarseGrid(Sites(operator), cut, VECTORS[lattice.d], coarser_extents(cut.aggregates.shape))


class CoarseGrid:
    """Aggregates with their test vectors, the coarse operator and its solver, all in single precision.

    Parameters
    ----------
    finer
        What is cut into aggregates, and its operator M.
    cut
        How.
    n
        Number of test vectors.
    extents
        Of the aggregates of the next grid, which is the last; None: there is none.

    Attributes
    ----------
    P
        [slot, component] with a lane for each test vector (``kernels.aggregates``).
    coarser
        The next grid, whose cycle goes before each step of solves on this one; None: there is none.
    """

    def __init__(self, finer: Finer, cut: Cut, n: int, extents: tuple[int, ...] | None = None) -> None:
        self.finer, self.cut, self.aggregates, self.n = finer, cut, cut.aggregates, n
        self.P = aligned_zeros((len(cut.place), finer.components), self._lanes(1))
        self._later = aligned_zeros((n,), self._lanes(1))
        for i in range(n):
            self._later["c"][i, ..., 0, i + 1 :] = 1.0
        self._R = aligned_zeros((self.aggregates.count * n, 2), self._lanes(1))
        self._c, self._r = self.vector(), self.vector()
        self._system, (self._inverse, self._legs) = self._solver()
        self.coarser: CoarseGrid | None = None
        if extents is not None:
            self._below, self._X = self._made_coarser(extents)

    def _lanes(self, rows: int) -> np.dtype[np.void]:
        dtype: np.dtype[np.void] = field_dtype(rows, 1, self.n, "f4")
        return dtype

    def _matrices(self, *shape: int) -> Blocks:
        return aligned_zeros(shape, self._lanes(2))

    def vector(self) -> Blocks:
        """A zero coarse vector [aggregate]."""
        return self._matrices(self.aggregates.count)

    def _solver(self) -> tuple[tuple[Any, ...], tuple[Blocks, Blocks]]:
        """The system of ``kernels.coarse.solve``, and the matrices in it, X^-1 and Z."""
        count, d2, half = *self.aggregates.neighbours.shape, self.aggregates.half
        s, t, none = (self.vector() for _ in range(3))
        Z, V = (self._matrices(DIRECTIONS, count) for _ in range(2))
        inverse, legs = self._matrices(count, 1, 2 * self.n), self._matrices(count, d2, 2 * self.n)
        blocks = (half or count) // self._together
        return (
            (self._c, self._r, s, t, none),
            tuple(coarse_numbers(x) for x in (self._c, self._r, s, t)),
            (self._wide(self._c), self._wide(s)),
            (Z, V, coarse_numbers(Z), self._wide(Z), self._wide(V), np.empty(DIRECTIONS)),
            (np.empty((blocks, 2)), np.empty(blocks)),
            (inverse, legs, np.arange(count, dtype=np.int32)[:, None], self.aggregates.neighbours, half),
        ), (inverse, legs)

    def _made_coarser(self, extents: tuple[int, ...]) -> tuple[tuple[Any, ...], Blocks]:
        """Make the next grid; what ``kernels.coarse.cycle`` wants of it, and the memory of X."""
        self._grid = Aggregated(self.n)
        grid = self.coarser = CoarseGrid(self._grid, cut_aggregates(self.aggregates, self.n, extents), self.n)
        X, r, w = self._matrices(self.aggregates.count, 1, 2 * self.n), self.vector(), self.vector()
        return (
            grid._system,
            (COARSER_TOLERANCE**2, DIRECTIONS),
            (grid.P, grid.cut.place, *grid.cut.even),
            (grid._by_chirality(grid._c), grid._by_chirality(grid._r)),
            X,
            (r, coarse_numbers(r), w, self._wide(r), self._wide(w)),
            (SMOOTHING, RELAXATION),
        ), X

    @property
    def _together(self) -> int:
        """How many aggregates :meth:`_wide` takes as one."""
        return gcd(self.aggregates.half or self.aggregates.count, self.aggregates.count, TOGETHER)

    def _wide(self, c: Blocks) -> Blocks:
        """Coarse vectors with several aggregates as one matrix."""
        return c.view(self._lanes(2 * self._together)).reshape(*c.shape[:-1], -1)

    def _by_chirality(self, c: Blocks) -> Blocks:
        """A coarse vector as transfers take it."""
        return c.view(self._lanes(1)).reshape(-1, 2)

    def set_vectors(self, vectors: Iterable[Blocks]) -> None:
        """Make P of the test vectors, n vectors of what is cut, and the coarse operator of it."""
        for i, v in enumerate(vectors):
            transfer.take(lane_numbers(self.P), self.finer.numbers(v), self.cut.place, i)
        self._made_of_vectors()

    def _made_of_vectors(self) -> None:
        """The same with the test vectors in P; those of the next grid are what they are on this one."""
        numbers, sizes = lane_numbers(self.P), lane_numbers(self._R)
        transfer.orthonormalize(self.P, self._R, numbers, sizes, self._later, *self.cut.every, self.finer.half)
        X, Y = self.blocks()
        if self.coarser is not None:
            self._set_columns(self._X, X[:, None])
            self._grid.X, self._grid.Y = X, Y[:, : len(self.cut.leaves)].copy()
        inverse = X.astype(np.complex128)
        order, rows = np.empty(X.shape[:2], np.int64), np.empty_like(X)
        kernels.divide(inverse, Y, order, rows)
        self._set_columns(self._inverse, inverse[:, None].astype(np.complex64))
        self._set_columns(self._legs, Y)
        if self.coarser is not None:
            self.coarser.P["c"] = self._R["c"]
            self.coarser._made_of_vectors()

    def learned(self) -> list[Blocks]:
        """The fields that test vectors are in, and what is made of them."""
        own = [self.P, self._inverse, self._legs]
        return own if self.coarser is None else [*own, self._X, *self.coarser.learned()]

    def blocks(self) -> tuple[Matrices, Matrices]:
        """P^dag M P: X [aggregate, row, column] on each, Y [aggregate, leg, row, column] from each neighbour."""
        return self.finer.products(self.P, self.cut)

    def _set_columns(self, out: Blocks, matrices: Matrices) -> None:
        """Matrices [..., row, column] as the kernels take them."""
        T = matrices.swapaxes(-1, -2).reshape(*out.shape, 2, self.n)
        numbers = coarse_numbers(out)
        numbers[..., 0, :], numbers[..., 1, :] = T.real, T.imag

    def restrict(self, out: Blocks, x: Blocks, slots: Slots) -> None:
        """out = P^dag x with the sites in some slots."""
        out, numbers = self._by_chirality(out), self.finer.numbers(x)
        transfer.restrict(out, self.P, numbers, self.cut.place, *slots, self.finer.half)

    def prolong(self, x: Blocks, c: Blocks, slots: Slots) -> None:
        """x = P c on the sites in some slots."""
        c, numbers = self._by_chirality(c), self.finer.numbers(x)
        transfer.prolong(numbers, self.P, c, self.cut.place, *slots, self.finer.half)

    def correct(self, x: Blocks, r: Blocks) -> None:
        """x_e = P (P^dag M P)^-1 P^dag r, approximately, for a residual r that vanishes on odd sites."""
        self.restrict(self._r, r, self.cut.even)
        self._solve(COARSE_TOLERANCE, DIRECTIONS)
        self.prolong(x, self._c, self.cut.even)

    def solve(self, c: Blocks, r: Blocks, tolerance: float = COARSE_TOLERANCE, most: int = DIRECTIONS) -> int:
        """P^dag M P c = r to a residual, preconditioned, of ``tolerance``; returns the steps it took."""
        self._r["c"] = r["c"]
        done = self._solve(tolerance, most)
        c["c"] = self._c["c"]
        return done

    def _solve(self, tolerance: float, most: int) -> int:
        if self.coarser is None:
            return int(kernels.solve(self._system, tolerance**2, most))
        return int(kernels.solve_with(self._system, self._below, tolerance**2, most))
