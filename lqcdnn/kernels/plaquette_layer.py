"""Plaquette staples of all links and their derivative, from products that the links of a plaquette share.

A plaquette with lower corner n in the plane (mu, nu) has the sides a = U_mu(n), b = U_nu(n + mu), c = U_mu(n + nu)
and e = U_nu(n).  With a b and e c, each of its four staples is one more product:

    of a: (e c) b^dag     of e: (a b) c^dag     of b: a^dag (e c)     of c: e^dag (a b)

The first two are summed at n.  The others, of links that start ahead of n, are left in ``far`` at n, where a second
kernel collects them: no site writes to another.  far [d (d - 1), block]: row :func:`slot` (rho, sigma) holds the
staple of U_rho(n + sigma).  Where that goes through memory, each site makes its own staples whole:
:func:`~lqcdnn.kernels.loops.whole_staples`, or with the turn of its links ``layer.rotate_by_whole_staples``,
:func:`whole_derivatives`.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.loops import EARLY, ask_direction, ask_pieces, following
from lqcdnn.kernels.simd import (
    add_both,
    add_multiply,
    at,
    columns,
    dag,
    find_column,
    hop,
    load,
    member,
    multiply,
    multiply_both,
    pick,
    place,
    put,
    room,
    rooms,
    store,
    zero,
)


@device
def slot(d, rho, sigma):
    """Row of ``far`` of link direction rho, one step along sigma: what one neighbour reads lies side by side."""
    return sigma * (d - 1) + (rho - 1 if rho > sigma else rho)


@kernel
def near_staples(C, far, U, nbr, weight):
    """C_mu(n) = weight_mu times the staples of plaquettes with lower corner n; the others, unweighted, to ``far``."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        S, AB, EC, N = rooms(U, 4), room(U), room(U), columns(U)
        for mu in range(d):
            store(member(S, mu), zero(U))
            find_column(N, mu, U, 0, d, hop(nbr, mu, s))
        for mu in range(1, d):
            a = place(U, mu, s)
            for nu in range(mu):
                b, c, e = pick(N, mu, nu), pick(N, nu, mu), place(U, nu, s)
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
    d, total = nbr.shape[1] // 2, zero(far)
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
        AB, EC, dAB, dEC = room(U), room(U), room(U), room(U)
        N, dN = columns(U), columns(U)
        for mu in range(d):
            ahead = hop(nbr, mu, s)
            find_column(N, mu, U, 0, d, ahead)
            find_column(dN, mu, V, 0, d, ahead)
        for mu in range(1, d):
            a, da = place(U, mu, s), place(V, mu, s)
            for nu in range(mu):
                e, de = place(U, nu, s), place(V, nu, s)
                b, c, db, dc = pick(N, mu, nu), pick(N, nu, mu), pick(dN, mu, nu), pick(dN, nu, mu)
                multiply(AB, a, b)
                multiply_both(dAB, da, b, a, db)
                multiply_both(place(far, slot(d, mu, nu), s), dag(de), AB, dag(e), dAB)
                add_both(place(Sigma, nu, s), dc, dag(AB), c, dag(dAB))
                multiply(EC, e, c)
                multiply_both(dEC, de, c, e, dc)
                multiply_both(place(far, slot(d, nu, mu), s), dag(da), EC, dag(a), dEC)
                add_both(place(Sigma, mu, s), db, dag(EC), b, dag(dEC))


@kernel
def add_far_derivatives(Sigma, far, nbr):
    """Sigma_mu(n) += (D C_mu(n))^dag of what :func:`near_derivatives` left in ``far``."""
    for mu in range(Sigma.shape[0]):
        for s in prange(Sigma.shape[1]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(far_sum(far, nbr, mu, s)))


@inlined
def derivative_ahead(C, S, dS, T, dT, D, dD, U, V, nbr, twice, mu, nu, s):
    """Add S (None: no one wants it), dS and dC of the rectangles of double links D ahead of block s.

    Here and below, with U for D, V for dD and ``nbr`` for ``twice``, of the plaquettes.
    """
    up, ahead = hop(nbr, nu, s), hop(twice, mu, s)
    a, da, b, db = place(D, mu, s), place(dD, mu, s), place(U, nu, ahead), place(V, nu, ahead)
    c, dc, e, de = place(D, mu, up), place(dD, mu, up), place(U, nu, s), place(V, nu, s)
    multiply(T, c, dag(b))
    multiply(dT, dc, dag(b))
    add_multiply(dT, None, c, dag(db))
    if S is not None:
        add_multiply(S, None, e, T)
    add_multiply(C, None, da, dag(T))
    add_multiply(dS, None, de, T)
    add_multiply(C, None, a, dag(dT))
    add_multiply(dS, None, e, dT)


@inlined
def derivative_below(S, dS, T, dT, D, dD, U, V, twice, mu, nu, down):
    """Add S and dS of the rectangles on the other side of D_mu."""
    corner = hop(twice, mu, down)
    a, da, b, db = place(D, mu, down), place(dD, mu, down), place(U, nu, corner), place(V, nu, corner)
    e, de = place(U, nu, down), place(V, nu, down)
    multiply(T, a, b)
    multiply(dT, da, b)
    add_multiply(dT, None, a, db)
    if S is not None:
        add_multiply(S, None, dag(e), T)
    add_multiply(dS, None, dag(de), T)
    add_multiply(dS, None, dag(e), dT)


@inlined
def derivative_behind(C, T, dT, D, dD, a, da, U, V, nbr, mu, nu, behind):
    """Add dC of U_nu from the rectangles on its other side; a = D_mu there."""
    corner = hop(nbr, nu, behind)
    c, dc, e, de = place(D, mu, corner), place(dD, mu, corner), place(U, nu, behind), place(V, nu, behind)
    multiply(T, e, c)
    multiply(dT, e, dc)
    add_multiply(dT, None, de, c)
    add_multiply(C, None, dag(da), T)
    add_multiply(C, None, dag(a), dT)


@kernel
def whole_derivatives(Sigma, V, U, nbr, order):
    """Sigma_mu(n) += (D C_mu(n))^dag, D C the derivative of all plaquette staples in the direction dU = V.

    Seventeen products a plane in place of the fourteen of :func:`near_derivatives`, but nothing is left to other sites.
    """
    d = U.shape[0]
    for i in prange(order.size):
        s, C, T, dT = order[i], rooms(U, 4), room(U), room(U)
        later, above = hop(nbr, d - 1, following(order, i, EARLY)), hop(nbr, d - 2, following(order, i))
        for mu in range(d):
            store(member(C, mu), zero(U))
        ask_direction(U, None, Sigma, 0, s, later, above)
        ask_direction(V, None, None, 0, s, later, above)
        for mu in range(1, d):
            ask_direction(U, None, Sigma, mu, s, later, above)
            ask_direction(V, None, None, mu, s, later, above)
            behind = hop(nbr, d + mu, s)
            a, da = place(U, mu, behind), place(V, mu, behind)
            for nu in range(mu):
                own, other = member(C, mu), member(C, nu)
                ask_pieces(U, None, Sigma, mu, nu, s, later, above)
                ask_pieces(U, None, Sigma, nu, mu - 1, s, later, above)
                derivative_ahead(other, None, own, T, dT, U, V, U, V, nbr, nbr, mu, nu, s)
                ask_pieces(V, None, None, mu, nu, s, later, above)
                derivative_below(None, own, T, dT, U, V, U, V, nbr, mu, nu, hop(nbr, d + nu, s))
                ask_pieces(V, None, None, nu, mu - 1, s, later, above)
                derivative_behind(other, T, dT, U, V, a, da, U, V, nbr, mu, nu, behind)
        for mu in range(d):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(member(C, mu))))
