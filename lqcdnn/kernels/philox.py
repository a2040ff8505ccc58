"""Philox4x32-10 counter-based random numbers (Salmon, Moraes, Dror, Shaw, SC11).

counter = (site, draw, trajectory, purpose), key = seed: no state to store, and the numbers do not depend on
threads, block width or interruption.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import device, kernel

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
MASK, SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
BELOW_ONE = 1.0 - 2.0**-53


@device
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Ten rounds on four 32-bit words (held in uint64)."""
    for _ in range(10):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & MASK, (p0 >> SHIFT) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + W0) & MASK, (k1 + W1) & MASK
    return c0, c1, c2, c3


@device
def unit_interval(high, low):
    """Uniform in (0, 1) with 53 bits; the uppermost number, which would round to 1, stays below it."""
    return min((np.float64(((high << SHIFT) | low) >> np.uint64(11)) + 0.5) * 2.0**-53, BELOW_ONE)


@device
def uniform_pair(site, draw, trajectory, purpose, seed):
    """Two uniform numbers of one counter."""
    a, b, c, d = philox4x32(
        np.uint64(site) & MASK,
        np.uint64(draw) & MASK,
        np.uint64(trajectory) & MASK,
        np.uint64(purpose) & MASK,
        np.uint64(seed) & MASK,
        np.uint64(seed) >> SHIFT,
    )
    return unit_interval(a, b), unit_interval(c, d)


@kernel
def fill_uniform(out, sites, trajectory, purpose, seed):
    """out[i, k] uniform in (0, 1) for site sites[i]; draws are numbered by k // 2."""
    for i in prange(out.shape[0]):
        for k in range(0, out.shape[1], 2):
            u, v = uniform_pair(sites[i], k // 2, trajectory, purpose, seed)
            out[i, k] = u
            if k + 1 < out.shape[1]:
                out[i, k + 1] = v
