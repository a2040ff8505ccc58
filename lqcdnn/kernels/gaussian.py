"""Normal numbers of sites, W sites at once, and what is made of them: vectors, spinors, momenta.

The numbers are those of the counters (site, pair, trajectory, purpose) of ``philox``, with logarithm, cosine and sine
from arithmetic alone (``simd.functions``): the same bits on every machine with fused multiply-add.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, cplx, hop, im, lane_sqrt, put, re, zero
from lqcdnn.kernels.simd.functions import circle, log
from lqcdnn.kernels.simd.philox import uniforms


@kernel
def fill_normal(out, names, factor, trajectory, purpose, seed):
    """out[s, k] = factor (x + i y), x and y normal with mean 0 and variance 1 (Box-Muller), for the sites names[0, s].

    out holds 1 x 1 matrices.
    """
    for s in prange(out.shape[0]):
        name = hop(names, 0, s)
        for k in range(out.shape[1]):
            u, v = uniforms(name, k, trajectory, purpose, seed)
            r = (-factor) * lane_sqrt(-2.0 * log(u))  # circle is turned by pi
            c, z = circle(v)
            put(out, (s, k), cplx(r * c, r * z))


@kernel
def sum_generators(P, pairs, number, generator, coefficient, dimension):
    """P[mu, s, k] = i sum over number_j = k of coefficient_j x[mu dimension + generator_j], x_0 + i x_1, .. = pairs[s].

    P holds 1 x 1 antihermitian matrices, the stored numbers of larger ones; pairs holds 1 x 1 matrices.
    """
    for s in prange(P.shape[1]):
        for mu in range(P.shape[0]):
            for e in range(P.shape[2]):
                put(P, (mu, s, e), zero(P))
            for j in range(number.size):
                k = mu * dimension + generator[j]
                z = at(pairs, s, k // 2)
                x = im(z) if k % 2 else re(z)
                put(P, (mu, s, number[j]), at(P, mu, s, number[j]) + cplx(0.0 * x, coefficient[j] * x))
