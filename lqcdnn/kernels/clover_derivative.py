"""Derivative of the clover term: insertions into the leaves of each plane, and what they make of the links.

The change of a sum of Re tr(Z_p(n) Q_p(n)), Q the four leaves around a site, is found plaquette by plaquette, since a
plaquette is a leaf at each of its corners.  With the sides a, b, c, e of ``plaquette_layer``, q = a b and r = e c, and
Z_1 ... Z_4 at n, n + mu, n + mu + nu, n + nu, let Z go into q and r everywhere:

    w = Z_1 q + q Z_3 + a Z_2 b        y = Z_1^dag r + r Z_3^dag + e Z_4^dag c

Then the conjugates of the derivatives by the four links are

    of a: y b^dag + r (Z_2 b)^dag          of b: a^dag y + (a Z_2)^dag r
    of e: w c^dag + q (Z_4^dag c)^dag      of c: e^dag w + (e Z_4^dag)^dag q

These take the place of staples in ``plaquette_layer``: the first column is summed at n, the second goes to ``far``.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.plaquette_layer import slot
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    as_link,
    at,
    colors,
    component,
    dag,
    hop,
    load,
    member,
    multiply,
    multiply_both,
    place,
    put,
    room,
    rooms,
    scale,
    store,
    stream,
    zero,
)
from lqcdnn.kernels.simd.hermitian import hermitian_room, part_at, unfold


@kernel
def add_bilinear_insertions(Z, X, Y, phases, factor):
    """Z_p += factor (T - T^dag) / 8, T = sum_ab (gamma_mu gamma_nu)_ab X_b Y_a^dag.

    Re tr(Z dQ), summed over planes and sites, is then factor times the change of Re Y^dag gamma_mu gamma_nu F X.
    """
    half = phases.shape[2]
    for s in prange(Z.shape[1]):
        x, y = at(X, s), at(Y, s)
        for p in range(Z.shape[0]):
            T = zero(Z)
            for c in range(2):
                for a in range(half):
                    for b in range(half):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            outer = component(x, c * half + b) @ dag(component(y, c * half + a))
                            T += as_link(Z, times(z[0], z[1], outer))
            put(Z, (p, s), add_scaled(at(Z, p, s), 0.125 * factor, T - dag(T)))


@kernel
def add_trace_insertions(Z, inverse, phases, factor, first, last):
    """Z_p += factor (T - T^dag) / 8, T = sum_ab (gamma_mu gamma_nu)_ab (A^-1)_ba, on blocks first <= s < last.

    For factor 1 this is the derivative of -(log det A) / (kappa c_SW) by the leaves.
    """
    for s in prange(first, last):
        M, block = hermitian_room(inverse), times(1.0, 0.0, at(Z, 0, s))
        n = colors(block)
        for c in range(2):
            unfold(M, inverse, s, c)
            for p in range(Z.shape[0]):
                T = zero(Z)
                for a in range(phases.shape[2]):
                    for b in range(phases.shape[3]):
                        z = phases[p, c, a, b]
                        if z[0] != 0.0 or z[1] != 0.0:
                            T += as_link(Z, times(z[0], z[1], part_at(M, b * n, a * n, block)))
                put(Z, (p, s), add_scaled(at(Z, p, s), 0.125 * factor, T - dag(T)))


@kernel
def turn_insertions(out, Z, turns):
    """Insertions into leaves Q of those into turns[p] Q (``clover.turned_field_strength``): out_p = turns[p] Z_p."""
    for s in prange(Z.shape[1]):
        for p in range(Z.shape[0]):
            put(out, (p, s), as_link(out, scale(at(turns, p), at(Z, p, s))))


@kernel
def near_insertions(Sigma, far, Z, U, nbr):
    """Derivative of sum_(n, p) Re tr(Z_p Q_p) in two parts as in ``plaquette_layer.near_derivatives``.

    Sigma_mu(n) += that of plaquettes with lower corner n; the conjugate of the others to ``far``.
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        D, Q, R, W, Y, T = rooms(U, 4), room(U), room(U), room(U), room(U), room(U)
        ZB, ZC, AZ, EZ = room(U), room(U), room(U), room(U)
        for mu in range(d):
            store(member(D, mu), zero(U))
        p = 0
        for mu in range(d - 1):
            ahead, a = hop(nbr, mu, s), place(U, mu, s)
            for nu in range(mu + 1, d):
                up, e = hop(nbr, nu, s), place(U, nu, s)
                b, c, z1 = place(U, nu, ahead), place(U, mu, up), place(Z, p, s)
                z2, z3, z4 = place(Z, p, ahead), place(Z, p, hop(nbr, nu, ahead)), place(Z, p, up)
                multiply(Q, a, b)
                multiply(R, e, c)
                multiply(ZB, z2, b)
                multiply(ZC, dag(z4), c)
                multiply(AZ, a, z2)
                multiply(EZ, e, dag(z4))
                multiply(W, z1, Q)
                multiply(Y, dag(z1), R)
                add_multiply(W, None, Q, z3)
                add_multiply(Y, None, R, dag(z3))
                add_multiply(W, None, a, ZB)
                add_multiply(Y, None, e, ZC)
                add_multiply(member(D, mu), None, R, dag(ZB))
                add_multiply(member(D, nu), None, Q, dag(ZC))
                add_multiply(member(D, mu), None, Y, dag(b))
                add_multiply(member(D, nu), None, W, dag(c))
                multiply_both(T, dag(AZ), R, dag(a), Y)
                stream(far, (slot(d, nu, mu), s), load(T))
                multiply_both(T, dag(EZ), Q, dag(e), W)
                stream(far, (slot(d, mu, nu), s), load(T))
                p += 1
        for mu in range(d):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(member(D, mu))))
