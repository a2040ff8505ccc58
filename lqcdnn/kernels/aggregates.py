"""Between a lattice and its aggregates: prolongation P and restriction P^dag of a multigrid (arXiv:1005.3043).

P holds n test vectors, orthonormal on each aggregate and for each chirality: record array [slot, component] of 1 x 1
matrices with one *lane* for each test vector, so that a component of a spinor meets all of them at once.  A slot is
a site, in the order of the tables of ``lattice.aggregates``; a component is colour S + spin, S = 2 ``half``.  Spinors
are given as their numbers [block, component, (re, im), lane], P once more as ``numbers`` [slot, component, (re, im),
vector].  Coarse vectors are [aggregate, chirality] here.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.simd import add_scaled, at, dag, put, scale, zero
from lqcdnn.kernels.simd.lanesum import lane_products


@kernel
def take(numbers, x, place, vector):
    """Set one test vector of P to a spinor."""
    W = x.shape[3]
    for s in prange(numbers.shape[0]):
        block, lane = divmod(place[s], W)
        for q in range(numbers.shape[1]):
            for part in range(2):
                numbers[s, q, part, vector] = x[block, q, part, lane]


@kernel
def give(upper, lower, numbers, place, vector, half):
    """One test vector of P as two spinors, its parts of chirality 1 and -1."""
    W = upper.shape[3]
    nothing = np.float32(0.0)
    for s in prange(numbers.shape[0]):
        block, lane = divmod(place[s], W)
        for q in range(numbers.shape[1]):
            first = q // half % 2 == 0
            for part in range(2):
                x = numbers[s, q, part, vector]
                upper[block, q, part, lane] = x if first else nothing
                lower[block, q, part, lane] = nothing if first else x


@kernel
def orthonormalize(P, R, numbers, sizes, later, first, slots, half):
    """Gram and Schmidt's process for each aggregate and chirality; a vector without anything left becomes 0.

    ``later[i]`` has ones in the lanes after i.  Each vector is taken off all later ones at once.  P was P R: lanes of R
    [aggregate n + vector, chirality] are the vectors it was made of, ``sizes`` its numbers.
    """
    n = numbers.shape[3]
    for a in prange(first.shape[0] - 1):
        for chirality in range(2):
            for i in range(n):
                norm = 0.0
                for k in range(first[a], first[a + 1]):
                    s = slots[k]
                    for c in range(chirality * half, numbers.shape[1], 2 * half):
                        for q in range(c, c + half):
                            norm += numbers[s, q, 0, i] ** 2 + numbers[s, q, 1, i] ** 2
                factor = np.float32(1.0 / math.sqrt(norm) if norm > 0.0 else 0.0)
                A, B = zero(P), zero(P)
                for k in range(first[a], first[a + 1]):
                    s = slots[k]
                    for c in range(chirality * half, numbers.shape[1], 2 * half):
                        for q in range(c, c + half):
                            numbers[s, q, 0, i] *= factor
                            numbers[s, q, 1, i] *= factor
                            A = add_scaled(A, numbers[s, q, 0, i], at(P, s, q))
                            B = add_scaled(B, numbers[s, q, 1, i], at(P, s, q))
                G = scale(at(later, i), A - times(0.0, 1.0, B))  # <v_i, v_j> for all j > i
                put(R, (a * n + i, chirality), G)
                sizes[a * n + i, chirality, 0, i] = math.sqrt(norm)
                H = times(0.0, 1.0, G)
                for k in range(first[a], first[a + 1]):
                    s = slots[k]
                    for c in range(chirality * half, numbers.shape[1], 2 * half):
                        for q in range(c, c + half):
                            X = add_scaled(at(P, s, q), -numbers[s, q, 0, i], G)
                            put(P, (s, q), add_scaled(X, -numbers[s, q, 1, i], H))


@kernel
def restrict(out, P, x, place, first, slots, half):
    """out = P^dag x, with the sites of x that are in the slots of the table (``first``, ``slots``)."""
    W = x.shape[3]
    for a in prange(out.shape[0]):
        A, B, C, D = zero(P), zero(P), zero(P), zero(P)
        for k in range(first[a], first[a + 1]):
            s = slots[k]
            block, lane = divmod(place[s], W)
            for c in range(0, x.shape[1], 2 * half):
                for q in range(c, c + half):
                    v = at(P, s, q)
                    A = add_scaled(A, x[block, q, 0, lane], v)
                    B = add_scaled(B, x[block, q, 1, lane], v)
                    v = at(P, s, q + half)
                    C = add_scaled(C, x[block, q + half, 0, lane], v)
                    D = add_scaled(D, x[block, q + half, 1, lane], v)
        put(out, (a, 0), dag(A - times(0.0, 1.0, B)))
        put(out, (a, 1), dag(C - times(0.0, 1.0, D)))


@kernel
def prolong(x, P, c, place, first, slots, half):
    """x = P c on the sites in the slots of the table."""
    W = x.shape[3]
    for a in prange(c.shape[0]):
        upper, lower = at(c, a, 0), at(c, a, 1)
        for k in range(first[a], first[a + 1]):
            s = slots[k]
            block, lane = divmod(place[s], W)
            for p in range(0, x.shape[1], 2 * half):
                for q in range(p, p + half):
                    re, im = lane_products(at(P, s, q), upper)
                    x[block, q, 0, lane], x[block, q, 1, lane] = re, im
                    re, im = lane_products(at(P, s, q + half), lower)
                    x[block, q + half, 0, lane], x[block, q + half, 1, lane] = re, im
