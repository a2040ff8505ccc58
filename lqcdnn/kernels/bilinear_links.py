"""Derivatives by the links of what bilinear layers make of them, see :mod:`lqcdnn.kernels.bilinear_layer`.

Sigma collects them, dP = Re tr(Sigma dU).  A matrix that is carried along a way D, T = D W D^dag, with the derivative
Re tr(A dT), has at fixed W

    Re tr(A dT) = Re tr(Q dD D^dag),   Q = T A + T^dag A^dag

and dD D^dag is the sum over the links of the way of L dU_k U_k^dag L^dag, L the way to the beginning of the link: Q
carried along L to the link is the derivative by dU_k U_k^dag.  A loop around the lattice is a way with D^dag in place
of T: Q = W G.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.bilinear_layer import go_on
from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import (
    add_multiply,
    at,
    dag,
    hop,
    load,
    multiply,
    one,
    place,
    put,
    room,
    sites,
    store,
    zero,
)


@kernel
def way_derivatives(Q, A, W, U, nbr, side, steps):
    """Q = sum_c T_c A_c + T_c^dag A_c^dag of a way of some steps to a side (mu ahead, d + mu behind)."""
    for s in prange(U.shape[1]):
        D, Y, T, total, x = room(U), room(U), room(U), room(U), sites(nbr, s)
        store(D, one(U))
        store(total, zero(U))
        for _ in range(steps):
            x = go_on(D, U, nbr, side, x)
        for c in range(W.shape[0]):
            multiply(Y, D, place(W, c, x))
            multiply(T, Y, dag(D))
            add_multiply(total, None, T, place(A, c, s))
            add_multiply(total, None, dag(T), dag(place(A, c, s)))
        put(Q, s, load(total))


@kernel
def loop_derivatives(Q, W, G, c):
    """Q = W_c G_c of a loop around the lattice."""
    for s in prange(W.shape[1]):
        T = room(W)
        multiply(T, place(W, c, s), place(G, c, s))
        put(Q, s, load(T))


@kernel
def add_way_gradient(Sigma, Q, U, nbr, side, steps):
    """Sigma += derivatives by the links of the ways of some steps to a side from all sites.

    Ahead, of the link at x the sum over its ways of U^dag L^dag Q(x - k mu) L, k = 0, ..., steps - 1; behind, of
    (L^dag Q(x + k mu) L)^dag U^dag, k = 1, ..., steps, with L from there to x + mu.
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        mu = side if side < d else side - d
        F, Y, total, x = room(U), room(U), room(U), sites(nbr, s)
        store(F, one(U))
        store(total, zero(U))
        if side >= d:
            x = hop(nbr, mu, x)
        for k in range(steps):
            if side < d:  # F^dag Q F, F from x - k mu to the link
                multiply(Y, dag(F), place(Q, x))
                add_multiply(total, None, Y, F)
                if k + 1 < steps:
                    x = hop(nbr, d + mu, x)
                    multiply(Y, place(U, mu, x), F)
                    store(F, load(Y))
            else:  # F Q F^dag, F from x + mu ahead
                multiply(Y, F, place(Q, x))
                add_multiply(total, None, Y, dag(F))
                if k + 1 < steps:
                    multiply(F, F, place(U, mu, x))
                    x = hop(nbr, mu, x)
        if side < d:
            add_multiply(place(Sigma, mu, s), None, dag(place(U, mu, s)), total)
        else:
            add_multiply(place(Sigma, mu, s), None, dag(total), dag(place(U, mu, s)))


@kernel
def add_plaquette_channel_gradient(Sigma, G, U, nbr):
    """Sigma += derivatives of the plaquettes put in, W_p = U_a U_b U_a^dag U_b^dag for each plane a < b."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        X, Y = room(U), room(U)
        p = 0
        for b in range(1, d):
            for a in range(b):
                ahead, above = hop(nbr, a, s), hop(nbr, b, s)
                left, below = hop(nbr, d + a, s), hop(nbr, d + b, s)
                multiply(X, place(U, b, ahead), dag(place(U, a, above)))  # U_a(n), of the plaquette at n
                multiply(Y, X, dag(place(U, b, s)))
                add_multiply(place(Sigma, a, s), None, Y, place(G, p, s))
                multiply(Y, place(U, a, s), X)  # U_b(n)^dag, of the plaquette at n
                multiply(X, place(G, p, s), Y)
                put(Sigma, (b, s), at(Sigma, b, s) + dag(load(X)))
                multiply(X, dag(place(U, b, below)), place(G, p, below))  # U_a(n)^dag, of that below
                multiply(Y, X, place(U, a, below))
                multiply(X, Y, place(U, b, hop(nbr, a, below)))
                put(Sigma, (a, s), at(Sigma, a, s) + dag(load(X)))
                multiply(X, dag(place(U, a, hop(nbr, b, left))), dag(place(U, b, left)))  # U_b(n), of that to the left
                multiply(Y, X, place(G, p, left))
                multiply(X, Y, place(U, a, left))
                put(Sigma, (b, s), at(Sigma, b, s) + load(X))
                p += 1
