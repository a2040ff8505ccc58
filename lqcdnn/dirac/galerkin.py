"""P^dag M P of a multigrid, M Wilson's operator or that of a grid (arXiv:1005.3043)."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.mixed import entries
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import aggregates as transfer
from lqcdnn.kernels import galerkin as kernels
from lqcdnn.kernels import wilson
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.kernels.simd.spin import gamma_matrices
from lqcdnn.lattice.aggregates import Cut
from lqcdnn.lattice.blocks import aligned_zeros, has_two_rows, zeros_of_kind
from lqcdnn.lattice.geometry import Blocks

Numbers = NDArray[np.float32]
Matrices = NDArray[np.complex64]


TOGETHER = 48
"""Numbers of sites that are multiplied by P^dag at once."""


class Finer(Protocol):
    """What is cut into aggregates: the lattice, or a grid.

    Attributes
    ----------
    components, half
        Numbers in each slot, and how many of them in a row have the same chirality.
    """

    components: int
    half: int

    def numbers(self, x: Blocks) -> Numbers:
        """Those of a vector as transfers take them: [block, component, (re, im), lane]."""

    def products(self, P: Blocks, cut: Cut) -> tuple[Matrices, Matrices]:
        """P^dag M P: X [aggregate, row, column] on each, Y [aggregate, leg, row, column] from each neighbour."""


class Sites:
    """The lattice of Wilson's operator in single precision."""

    def __init__(self, operator: WilsonOperator) -> None:
        self.operator, self.half = operator, operator.spins // 2
        self.components = operator.n * operator.spins

    def numbers(self, x: Blocks) -> Numbers:
        """See :class:`Finer`."""
        return spinor_numbers(x)

    def products(self, P: Blocks, cut: Cut) -> tuple[Matrices, Matrices]:
        """See :class:`Finer`."""
        op, d = self.operator, self.operator.lattice.d
        gamma, weight = gamma_matrices(d), 0.0 if op.r == 1.0 else (op.r - 1.0) / (op.r + 1.0)
        links = aligned_zeros((op.lattice.blocks,), field_dtype(op.n, op.n, op.lattice.width, "f4"))
        on_sites, hops, work = _sums(P, cut, 1), _sums(P, cut, 1 + d), _work(P, cut, self.components)
        for mu in range(d):
            if has_two_rows(op.links):
                kernels.completed_links(links["c"], op.links["c"], mu)
            else:
                kernels.whole_links(links, op.links, mu)
            turned = np.abs(gamma[mu]).argmax(axis=0)
            there = cut.place, cut.ahead[mu], cut.leaves[mu]
            kernels.add_hops(
                hops, work, P, lane_numbers(P), links["c"], *there, 1 + mu, *cut.sites, turned,
                gamma[mu][turned, np.arange(op.spins)], (1.0 + weight, 1.0 - weight),
            )  # fmt: skip
        kernels.add_sites(on_sites, work, self._on_sites(P, cut), lane_numbers(P), *cut.sites, self.half)
        return hermitian_blocks(on_sites, hops, -1.0, cut)

    def _on_sites(self, P: Blocks, cut: Cut) -> Blocks:
        """A P, in new memory if A is not 1."""
        op, lattice = self.operator, self.operator.lattice
        if op.terms[0] is None:
            return P
        out, x, y, other = zeros_of_kind(P), op.vector(), op.vector(), op.vector()
        none, part = op.hops_of(zeros_of_kind(op.links)), np.empty(lattice.blocks)
        for i in range(P["c"].shape[-1]):
            transfer.give(spinor_numbers(x), spinor_numbers(other), lane_numbers(P), cut.place, i, self.half)
            x["c"] += other["c"]
            wilson.massive_hopping(part, y, op.terms[0], none, x, x, lattice.neighbours, 1.0, 0, lattice.blocks)
            transfer.take(lane_numbers(out), spinor_numbers(y), cut.place, i)
        return out


class Aggregated:
    """A grid of aggregates with n test vectors.

    Attributes
    ----------
    X, Y
        Its matrices, steps back not needed: set before :meth:`products`.
    """

    components, half = 2, 1

    def __init__(self, n: int) -> None:
        self.n = n
        self.X, self.Y = (np.empty(0, np.complex64) for _ in range(2))

    def numbers(self, x: Blocks) -> Numbers:
        """See :class:`Finer`: slots are test vectors, which are lanes."""
        return coarse_numbers(x)

    def products(self, P: Blocks, cut: Cut) -> tuple[Matrices, Matrices]:
        """See :class:`Finer`."""
        d, P = len(cut.leaves), P.reshape(-1, 2 * self.n)
        on_sites, hops, work = _sums(P, cut, 1), _sums(P, cut, 1 + d), _work(P, cut, 2 * self.n)
        numbers = lane_numbers(P)
        itself, never = np.arange(len(P), dtype=np.int32), np.zeros(len(P), np.bool_)
        kernels.add_matrices(on_sites, work, P, numbers, self.X, itself, never, 0, *cut.sites)
        for mu in range(d):
            steps = np.ascontiguousarray(self.Y[:, mu]), cut.ahead[mu], cut.leaves[mu]
            kernels.add_matrices(hops, work, P, numbers, *steps, 1 + mu, *cut.sites)
        return hermitian_blocks(on_sites, hops, 1.0, cut)


def _sums(P: Blocks, cut: Cut, legs: int) -> Blocks:
    """Zero products [aggregate, leg, row, chirality of columns]."""
    return aligned_zeros((cut.aggregates.count, legs, 2 * P["c"].shape[-1], 2), P.dtype)


def _work(P: Blocks, cut: Cut, components: int) -> tuple[Blocks, NDArray[np.int32]]:
    """See ``kernels.galerkin``; it stays in the first cache."""
    sites = max(1, TOGETHER // components)
    work = aligned_zeros((cut.aggregates.count, sites, components, 2), P.dtype)
    return work, np.empty((cut.aggregates.count, sites), np.int32)


def hermitian_blocks(on_sites: Blocks, hops: Blocks, sign: float, cut: Cut) -> tuple[Matrices, Matrices]:
    """X and Y of steps forward, times ``sign``: steps back are sigma_3 (steps forward)^dag sigma_3."""
    forward, neighbours = matrices_of(hops), cut.aggregates.neighbours
    forward *= np.float32(sign)
    d, n = forward.shape[1] - 1, forward.shape[2] // 2
    sigma = np.repeat(np.array([1.0, -1.0], np.float32), n)
    back = sigma[:, None] * forward.conj().swapaxes(-1, -2) * sigma
    Y = np.empty((len(forward), 2 * d, 2 * n, 2 * n), np.complex64)
    Y[:, :d] = forward[:, 1:]
    for mu in range(d):
        Y[neighbours[:, mu], d + mu] = back[:, 1 + mu]
    X: Matrices = matrices_of(on_sites)[:, 0] + forward[:, 0] + back[:, 0]
    return X, Y


def matrices_of(sums: Blocks) -> Matrices:
    """Complex matrices [aggregate, leg, row, column] of those with columns as lanes."""
    c = sums["c"][..., 0, 0, :, :]
    found = np.empty((*c.shape[:-2], c.shape[-1]), np.complex64)
    found.real, found.imag = c[..., 0, :], c[..., 1, :]
    return found.reshape(*sums.shape[:-1], -1)


def lane_numbers(P: Blocks) -> Numbers:
    """The numbers of P as [slot, component, (re, im), vector]."""
    numbers = cast("Numbers", P["c"])
    return numbers.reshape(*P.shape, 2, numbers.shape[-1])


def spinor_numbers(x: Blocks) -> Numbers:
    """The numbers of a spinor as [block, component, (re, im), lane]."""
    c = entries(x)
    return c.reshape(c.shape[0], -1, 2, c.shape[-1])


def coarse_numbers(c: Blocks) -> Numbers:
    """The numbers of coarse vectors or columns as [..., chirality, (re, im), vector]."""
    numbers = cast("Numbers", c["c"])
    return numbers.reshape(*c.shape, 2, 2, numbers.shape[-1])
