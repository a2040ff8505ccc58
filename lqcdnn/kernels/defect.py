"""Paths from some sites alone: what loops through a defect, or a corner of a twisted lattice, add to fields."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.paths import path_sum
from lqcdnn.kernels.simd import dag, hop, put, tr
from lqcdnn.kernels.simd.scatter import add_sites, put_sites


@kernel
def add_gradients(Sigma, U, nbr, vectors, direction, part, program, weight, start):
    """Sigma_mu(n) <- Sigma_mu(n) + (sum of weighted paths)^dag, mu = direction[i], at the sites n of vector i.

    Its paths are the part part[i] of the program; no link occurs in two vectors.
    """
    for i in prange(vectors.shape[0]):
        x, k = hop(vectors, 0, i), part[i]
        add_sites(Sigma, direction[i], x, dag(path_sum(U, nbr, program, weight, start[k], start[k + 1], x)))


@kernel
def add_staples(C, U, nbr, vectors, direction, part, program, weight, start):
    """C_mu(n) <- C_mu(n) + sum of weighted paths, as :func:`add_gradients`."""
    for i in prange(vectors.shape[0]):
        x, k = hop(vectors, 0, i), part[i]
        add_sites(C, direction[i], x, path_sum(U, nbr, program, weight, start[k], start[k + 1], x))


@kernel
def put_field_strengths(F, U, nbr, vectors, plane, part, program, weight, start):
    """F_p(n) = (Q - Q^dag) / 8, p = plane[i], Q the paths of the part part[i], at the sites n of vector i."""
    for i in prange(vectors.shape[0]):
        x, k = hop(vectors, 0, i), part[i]
        Q = path_sum(U, nbr, program, weight, start[k], start[k + 1], x)
        put_sites(F, plane[i], x, 0.125 * (Q - dag(Q)))


@kernel
def traces(out, U, nbr, vectors, part, program, weight, start):
    """out[i] = tr of the closed paths of the part part[i] of a program from the sites of vector i."""
    for i in prange(vectors.shape[0]):
        k = part[i]
        put(out, i, tr(path_sum(U, nbr, program, weight, start[k], start[k + 1], hop(vectors, 0, i))))
