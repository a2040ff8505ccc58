"""A solver with a multigrid on random links, and its grids as dense matrices."""

from functools import cached_property

import numpy as np
from builders import Place
from reference import wilson as reference
from reference.background import uniform_links

from lqcdnn.dirac.galerkin import coarse_numbers
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator

ROUNDING = 2e-6
"""Of single precision."""

LIGHT = 0.266
"""Hopping parameter near the critical one of random links on 32 x 32."""


def complex_numbers(c):
    """Coarse vectors or columns as complex numbers [..., chirality n + vector]."""
    numbers = coarse_numbers(c)
    return (numbers[..., 0, :] + 1j * numbers[..., 1, :]).reshape(*c.shape, -1)


class Case:
    """A solver with a multigrid on smooth random links, and M as a dense matrix.

    Parameters
    ----------
    n, shape, kappa, csw, r, theta, flux
        Of the operator.
    """

    def __init__(self, name, shape, kappa, csw=0.0, r=1.0, theta=None, flux=None) -> None:
        self.place = Place(name, shape, spread=0.3)
        self.lattice, self.n = self.place.lattice, self.place.n
        boundary = self.place.antiperiodic()
        self.op = WilsonOperator(self.lattice, self.n, kappa, boundary, csw, r, theta, flux=flux)
        self.op.set_links(self.place.U)
        self._dense = kappa, boundary, csw, r
        self._theta = np.zeros(len(shape)) if theta is None else np.array(theta)
        self._field = 1.0 if flux is None else uniform_links(shape, flux)
        self.solver = WilsonPropagator(self.op, multigrid=True)
        self.inner = self.solver._inner
        self.grid = self.inner.grid

    @cached_property
    def M(self):
        """M; phases at the boundary are shared out over all links of a direction."""
        U = self.lattice.to_user(self.place.U)
        phases = np.exp(1j * self._theta / np.array(self.lattice.shape))
        return reference.matrix(U * self._field * phases.reshape(-1, *(1,) * (U.ndim - 1)), *self._dense)

    def source(self, seed=3):
        b = reference.spinor(np.random.default_rng(seed), self.lattice.shape, self.n)
        return self.lattice.from_user(b), b.reshape(-1)

    def learn(self):
        self.inner._links_changed()
        self.inner.learn()
        return self

    def columns(self):
        """P, rows in the order of the dense matrix."""
        return columns(self.grid, self.inner.single.vector(), lambda x: self.inner.single.lattice.to_user(x))

    def coarse_matrix(self):
        """The coarse operator as one matrix, from the blocks of the program."""
        return coarse_matrix(self.grid)


def columns(grid, x, numbers):
    """P of a grid, from its unit vectors; x is a vector of the finer one."""
    c, found = grid.vector(), []
    for k in range(2 * grid.n * grid.aggregates.count):
        aggregate, row = divmod(k, 2 * grid.n)
        coarse_numbers(c)[aggregate, row // grid.n, 0, row % grid.n] = 1.0
        grid.prolong(x, c, grid.cut.every)
        coarse_numbers(c)[...] = 0.0
        found.append(numbers(x).reshape(-1).copy())
    return np.array(found).T


def coarse_matrix(grid):
    """The operator of a grid as one matrix, from its blocks."""
    X, Y = grid.blocks()
    count, size = X.shape[:2]
    found = np.zeros((count, size, count, size), dtype=complex)
    for a in range(count):
        found[a, :, a] += X[a]
        for k, b in enumerate(grid.aggregates.neighbours[a]):
            found[a, :, b] += Y[a, k]
    return found.reshape(count * size, -1)
