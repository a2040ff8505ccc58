"""The coarse operator P^dag M P of a multigrid for Wilson's operator, and its approximate inverse (arXiv:1005.3043).

P holds test vectors cut into aggregates and chiralities, so that gamma_5 P = P sigma_3, and P^dag M P is
sigma_3-hermitian as M is gamma_5-hermitian: matrices of steps back are those of steps forward, adjoint.  It couples
neighbouring aggregates alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.aggregates import VECTORS, what_multigrid_allows
from lqcdnn.dirac.mixed import entries
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.kernels import aggregates as transfer
from lqcdnn.kernels import coarse as kernels
from lqcdnn.kernels import wilson
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.aggregates import Aggregates
from lqcdnn.lattice.blocks import aligned_copy, aligned_zeros, zeros_of_kind
from lqcdnn.lattice.geometry import Blocks

COARSE_TOLERANCE, DIRECTIONS = 0.2, 80
"""Residual of a coarse solve, and its most steps: beginning anew after 20, those beyond the critical mass, with
eigenvalues on both sides of 0, came to nothing.
"""

TOGETHER = 4
"""Aggregates of which lanes are summed together, if their number allows."""

Numbers = NDArray[np.float32]


class CoarseGrid:
    """Aggregates with their test vectors, the coarse operator and its solver, all in single precision.

    Parameters
    ----------
    operator
        M in single precision.

    Attributes
    ----------
    n
        Number of test vectors.
    P
        [slot, component] with a lane for each test vector (``kernels.aggregates``).

    Raises
    ------
    InputError
        If the lattice cannot be cut into aggregates that hold the test vectors.
    """

    def __init__(self, operator: WilsonOperator) -> None:
        lattice = operator.lattice
        allowed = what_multigrid_allows(lattice.shape, operator.n)
        if allowed:
            found = "x".join(map(str, lattice.shape))
            raise InputError(f'solver = "multigrid": found a lattice {found}; allowed: {allowed}')
        self.operator, self.n, self.aggregates = operator, VECTORS[lattice.d], Aggregates(lattice)
        vectors, self.spin_half = self.n, operator.spins // 2
        self.P = aligned_zeros((lattice.volume, operator.n * operator.spins), self._lanes(1))
        self._numbers = self.P["c"].reshape(*self.P.shape, 2, vectors)
        self._later = aligned_zeros((vectors,), self._lanes(1))
        for i in range(vectors):
            self._later["c"][i, ..., 0, i + 1 :] = 1.0
        count, last = self.aggregates.count, self.aggregates.half or self.aggregates.count
        self._r, self._s, self._c, self._t, self._none = (self.vector() for _ in range(5))
        self._Z, self._V = (self._matrices(DIRECTIONS, count) for _ in range(2))
        self._together = gcd(last, count, TOGETHER)
        self._lengths, self._part = np.empty(DIRECTIONS), np.empty(last // self._together)
        self._pairs = np.empty((len(self._part), 2))
        self._itself = np.arange(count, dtype=np.int32)[:, None]
        self._x, self._upper, self._lower = (operator.vector() for _ in range(3))

    def _lanes(self, rows: int) -> np.dtype[np.void]:
        dtype: np.dtype[np.void] = field_dtype(rows, 1, self.n, "f4")
        return dtype

    def _matrices(self, *shape: int) -> Blocks:
        return aligned_zeros(shape, self._lanes(2))

    def _wide(self, c: Blocks) -> Blocks:
        """Coarse vectors with ``_together`` aggregates as one matrix."""
        return c.view(self._lanes(2 * self._together)).reshape(*c.shape[:-1], -1)

    def vector(self) -> Blocks:
        """A zero coarse vector [aggregate]."""
        return self._matrices(self.aggregates.count)

    def set_vectors(self, vectors: Iterable[Blocks]) -> None:
        """Make P of the test vectors, n spinors in single precision, and the coarse operator of it."""
        for i, v in enumerate(vectors):
            transfer.take(self._numbers, spinor_numbers(v), self.aggregates.place, i)
        transfer.orthonormalize(self.P, self._numbers, self._later, *self.aggregates.every, self.spin_half)
        X, Y = self.blocks()
        inverse = X.astype(np.complex128)
        order, rows = np.empty(X.shape[:2], np.int64), np.empty_like(X)
        kernels.divide(inverse, Y, order, rows)
        self._inverse = self._columns(inverse[:, None].astype(np.complex64))
        self._legs = self._columns(Y)

    def blocks(self) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """P^dag M P: X [aggregate, row, column] on each, Y [aggregate, leg, row, column] from each neighbour."""
        op, d, size = self.operator, self.operator.lattice.d, 2 * self.n
        count, neighbours = self.aggregates.count, self.aggregates.neighbours
        X = np.empty((count, size, size), np.complex64)
        Y = np.empty((count, 2 * d, size, size), np.complex64)
        inside, ahead = self._cut_links()
        nbr, last, part = op.lattice.neighbours, op.lattice.blocks, np.empty(op.lattice.blocks)
        for i in range(self.n):
            halves = self._upper, self._lower
            numbers = [spinor_numbers(v) for v in halves]
            transfer.give(*numbers, self._numbers, self.aggregates.place, i, self.spin_half)
            for column, v in zip((i, self.n + i), halves, strict=True):
                wilson.massive_hopping(part, self._x, op.terms[0], inside, v, v, nbr, 1.0, 0, last)
                X[:, :, column] = self._restricted(self.aggregates.every)
                for mu, links in enumerate(ahead):
                    wilson.hopping(self._x, None, links, v, nbr, 1.0, 0, last)
                    Y[:, mu, :, column] = -self._restricted(self.aggregates.ahead[mu])
        sigma = np.repeat(np.array([1.0, -1.0], np.float32), self.n)
        for mu in range(d):
            Y[neighbours[:, mu], d + mu] = sigma[:, None] * Y[:, mu].conj().swapaxes(-1, -2) * sigma
        return X, Y

    def _cut_links(self) -> tuple[Blocks | tuple[Blocks, float], list[Blocks | tuple[Blocks, float]]]:
        """The links inside aggregates, and for each direction those of steps to the next one."""
        op, d, lattice = self.operator, self.operator.lattice.d, self.operator.lattice
        leaves = self.aggregates.leaves
        nbr = [lattice.displaced([-1 if nu == mu else 0 for nu in range(d)]) for mu in range(d)]
        enters = [leaves[mu].reshape(-1)[nbr[mu]] for mu in range(d)]  # from the site before
        inside, ahead = aligned_copy(op.links), [zeros_of_kind(op.links) for _ in range(d)]
        for mu in range(d):
            for k, gone in ((mu, leaves[mu]), (d + mu, enters[mu])):
                c = inside["c"][:, k]
                c *= ~gone.reshape(lattice.blocks, *(1,) * (c.ndim - 2), lattice.width)
            c = ahead[mu]["c"][:, mu]
            c[...] = op.links["c"][:, mu] * leaves[mu].reshape(lattice.blocks, *(1,) * (c.ndim - 2), lattice.width)
        return op.hops_of(inside), [op.hops_of(links) for links in ahead]

    def _restricted(self, slots: tuple[NDArray[np.int64], NDArray[np.int32]]) -> NDArray[np.complex64]:
        """P^dag of the work space, with the sites in these slots: [aggregate, row]."""
        self.restrict(self._r, self._x, slots)
        return complex_numbers(self._r)

    def _columns(self, matrices: NDArray[np.complex64]) -> Blocks:
        """Matrices [..., row, column] as the kernels take them."""
        out = self._matrices(*matrices.shape[:-2], matrices.shape[-1])
        T = matrices.swapaxes(-1, -2).reshape(*out.shape, 2, self.n)
        numbers = coarse_numbers(out)
        numbers[..., 0, :], numbers[..., 1, :] = T.real, T.imag
        return out

    def restrict(self, out: Blocks, x: Blocks, slots: tuple[NDArray[np.int64], NDArray[np.int32]]) -> None:
        """out = P^dag x with the sites in some slots."""
        by_chirality = out.view(self._lanes(1)).reshape(-1, 2)
        transfer.restrict(by_chirality, self.P, spinor_numbers(x), self.aggregates.place, *slots, self.spin_half)

    def prolong(self, x: Blocks, c: Blocks, slots: tuple[NDArray[np.int64], NDArray[np.int32]]) -> None:
        """x = P c on the sites in some slots."""
        by_chirality = c.view(self._lanes(1)).reshape(-1, 2)
        transfer.prolong(spinor_numbers(x), self.P, by_chirality, self.aggregates.place, *slots, self.spin_half)

    def correct(self, x: Blocks, r: Blocks) -> None:
        """x_e = P (P^dag M P)^-1 P^dag r, approximately, for a residual r that vanishes on odd sites."""
        self.restrict(self._r, r, self.aggregates.even)
        self.solve(self._c, self._r)
        self.prolong(x, self._c, self.aggregates.even)

    def solve(self, c: Blocks, r: Blocks, tolerance: float = COARSE_TOLERANCE, most: int = DIRECTIONS) -> int:
        """P^dag M P c = r to a residual, preconditioned, of ``tolerance``; returns the steps it took."""
        s, t, half, nbr, legs = self._s, self._t, self.aggregates.half, self.aggregates.neighbours, self._legs
        count = self.aggregates.count
        kernels.add_products(s, self._none, 1.0, self._inverse, coarse_numbers(r), self._itself, 0, count)
        if half:
            kernels.add_products(s, s, -1.0, legs, coarse_numbers(s), nbr, 0, half)
        c["c"] = 0.0
        wide = self._wide(c), self._wide(s), self._wide(self._Z), self._wide(self._V)
        done = kernels.solve(
            wide, s, t, self._Z, self._V, self._lengths, (coarse_numbers(t), coarse_numbers(self._Z)), self._pairs,
            self._part, legs, nbr, half, self._none, tolerance**2, most,
        )  # fmt: skip
        if half:
            kernels.add_products(c, s, -1.0, legs, coarse_numbers(c), nbr, half, 2 * half)
        return int(done)


def spinor_numbers(x: Blocks) -> Numbers:
    """The numbers of a spinor as [block, component, (re, im), lane]."""
    c = entries(x)
    return c.reshape(c.shape[0], -1, 2, c.shape[-1])


def coarse_numbers(c: Blocks) -> Numbers:
    """The numbers of coarse vectors or columns as [..., chirality, (re, im), vector]."""
    numbers: Numbers = c["c"]
    return numbers.reshape(*c.shape, 2, 2, numbers.shape[-1])


def complex_numbers(c: Blocks) -> NDArray[np.complex64]:
    """The same as complex numbers [..., chirality n + vector]."""
    numbers = coarse_numbers(c)
    found: NDArray[np.complex64] = np.empty((*c.shape, 2, numbers.shape[-1]), np.complex64)
    found.real, found.imag = numbers[..., 0, :], numbers[..., 1, :]
    return found.reshape(*c.shape, -1)
