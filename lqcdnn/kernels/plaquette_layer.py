"""Plaquette staples of all links and their derivative, from products that the links of a plaquette share.

A plaquette with lower corner n in the plane (mu, nu) has the sides a = U_mu(n), b = U_nu(n + mu), c = U_mu(n + nu)
and e = U_nu(n).  With a b and e c, each of its four staples is one more product:

    of a: (e c) b^dag     of e: (a b) c^dag     of b: a^dag (e c)     of c: e^dag (a b)

The first two are summed at n.  The others, of links that start ahead of n, are left in ``far`` at n, where a second
kernel collects them: no site writes to another.  far [d (d - 1), block]: row :func:`slot` (rho, sigma) holds the
staple of U_rho(n + sigma).  Products are in an order in which none waits for the one before.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.simd import (
    add_multiply,
    at,
    dag,
    hop,
    load,
    member,
    multiply,
    place,
    put,
    room,
    rooms,
    store,
    zero,
)


@device
def slot(d, rho, sigma):
    """Row of ``far`` of link direction rho, one step along sigma."""
    return rho * (d - 1) + (sigma - 1 if sigma > rho else sigma)


@kernel
def near_staples(C, far, U, nbr, weight):
    """C_mu(n) = weight_mu times the staples of plaquettes with lower corner n; the others, unweighted, to ``far``."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        S, AB, EC = rooms(U, 4), room(U), room(U)
        for mu in range(d):
            store(member(S, mu), zero(U))
        for mu in range(1, d):
            ahead, a = hop(nbr, mu, s), place(U, mu, s)
            for nu in range(mu):
                b, c, e = place(U, nu, ahead), place(U, mu, hop(nbr, nu, s)), place(U, nu, s)
                multiply(AB, a, b)
                multiply(EC, e, c)
                add_multiply(member(S, mu), None, EC, dag(b))
                add_multiply(member(S, nu), None, AB, dag(c))
                multiply(place(far, slot(d, nu, mu), s), dag(a), EC)
                multiply(place(far, slot(d, mu, nu), s), dag(e), AB)
        for mu in range(d):
            put(C, (mu, s), weight[mu] * load(member(S, mu)))


@inlined
def far_sum(far, nbr, mu, s):
    """What the sites behind block s left for direction mu."""
    d, total = nbr.shape[0] // 2, zero(far)
    for nu in range(d):
        if nu != mu:
            total = total + at(far, slot(d, mu, nu), hop(nbr, d + nu, s))
    return total


@kernel
def near_derivatives(Sigma, far, V, U, nbr):
    """Derivative D C of the plaquette staples in the direction dU = V, in two parts as in :func:`near_staples`.

    Sigma_mu(n) += (D C_mu(n))^dag of the plaquettes with lower corner n; D C of the others to ``far``.
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        D, AB, EC, dAB, dEC = rooms(U, 4), room(U), room(U), room(U), room(U)
        for mu in range(d):
            store(member(D, mu), zero(U))
        for mu in range(1, d):
            ahead, a, da = hop(nbr, mu, s), place(U, mu, s), place(V, mu, s)
            for nu in range(mu):
                up, e, de = hop(nbr, nu, s), place(U, nu, s), place(V, nu, s)
                b, c, db, dc = place(U, nu, ahead), place(U, mu, up), place(V, nu, ahead), place(V, mu, up)
                below, left = place(far, slot(d, nu, mu), s), place(far, slot(d, mu, nu), s)
                multiply(AB, a, b)
                multiply(EC, e, c)
                multiply(dAB, da, b)
                multiply(dEC, de, c)
                add_multiply(dAB, None, a, db)
                add_multiply(dEC, None, e, dc)
                multiply(below, dag(da), EC)
                multiply(left, dag(de), AB)
                add_multiply(member(D, mu), None, EC, dag(db))
                add_multiply(member(D, nu), None, AB, dag(dc))
                add_multiply(below, None, dag(a), dEC)
                add_multiply(left, None, dag(e), dAB)
                add_multiply(member(D, mu), None, dEC, dag(b))
                add_multiply(member(D, nu), None, dAB, dag(c))
        for mu in range(d):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(member(D, mu))))


@kernel
def add_far_derivatives(Sigma, far, nbr):
    """Sigma_mu(n) += (D C_mu(n))^dag of what :func:`near_derivatives` left in ``far``."""
    for s in prange(Sigma.shape[1]):
        for mu in range(Sigma.shape[0]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(far_sum(far, nbr, mu, s)))
