"""Links between parallel links of a lattice, by which it becomes finer (docs/physics/multiscale.md)."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.ape import unitary_part
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.gaugefixing import chosen
from lqcdnn.kernels.links import determinant, without_small_phase
from lqcdnn.kernels.simd import at, dag, hop, im, one_like, put, re, zero_like
from lqcdnn.kernels.simd.functions import where_less

NEAR = 0.1
"""Squared distance from 1 up to which a determinant is that of a matrix in the group: others are 0, or -1 of SU(N)."""


@device
def middle(A, B, special):
    """A (A^dag B)^(1/2), the projection of A + B; A where that is not unitary or, of SU(N), of determinant -1."""
    X = unitary_part(0.5 * (A + B))
    z = determinant(X)
    one = one_like(re(z))
    x, y = re(z), im(z)
    if not special:
        x, y = x * x + y * y, zero_like(y)
    far = (x - one) * (x - one) + y * y
    if special:
        X = without_small_phase(X)
    return chosen(where_less(far, NEAR * one, one, zero_like(one)), X, A)


@kernel
def links_between(out, U, nbr, mu, special):
    """Links of the sites half-way from n to n + mu, in the gauge where the half links are U_mu(n) and 1.

    out_nu(n) = :func:`middle` of U_mu(n)^dag U_nu(n) U_mu(n + nu) and U_nu(n + mu), out_mu(n) = 1.
    """
    for s in prange(U.shape[1]):
        V, ahead = at(U, mu, s), hop(nbr, mu, s)
        for nu in range(U.shape[0]):
            if nu == mu:
                put(out, (nu, s), one_like(V))
            else:
                near = dag(V) @ at(U, nu, s) @ at(U, mu, hop(nbr, nu, s))
                put(out, (nu, s), middle(near, at(U, nu, ahead), special))
