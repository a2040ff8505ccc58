"""Links between parallel links of a lattice, by which it becomes finer (docs/physics/multiscale.md)."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.ape import unitary_part
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.gaugefixing import chosen
from lqcdnn.kernels.links import determinant, without_small_phase
from lqcdnn.kernels.simd import at, dag, hop, im, norm2, one_like, put, re, zero_like
from lqcdnn.kernels.simd.functions import where_less

NEAR, ROUNDED = 1e-6, 1e-24
"""Squared distances up to which a determinant is 1 and X^dag X is the unit matrix.

Determinants are 1, 0, or -1 of SU(N), but for rounding: next to an eigenvalue of -1 it decides on their phase.
"""


@device
def middle(A, B, special):
    """A (A^dag B)^(1/2), the projection of A + B; A where that is not unitary or, of SU(N), of another determinant."""
    X = unitary_part(0.5 * (A + B))
    z, off = determinant(X), norm2(dag(X) @ X - one_like(X))
    one, none = one_like(re(z)), zero_like(re(z))
    x, y = re(z), im(z)
    if special:
        X = without_small_phase(X)
    else:
        x, y = x * x + y * y, none
    far = (x - one) * (x - one) + y * y
    return chosen(where_less(far, NEAR * one, where_less(off, ROUNDED * one, one, none), none), X, A)


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
