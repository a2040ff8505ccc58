"""Counter-based random numbers for fields: a stream is (seed, trajectory, purpose), nothing is stored.

The numbers of a site do not depend on block width, threads or what was drawn before (Philox4x32-10).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.gaussian import fill_normal
from lqcdnn.kernels.philox import fill_uniform
from lqcdnn.lattice.blocks import single_numbers
from lqcdnn.lattice.geometry import Blocks, Lattice

MOMENTUM, METROPOLIS, HOT_START, NOISE, SHUFFLE, HEATBATH, REWEIGHTING, DENSITY, LOW_MODES, GAUGE, SCALAR = range(11)
PHOTON = 11
PSEUDOFERMION = 16
"""Purposes; the i-th pseudofermion uses PSEUDOFERMION + i, the i-th noise source ``noise_purpose(i)``, the i-th sweep
of a scalar field SCALAR + (i << 8), the i-th photon field ``noise_purpose(i, PHOTON)``."""


def noise_purpose(i: int, use: int = NOISE) -> int:
    """Purpose word of the i-th noise source: its use in the lowest byte, i above it, so that each has its own numbers.

    Reweighting factors and spectral densities have uses of their own, REWEIGHTING and DENSITY: the mean of their
    product with another estimate is the product of the means only if the noise of both is independent.
    """
    return use + (i << 8)


@dataclass(frozen=True)
class Stream:
    """Random numbers of one trajectory.

    Parameters
    ----------
    seed
        0 <= seed < 2^64.
    trajectory
        0 <= trajectory < 2^32.
    first
        Seed of the stream that this one has come from by names; None: it has no name.
    """

    seed: int
    trajectory: int
    first: int | None = field(default=None, compare=False)

    def named(self, name: str) -> Stream:
        """Numbers of the same trajectory that are independent of those of this stream and of all other names."""
        digest = hashlib.sha256(f"{self.seed} {name}".encode()).digest()
        return Stream(int.from_bytes(digest[:8], "big"), self.trajectory, self.unnamed().seed)

    def unnamed(self) -> Stream:
        """The stream before it was given names: what several observables have in common."""
        return self if self.first is None else Stream(self.first, self.trajectory)

    def normal(self, lattice: Lattice, count: int, purpose: int) -> NDArray[np.float64]:
        """Normal numbers [V, count] (mean 0, variance 1), sites in block order."""
        pairs = lattice.packed(1, (count + 1) // 2)
        self.fill(lattice, pairs, 1.0, purpose)
        x = np.moveaxis(pairs["c"].reshape(lattice.blocks, -1, lattice.width), -1, 1)
        return np.ascontiguousarray(x).reshape(lattice.volume, -1)[:, :count]

    def fill(self, lattice: Lattice, out: Blocks, factor: float, purpose: int) -> None:
        """Set the numbers of a field [block, ...] in double precision to ``factor`` times those of :meth:`normal`."""
        numbers = single_numbers(out).reshape(lattice.blocks, -1)
        fill_normal(numbers, lattice.names, factor, self.trajectory, purpose, np.uint64(self.seed))

    def uniform(self, lattice: Lattice, count: int, purpose: int) -> NDArray[np.float64]:
        """Uniform numbers [V, count] in (0, 1), sites in block order."""
        out = np.empty((lattice.volume, count))
        fill_uniform(out, lattice.number, self.trajectory, purpose, np.uint64(self.seed))
        return out

    def single(self, purpose: int) -> float:
        """One uniform number in (0, 1), of site 0."""
        out = np.empty((1, 1))
        fill_uniform(out, np.zeros(1, dtype=np.int64), self.trajectory, purpose, np.uint64(self.seed))
        return float(out[0, 0])
