"""A layer with attention of reach one: staples, each times a number, and their derivatives, as parts of plaquettes.

A plaquette with lower corner n in the plane p = (mu, nu), mu > nu, has the links

    a = U_mu(n), b = U_nu(n + mu), c = U_mu(n + nu), e = U_nu(n),

and its four staples share a b and e c with one another.  Numbers stand at the corner, as fields of momenta of U(1): row
``count`` p + i [block] belongs to the i-th of these links, of ``count`` = 4 numbers a plane; where all four are the
same there is one.  The planes follow each other as in :func:`~lqcdnn.kernels.loops.plaquette_sums`.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import inlined, inner
from lqcdnn.kernels.loops import EARLY, ask_direction, ask_pieces, following
from lqcdnn.kernels.plaquette_layer import slot
from lqcdnn.kernels.simd import (
    add_both,
    add_scaled,
    at,
    cplx,
    dag,
    hop,
    im,
    load,
    member,
    multiply,
    multiply_both,
    one_like,
    place,
    put,
    redots,
    room,
    rooms,
    store,
    stream,
    zero,
    zero_like,
)
from lqcdnn.kernels.simd.functions import tangent


@inlined
def number(w, count, p, i, s):
    """That of the i-th link of plane p."""
    return im(at(w, count * p + min(i, count - 1), s))


@inlined
def put_number(out, row, s, x):
    """out[row, s] = x."""
    put(out, (row, s), cplx(zero_like(x), x))


@inlined
def put_trace(out, row, s, X, Y):
    """out[row, s] = Re tr(X^dag Y), unless it is None."""
    if out is not None:
        put_number(out, row, s, redots(load(X), load(Y)))


@inlined
def add_to(sums, mu, w, X):
    """Add w X to the mu-th of the sums."""
    store(member(sums, mu), add_scaled(load(member(sums, mu)), w, load(X)))


@inner
def near_attention(out, Q, K, U, nbr, order, factor):
    """tan(factor (Re tr of the plaquette of K with one link taken from Q, less that of U)), four numbers a plane."""
    d = U.shape[0]
    for block in prange(order.size):
        s, AB, EC, T = order[block], room(U), room(U), room(U)
        later, above = hop(nbr, d - 1, following(order, block, EARLY)), hop(nbr, d - 2, following(order, block))
        ask_direction(Q, None, None, 0, s, later, above)
        ask_direction(K, None, None, 0, s, later, above)
        ask_direction(U, None, None, 0, s, later, above)
        p = 0
        for mu in range(1, d):
            ahead = hop(nbr, mu, s)
            ask_direction(Q, None, None, mu, s, later, above)
            ask_direction(K, None, None, mu, s, later, above)
            ask_direction(U, None, None, mu, s, later, above)
            for nu in range(mu):
                up = hop(nbr, nu, s)
                ask_pieces(Q, None, None, mu, nu, s, later, above)
                ask_pieces(Q, None, None, nu, mu - 1, s, later, above)
                ask_pieces(K, None, None, mu, nu, s, later, above)
                ask_pieces(K, None, None, nu, mu - 1, s, later, above)
                ask_pieces(U, None, None, mu, nu, s, later, above)
                ask_pieces(U, None, None, nu, mu - 1, s, later, above)
                multiply(AB, place(U, mu, s), place(U, nu, ahead))
                multiply(EC, place(U, nu, s), place(U, mu, up))
                usual = redots(load(AB), load(EC))
                a, b, c, e = place(K, mu, s), place(K, nu, ahead), place(K, mu, up), place(K, nu, s)
                multiply(AB, a, b)
                multiply(EC, e, c)
                multiply(T, place(Q, mu, s), b)
                put_number(out, 4 * p, s, tangent(factor * (redots(load(T), load(EC)) - usual)))
                multiply(T, a, place(Q, nu, ahead))
                put_number(out, 4 * p + 1, s, tangent(factor * (redots(load(T), load(EC)) - usual)))
                multiply(T, e, place(Q, mu, up))
                put_number(out, 4 * p + 2, s, tangent(factor * (redots(load(AB), load(T)) - usual)))
                multiply(T, place(Q, nu, s), c)
                put_number(out, 4 * p + 3, s, tangent(factor * (redots(load(AB), load(T)) - usual)))
                p += 1


@inlined
def weighted_staples(C, T, S, w, count, U, nbr, order, block):
    """C <- the sums of the staples of each link of a block, each times its number; C d rooms, T and S rooms."""
    d, s = U.shape[0], order[block]
    later, above = hop(nbr, d - 1, following(order, block, EARLY)), hop(nbr, d - 2, following(order, block))
    for mu in range(d):
        store(member(C, mu), zero(U))
    ask_direction(U, None, None, 0, s, later, above)
    p = 0
    for mu in range(1, d):
        ask_direction(U, None, None, mu, s, later, above)
        ahead, behind = hop(nbr, mu, s), hop(nbr, d + mu, s)
        for nu in range(mu):
            up, down = hop(nbr, nu, s), hop(nbr, d + nu, s)
            ask_pieces(U, None, None, mu, nu, s, later, above)
            ask_pieces(U, None, None, nu, mu - 1, s, later, above)
            multiply(T, place(U, mu, up), dag(place(U, nu, ahead)))
            multiply(S, place(U, nu, s), T)
            add_to(C, mu, number(w, count, p, 0, s), S)
            multiply(S, place(U, mu, s), dag(T))
            add_to(C, nu, number(w, count, p, 3, s), S)
            multiply(T, place(U, mu, down), place(U, nu, hop(nbr, mu, down)))
            multiply(S, dag(place(U, nu, down)), T)
            add_to(C, mu, number(w, count, p, 2, down), S)
            multiply(T, place(U, nu, behind), place(U, mu, hop(nbr, nu, behind)))
            multiply(S, dag(place(U, mu, behind)), T)
            add_to(C, nu, number(w, count, p, 1, behind), S)
            p += 1


@inner
def attended_staples(out, w, U, nbr, order):
    """out_mu = the sum of all staples of U_mu, each times its number."""
    for block in prange(order.size):
        C, T, S = rooms(U, 4), room(U), room(U)
        weighted_staples(C, T, S, w, 4, U, nbr, order, block)
        for mu in range(U.shape[0]):
            stream(out, (mu, order[block]), load(member(C, mu)))


@inner
def add_weighted_gradient(Sigma, w, U, nbr, order):
    """Sigma += the gradient of the sum over plaquettes of their number times Re tr; one number a plane."""
    for block in prange(order.size):
        s, C, T, S = order[block], rooms(U, 4), room(U), room(U)
        weighted_staples(C, T, S, w, 1, U, nbr, order, block)
        for mu in range(U.shape[0]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + load(dag(member(C, mu))))


@inner
def slopes(of_difference, usual, a, factor):
    """``of_difference`` <- its product with the derivative of a = tan(factor x) by x; usual = -the sum of its four."""
    for s in prange(usual.shape[1]):
        for p in range(usual.shape[0]):
            total = zero_like(im(at(a, 4 * p, s)))
            for i in range(4):
                y, x = im(at(a, 4 * p + i, s)), im(at(of_difference, 4 * p + i, s))
                slope = factor * add_scaled(one_like(y), y, y) * x
                put_number(of_difference, 4 * p + i, s, slope)
                total = total - slope
            put_number(usual, p, s, total)


@inlined
def pull_replaced(G, far, T, AB, EC, a, b, c, e, wa, wb, wc, we, d, mu, nu, s):
    """Add the derivatives of :func:`near_pullback` by the replaced links of a plane, which are parts of plaquettes."""
    multiply(T, b, dag(EC))
    add_to(G, mu, wa, T)
    multiply(T, c, dag(AB))
    add_to(G, nu, we, T)
    multiply(T, dag(a), EC)
    put(far, (slot(d, nu, mu), s), wb * load(T))
    multiply(T, dag(e), AB)
    put(far, (slot(d, mu, nu), s), wc * load(T))


@inner
def near_pullback(dU, far, dY, far_Y, found, w, Y, U, nbr, order):
    """Derivatives of the sum of w_i f_i, f_i = Re tr of the plaquette of U with its i-th link taken from Y.

    dU and, unless None, dY are added to by what belongs to links at n, ``far`` and ``far_Y`` take what belongs to the
    others, to be collected by :func:`~lqcdnn.kernels.plaquette_layer.add_far_derivatives`.  The f_i go to ``found``
    unless it is None; it may be w itself.
    """
    d = U.shape[0]
    for block in prange(order.size):
        s, G, G_Y, AB, EC = order[block], rooms(U, 4), rooms(U, 4), room(U), room(U)
        T, dAB, dEC, X = room(U), room(U), room(U), room(U)
        later, above = hop(nbr, d - 1, following(order, block, EARLY)), hop(nbr, d - 2, following(order, block))
        for mu in range(d):
            store(member(G, mu), zero(U))
            store(member(G_Y, mu), zero(U))
        ask_direction(U, None, dU, 0, s, later, above)
        ask_direction(Y, None, dY, 0, s, later, above)
        p = 0
        for mu in range(1, d):
            ahead = hop(nbr, mu, s)
            ask_direction(U, None, dU, mu, s, later, above)
            ask_direction(Y, None, dY, mu, s, later, above)
            for nu in range(mu):
                up = hop(nbr, nu, s)
                ask_pieces(U, None, dU, mu, nu, s, later, above)
                ask_pieces(U, None, dU, nu, mu - 1, s, later, above)
                ask_pieces(Y, None, dY, mu, nu, s, later, above)
                ask_pieces(Y, None, dY, nu, mu - 1, s, later, above)
                a, b, c, e = place(U, mu, s), place(U, nu, ahead), place(U, mu, up), place(U, nu, s)
                ya, yb, yc, ye = place(Y, mu, s), place(Y, nu, ahead), place(Y, mu, up), place(Y, nu, s)
                wa, wb = number(w, 4, p, 0, s), number(w, 4, p, 1, s)
                wc, we = number(w, 4, p, 2, s), number(w, 4, p, 3, s)
                multiply(AB, a, b)
                multiply(EC, e, c)
                multiply(T, ya, b)
                put_trace(found, 4 * p, s, T, EC)
                store(dAB, wa * load(T))
                multiply(T, a, yb)
                put_trace(found, 4 * p + 1, s, T, EC)
                store(dAB, add_scaled(load(dAB), wb, load(T)))
                multiply(T, e, yc)
                put_trace(found, 4 * p + 2, s, AB, T)
                store(dEC, wc * load(T))
                multiply(T, ye, c)
                put_trace(found, 4 * p + 3, s, AB, T)
                store(dEC, add_scaled(load(dEC), we, load(T)))
                store(X, wb * load(yb))
                add_both(member(G, mu), X, dag(EC), b, dag(dEC))
                store(X, wc * load(yc))
                add_both(member(G, nu), c, dag(dAB), X, dag(AB))
                store(X, wa * load(ya))
                multiply_both(place(far, slot(d, nu, mu), s), dag(X), EC, dag(a), dEC)
                store(X, we * load(ye))
                multiply_both(place(far, slot(d, mu, nu), s), dag(X), AB, dag(e), dAB)
                if dY is not None:
                    pull_replaced(G_Y, far_Y, T, AB, EC, a, b, c, e, wa, wb, wc, we, d, mu, nu, s)
                p += 1
        for mu in range(d):
            put(dU, (mu, s), at(dU, mu, s) + load(member(G, mu)))
            if dY is not None:
                put(dY, (mu, s), at(dY, mu, s) + load(member(G_Y, mu)))
