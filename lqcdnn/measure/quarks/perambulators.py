"""Quarks between eigenvectors of the Laplacian: perambulators and waves (M. Peardon et al., arXiv:0905.2160)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.laplacian import adjoint, products
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.propagators import Quark

ComplexArray = NDArray[np.complex128]


class Perambulators:
    """tau(t, t0) = V(t)^dag S(t, t0) V(t0), the quark from the eigenvectors of one time slice to those of all.

    Parameters
    ----------
    lattice, vectors
        V: [t, k, n], n sites of space times colours.
    """

    def __init__(self, lattice: Lattice, vectors: ComplexArray) -> None:
        self.lattice, self.vectors = lattice, vectors
        self._adjoint = vectors.conj()
        self._waves: dict[tuple[int, ...], ComplexArray] = {}

    def wave(self, momentum: Sequence[int]) -> ComplexArray:
        """V(t)^dag exp(-i p x) V(t), p_i = 2 pi k_i / L_i, [t, k, k']; kept."""
        key = tuple(momentum)
        if key not in self._waves:
            phases = plane_wave(self.lattice.shape[:-1], key)
            columns = np.ascontiguousarray(self.vectors.swapaxes(1, 2))
            rows = self._adjoint.reshape(len(self.vectors), -1, len(phases), columns.shape[1] // len(phases))
            weighted = np.empty_like(rows)  # real and imaginary parts: products in an order of their own
            weighted.real = rows.real * phases.real[:, None] - rows.imag * phases.imag[:, None]
            weighted.imag = rows.real * phases.imag[:, None] + rows.imag * phases.real[:, None]
            self._waves[key] = products(weighted.reshape(self._adjoint.shape), columns)
        return self._waves[key]

    def from_time(self, quark: Quark, t0: int, tolerance: float, max_iterations: int) -> ComplexArray:
        """tau(t, t0): [t, a, b, k, j], spin a and eigenvector k at t, b and j at t0. One solve for each of the latter.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        extent, count, _ = self.vectors.shape
        spins = quark.spins
        found = np.empty((extent, spins, spins, count, count), dtype=np.complex128)
        solved = quark.propagate_all(self._sources(t0, spins), tolerance, max_iterations)
        for column, one in enumerate(solved):
            j, b = divmod(column, spins)
            psi = np.moveaxis(self.lattice.to_user(one.quark), self.lattice.d - 1, 0).reshape(extent, -1, spins)
            found[:, :, b, :, j] = products(self._adjoint, psi).swapaxes(1, 2)
        return found

    def _sources(self, t0: int, spins: int) -> Iterator[Blocks]:
        """Every eigenvector of a time slice times, running faster, every unit spinor."""
        space, count = self.lattice.shape[:-1], self.vectors.shape[1]
        n = self.vectors.shape[2] * self.lattice.shape[-1] // self.lattice.volume
        for j in range(count):
            for b in range(spins):
                eta = np.zeros((*self.lattice.shape, n, spins), dtype=np.complex128)
                eta[..., t0, :, b] = self.vectors[t0, j].reshape(*space, n)
                yield self.lattice.from_user(eta)


def plane_wave(space: Sequence[int], momentum: Sequence[int]) -> ComplexArray:
    """exp(-i p x) at the sites of space, in order; cosines of single numbers, the same on every processor."""
    sites = math.prod(space)
    steps = [k * (sites // n) for k, n in zip(momentum, space, strict=True)]
    turns = [sum(s * x for s, x in zip(steps, site, strict=True)) % sites for site in np.ndindex(*space)]
    angles = [2.0 * math.pi * turn / sites for turn in turns]
    return np.array([complex(math.cos(angle), -math.sin(angle)) for angle in angles])


def turned(wave: ComplexArray, tau: ComplexArray) -> ComplexArray:
    """wave(t) tau(t) for all spins: [t, a, b, k, j] of a wave [t, k, k']."""
    extent, spins, _, count, size = tau.shape
    every = np.repeat(wave, spins * spins, axis=0)
    return products(every, tau.reshape(-1, count, size)).reshape(extent, spins, spins, len(wave[0]), size)


def sourced(tau: ComplexArray, wave: ComplexArray) -> ComplexArray:
    """tau(t) wave^dag for all spins, wave [k, k'] being that of the time of the source."""
    every = np.broadcast_to(adjoint(wave[None]), (tau.shape[0] * tau.shape[1] ** 2, *wave.shape[::-1]))
    flat = products(np.ascontiguousarray(tau.reshape(-1, *tau.shape[3:])), np.ascontiguousarray(every))
    return flat.reshape(*tau.shape[:4], -1)


def spin_products(tau: ComplexArray, other: ComplexArray) -> ComplexArray:
    """sum_kj tau_ab,kj other_cd,kj^*: [t, a, b, c, d]."""
    extent, spins = tau.shape[:2]
    rows = np.ascontiguousarray(tau.reshape(extent, spins * spins, -1))
    columns = adjoint(np.ascontiguousarray(other.reshape(extent, spins * spins, -1)))
    return products(rows, columns).reshape(extent, *(spins,) * 4)


def as_matrices(tau: ComplexArray) -> ComplexArray:
    """[t, (k, a), (j, b)] of [t, a, b, k, j]."""
    extent, spins, _, count, size = tau.shape
    return np.ascontiguousarray(tau.transpose(0, 3, 1, 4, 2)).reshape(extent, count * spins, size * spins)
