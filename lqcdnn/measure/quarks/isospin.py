"""Two pions of isospin 0 and 1 and the mesons they turn into: quarks that annihilate in a time slice (physics.md 28.6).

J. J. Dudek, R. G. Edwards, C. E. Thomas, arXiv:1212.0830 (isospin 1); R. A. Briceno et al., arXiv:1607.05900 (0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.laplacian import products
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.measure.quarks.momenta import opposite
from lqcdnn.measure.quarks.perambulators import ComplexArray, Perambulators, as_matrices
from lqcdnn.measure.quarks.twopions import Weighted, traces

FloatArray = NDArray[np.float64]


def annihilated(
    isospin: int,
    made: Perambulators,
    taus: Sequence[ComplexArray],
    sizes: Sequence[int],
    operators: Sequence[Sequence[Weighted]],
) -> tuple[FloatArray, FloatArray]:
    """All of C_ij(t) in which quarks annihilate, [i, j, t], mean over times of the source; <O_i> of isospin 0.

    O_i are bilinears first, M = gamma_k or 1 between the eigenvectors of each size, then pairs of pions. Of these one
    quark line is inside of the time slice, which makes them bilinears, too, with X_p = Phi_p gamma_5 and

    M = i [X_p tau(t, t) X_-p - X_-p tau(t, t) X_p] or sqrt(3/2) [X_p tau(t, t) X_-p + X_-p tau(t, t) X_p]

    of isospin 1 or 0. With G = i gamma_5 M or gamma_5 M, which are hermitian, connected lines are -tr G_i(t) tau
    gamma_5 G_j(t0) gamma_5 tau^dag. Closed ones, l_i = -sqrt(2) tr M tau(t, t) of bilinears and half of it of pairs,
    exist for isospin 0 alone.

    Parameters
    ----------
    isospin
        0 or 1.
    made, taus
        Waves; perambulators from every time slice.
    sizes
        Numbers of eigenvectors of the bilinears.
    operators
        Of ``pion_operators``.
    """
    count, spins, extent = made.vectors.shape[1], taus[0].shape[1], len(taus)
    gamma, g5 = gamma_matrices(made.lattice.d), gamma_5(made.lattice.d)
    matrices = [1j * (g5 @ one) for one in gamma[:-1]] if isospin == 1 else [g5]
    inside = np.array([as_matrices(tau[t : t + 1])[0] for t, tau in enumerate(taus)])
    signs = np.tile(np.diag(g5).real, count)
    rank = len(sizes) + len(operators[0])
    total, G = np.zeros((rank, rank, extent)), np.zeros((rank, *inside.shape), dtype=np.complex128)
    for matrix, pairs in zip(matrices, operators, strict=True):
        few = [np.kron(np.diag(np.arange(count) < size), matrix) for size in sizes]
        G = np.array([
            *(np.repeat(one[None], extent, axis=0) for one in few),
            *(_pair(isospin, made, inside * signs, pair, spins) for pair in pairs),
        ])
        sources = G * signs[:, None] * signs
        for t0, tau in enumerate(taus):
            A = as_matrices(tau)
            lines = np.array([products(one, A) for one in G])
            ends = np.array([products(A, np.repeat(one[t0 : t0 + 1], extent, axis=0)) for one in sources])
            rows = np.ascontiguousarray(lines.reshape(rank, extent, -1).swapaxes(0, 1))
            columns = np.ascontiguousarray(ends.conj().reshape(rank, extent, -1).transpose(1, 2, 0))
            total -= np.roll(products(rows, columns).real.transpose(1, 2, 0), -t0, axis=2)
    total /= extent * len(matrices)
    if isospin == 1:
        return total, np.zeros(len(total))
    factors = [-math.sqrt(2.0)] * len(sizes) + [-math.sqrt(0.5)] * len(operators[0])
    loops = np.array([f * traces(one, inside * signs).real for f, one in zip(factors, G, strict=True)])
    for t0 in range(extent):
        total += np.roll(loops, -t0, axis=1)[:, None] * loops[:, t0, None] / extent
    return total, np.asarray(loops.cumsum(axis=1)[:, -1] / extent)


def _pair(isospin: int, made: Perambulators, inside: ComplexArray, pair: Weighted, spins: int) -> ComplexArray:
    """G(t) of two pions whose other ends are tied by the quark line tau(t, t) gamma_5 inside of the time slice."""
    total, one = np.zeros_like(inside), np.eye(spins)
    for p, weight in pair:
        ahead, back = (
            np.array([np.kron(phi, one) for phi in made.wave(k)]) for k in (p, opposite(p, made.lattice.shape[:-1]))
        )
        there, other = products(products(ahead, inside), back), products(products(back, inside), ahead)
        total += weight * (other - there) if isospin == 1 else math.sqrt(1.5) * weight * (there + other)
    return total
