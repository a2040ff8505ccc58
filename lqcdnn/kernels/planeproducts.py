"""Products of the field strengths of two planes, of which densities like the energy-momentum tensor are made."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, put, redot, ta, tr


@kernel
def product_sums(part, F, pairs):
    """part[s, k] = sum over a block of -tr(F_p F_q), (p, q) = pairs[k], F without its trace for N > 1.

    F is antihermitian, [plane, block].
    """
    for s in prange(F.shape[1]):
        for k in range(pairs.shape[0]):
            part[s, k] = redot(ta(at(F, pairs[k, 0], s)), ta(at(F, pairs[k, 1], s)))


@kernel
def product_density(out, F, pairs):
    """out[k, s] = what :func:`product_sums` adds up, at each site: fields of real numbers."""
    for s in prange(F.shape[1]):
        for k in range(pairs.shape[0]):
            put(out, (k, s), tr(dag(ta(at(F, pairs[k, 0], s))) @ ta(at(F, pairs[k, 1], s))))
