"""Extended staples, weighted with a number for each, and their derivatives: a layer with attention (arXiv:2501.16955).

The directed link of one of the 2 d sides is E_nu(n) = U_nu(n) ahead, E_{d + nu}(n) = U_nu(n - nu)^dag behind.  With S_0
= U_mu the staple of the link U_mu(n) that goes k links to a side, one along mu and k back is

    S_k(n) = E_side(n) S_{k-1}(n + side) E_side(n + mu)^dag

Numbers, one for each site, are fields of momenta of U(1), [row, block]: row (2 (d - 1) mu + j) reach + k - 1 belongs to
S_k on the j-th side of mu (:func:`side_of`).  ``work`` [reach + WORK, block], for one side: S_1, ..., S_{reach - 1},
then what derivatives take.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, inner, kernel
from lqcdnn.kernels.loops import next_block
from lqcdnn.kernels.rectangles import conjugated
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    ask,
    at,
    cplx,
    dag,
    hop,
    im,
    load,
    multiply,
    one_like,
    place,
    put,
    redots,
    room,
    store,
    stream,
    zero,
    zero_like,
)
from lqcdnn.kernels.simd.functions import tangent

WORK = 2
"""Rows of ``work`` beside one for each length of a staple."""

CACHED = 2**22
"""Bytes of directed links up to which asking ahead takes longer than it saves."""


@device
def side_of(d, mu, j):
    """The j-th of the 2 (d - 1) sides of mu: those ahead, then those behind."""
    nu = j % (d - 1)
    nu += 1 if nu >= mu else 0
    return nu if j < d - 1 else d + nu


@inner
def direct_links(E, U, nbr):
    """E_nu(n) = U_nu(n), E_{d + nu}(n) = U_nu(n - nu)^dag."""
    d = U.shape[0]
    for nu in range(d):
        for s in prange(U.shape[1]):
            stream(E, (nu, s), at(U, nu, s))
            stream(E, (d + nu, s), dag(at(U, nu, hop(nbr, d + nu, s))))


@inner
def add_directed(Sigma, dE, nbr):
    """Sigma_nu += derivatives by U_nu from those by the directed links."""
    d = Sigma.shape[0]
    for nu in range(d):
        for s in prange(Sigma.shape[1]):
            put(Sigma, (nu, s), at(Sigma, nu, s) + at(dE, nu, s) + dag(at(dE, d + nu, hop(nbr, nu, s))))


@inlined
def find_inner(work, k, E, nbr, mu, side, s):
    """Where S_k(n + side) is."""
    there = hop(nbr, side, s)
    return place(E, mu, there) if k == 0 else place(work, k - 1, there)


@device
def ask_side(E, nbr, mu, side, s):
    """Ask for the links that block s reads for a side, where they come from memory."""
    if E.nbytes > CACHED:
        ask(E, mu, hop(nbr, side, s))
        ask(E, side, hop(nbr, mu, s))


@inner
def extend_staples(sums, products, work, weight, factor, Y, E, nbr, mu, side, first, reach, conjugate):
    """sums_mu += factor weight S_k, or S_k^dag, products = Re tr(Y_mu^dag S_k), k = 1, ..., reach; none if empty.

    Of one side, whose numbers begin with row ``first``; S_k for k < reach to ``work``.
    """
    for k in range(reach):
        for s in prange(E.shape[1]):
            T, S = room(E), room(E)
            ask_side(E, nbr, mu, side, next_block(E, s))
            multiply(T, place(E, side, s), find_inner(work, k, E, nbr, mu, side, s))
            multiply(S, T, dag(place(E, side, hop(nbr, mu, s))))
            staple = load(S)
            if k + 1 < reach:
                put(work, (k, s), staple)
            if products.size:
                x = redots(at(Y, mu, s), staple)
                put(products, (first + k, s), cplx(zero_like(x), x))
            if sums.size:
                w = factor * im(at(weight, first + k, s))
                put(sums, (mu, s), add_scaled(at(sums, mu, s), w, conjugated(staple, conjugate)))


@inner
def hand_down(dE, work, weight, factor, Y, E, nbr, mu, side, first, reach):
    """dE += derivatives of factor sum weight Re tr(Y_mu^dag S_k) by the links of one side and by those inside.

    A_k, that of Re tr(A_k dS_k), is factor weight Y^dag and what S_{k+1} hands down:
    A_k(n + side) = ... + E_side(n + mu)^dag A_{k+1}(n) E_side(n).
    """
    d = Y.shape[0]
    opposite, far, down = (side + d) % (2 * d), reach - 1, reach
    for k in range(reach - 1, -1, -1):
        for s in prange(E.shape[1]):
            A, L, T = room(E), room(E), room(E)
            ask_side(E, nbr, mu, side, next_block(E, s))
            handed, own, back = zero(E), place(E, side, s), dag(place(E, side, hop(nbr, mu, s)))
            if k + 1 < reach:
                handed = at(work, down + (k + 1) % 2, hop(nbr, opposite, s))
            else:
                put(work, (far, s), zero(E))
            store(A, add_scaled(handed, factor * im(at(weight, first + k, s)), load(dag(place(Y, mu, s)))))
            multiply(L, back, A)
            multiply(T, A, own)
            multiply(place(work, down + k % 2, s), L, own)
            inner = find_inner(work, k, E, nbr, mu, side, s)
            add_multiply(place(dE, side, s), None, inner, L)
            add_multiply(place(work, far, s), None, T, inner)
    for s in prange(E.shape[1]):
        put(dE, (mu, s), at(dE, mu, s) + at(work, down, hop(nbr, opposite, s)))
        put(dE, (side, s), at(dE, side, s) + dag(at(work, far, hop(nbr, d + mu, s))))


@device
def extended_staples(C, products, work, weight, Y, E, nbr, reach):
    """C_mu += sum weight S_k, products = Re tr(Y_mu^dag S_k), over all sides and k = 1, ..., reach; none if empty."""
    d, sides = Y.shape[0], 2 * (Y.shape[0] - 1)
    for mu in range(d):
        for j in range(sides):
            side, first = side_of(d, mu, j), (sides * mu + j) * reach
            extend_staples(C, products, work, weight, 1.0, Y, E, nbr, mu, side, first, reach, False)


@device
def extended_derivatives(dE, dY, products, work, weight, factor, Y, E, nbr, reach):
    """dE += derivatives by directed links, dY those by Y, of factor sum weight Re tr(Y_mu^dag S_k).

    The Re tr go to ``products``; there is no dY, or are no products, if empty.
    """
    d, sides = Y.shape[0], 2 * (Y.shape[0] - 1)
    for mu in range(d):
        for j in range(sides):
            side, first = side_of(d, mu, j), (sides * mu + j) * reach
            extend_staples(dY, products, work, weight, factor, Y, E, nbr, mu, side, first, reach, True)
            hand_down(dE, work, weight, factor, Y, E, nbr, mu, side, first, reach)


@inner
def tangents(out, x, y, factor):
    """out = tan(factor (x - y)) of numbers, |factor (x - y)| < pi / 2."""
    for row in range(out.shape[0]):
        for s in prange(out.shape[1]):
            a = tangent(factor * (im(at(x, row, s)) - im(at(y, row, s))))
            put(out, (row, s), cplx(zero_like(a), a))


@inner
def tangent_slopes(out, a, factor):
    """out <- out times the derivative of a = tan(factor x) by x."""
    for row in range(out.shape[0]):
        for s in prange(out.shape[1]):
            y = im(at(a, row, s))
            slope = factor * add_scaled(one_like(y), y, y)
            put(out, (row, s), cplx(zero_like(y), slope * im(at(out, row, s))))


@kernel
def turn_others(out, W_out, W, U):
    """out = e^Q U from W_out = e^Q W: links are turned by an exponential that was made of other links W.

    As U + (W_out - W) W^dag U: with Q = 0 these are the bits of U.
    """
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            T, D = room(U), room(U)
            store(D, at(W_out, mu, s) - at(W, mu, s))
            multiply(T, dag(place(W, mu, s)), place(U, mu, s))
            put(out, (mu, s), at(U, mu, s))
            add_multiply(place(out, mu, s), None, D, T)


@kernel
def derivative_of_turn(out, W, U, Sigma):
    """W^dag U Sigma: what a pullback from W_out to W takes for the part of dS = Re tr(Sigma d(e^Q) U)."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            T = room(U)
            multiply(T, dag(place(W, mu, s)), place(U, mu, s))
            multiply(place(out, mu, s), T, place(Sigma, mu, s))


@kernel
def pull_others(Sigma_U, Sigma_W, Sigma, W_out, W, U):
    """Pullback of :func:`turn_others`: Sigma_U += Sigma e^Q, Sigma_W -= W^dag U Sigma e^Q.

    Sigma_W is the pullback of :func:`derivative_of_turn` from W_out to W, as if e^Q turned W as well.
    """
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            D, T, G = room(U), room(U), room(U)
            store(D, at(W_out, mu, s) - at(W, mu, s))
            multiply(T, place(Sigma, mu, s), D)
            store(D, at(Sigma, mu, s))
            add_multiply(D, None, T, dag(place(W, mu, s)))
            put(Sigma_U, (mu, s), at(Sigma_U, mu, s) + load(D))
            multiply(G, dag(place(W, mu, s)), place(U, mu, s))
            add_multiply(place(Sigma_W, mu, s), -1.0, G, D)
