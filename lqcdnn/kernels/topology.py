"""Topological charge: plaquettes of the two-dimensional lattice, and tr F F~ of a field strength in d = 4."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, put, redot, ta, tr


@kernel
def plane_plaquettes(P, U, nbr):
    """P(n) = U_0(n) U_1(n+0) U_0(n+1)^dag U_1(n)^dag."""
    for s in prange(U.shape[1]):
        lower = at(U, 0, s) @ at(U, 1, hop(nbr, 0, s))
        upper = at(U, 1, s) @ at(U, 0, hop(nbr, 1, s))
        put(P, s, lower @ dag(upper))


@kernel
def charge_sums(part, F):
    """part[s] = sum over a block of -tr(F_01 F_23 - F_02 F_13 + F_03 F_12), F without its trace for N > 1.

    F is antihermitian, [plane, block], with the planes in the order 01, 02, 03, 12, 13, 23.
    """
    for s in prange(F.shape[1]):
        r = redot(ta(at(F, 0, s)), ta(at(F, 5, s)))
        r -= redot(ta(at(F, 1, s)), ta(at(F, 4, s)))
        part[s] = r + redot(ta(at(F, 2, s)), ta(at(F, 3, s)))


@kernel
def charge_density(q, F):
    """q[s] = what :func:`charge_sums` adds up, at each site: a field of real numbers."""
    for s in prange(F.shape[1]):
        X = tr(dag(ta(at(F, 0, s))) @ ta(at(F, 5, s)))
        X = X - tr(dag(ta(at(F, 1, s))) @ ta(at(F, 4, s)))
        put(q, s, X + tr(dag(ta(at(F, 2, s))) @ ta(at(F, 3, s))))
