"""Two-link operators of pairs of static lines, of which slabs of time slices are averages (multilevel algorithm).

A line through a slab is m numbers v_i: an SU(2) matrix its quaternion, another N x N matrix its complex entries.  The
operator T_ij(x) = <v_i(x)^* v_j(x + r)> of a slab is stored for all sites x of space side by side, [slab, r, i, j, x],
so that every loop over x is one over neighbours in memory.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel


@kernel
def add_pairs(T, near, far):
    """T[k, h, i, j, x] += near[k, i, x] far[k, j, h, x]; near holds v^*, far v at x + r of each displacement h."""
    steps, numbers, sites = T.shape[1], T.shape[2], T.shape[4]
    for task in prange(T.shape[0] * steps):
        k, h = task // steps, task % steps
        for i in range(numbers):
            for j in range(numbers):
                for x in range(sites):
                    T[k, h, i, j, x] += near[k, i, x] * far[k, j, h, x]


@kernel
def add_products(out, first, second, places, signs):
    """out[k, h] += first[k, h] second[k, h], the operator of both slabs, one after the other in time.

    Row (i, a, b) of ``places`` and its sign say that sign v_a w_b is a term of number i of the product of lines v w.
    """
    steps, sites, terms = out.shape[1], out.shape[4], len(signs)
    for task in prange(out.shape[0] * steps):
        k, h = task // steps, task % steps
        for p in range(terms):
            i, a, b = places[p]
            for q in range(terms):
                j, c, d = places[q]
                sign = signs[p] * signs[q]
                for x in range(sites):
                    out[k, h, i, j, x] += sign * (first[k, h, a, c, x] * second[k, h, b, d, x])
