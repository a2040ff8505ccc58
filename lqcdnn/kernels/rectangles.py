"""Rectangles of one by two links: sums, staples of all links and their derivative, from products that they share.

A rectangle with two links along mu and one along nu is a plaquette of the double links D_mu(n) = U_mu(n) U_mu(n + mu).
Its staples of D_mu(n) are summed over nu and both sides of it to S_mu(n), which then makes staples of the two links

    of U_mu(n): S_mu(n) U_mu(n + mu)^dag        of U_mu(n + mu): U_mu(n)^dag S_mu(n)

The second is left in ``far`` [d, block] at n, where a second kernel collects it: no site writes to another.  A staple
of U_nu(n), the single link at either end, is complete at n.  Ahead of n those of D_mu(n) and U_nu(n) share a product.

``twice`` is the table of the sites two steps away, ``weight`` [d] that of a link's direction.  On lattices out of the
caches the kernels ask for what the next block reads.  On anisotropic lattices rectangles with two links along mu and
one along nu count ``planes`` [mu, nu] times; None, where all count the same, leaves nothing of it in the machine code.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import inlined, kernel
from lqcdnn.kernels.loops import following
from lqcdnn.kernels.plaquette_layer import derivative_ahead, derivative_behind, derivative_below
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    ask,
    ask_output,
    at,
    dag,
    hop,
    load,
    member,
    multiply,
    multiply_both,
    place,
    put,
    redot,
    room,
    rooms,
    store,
    stream,
    zero,
)

CACHED = 2**22
"""Bytes of a field of links up to which asking ahead takes longer than it saves."""


@kernel
def double_links(D, U, nbr):
    """D_mu(n) = U_mu(n) U_mu(n + mu)."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            T = room(U)
            multiply(T, place(U, mu, s), place(U, mu, hop(nbr, mu, s)))
            stream(D, (mu, s), load(T))


@kernel
def double_derivatives(dD, scaled, V, U, nbr, weight):
    """Derivative of the double links in the direction dU = scaled, scaled_mu = weight_mu V_mu."""
    for s in prange(U.shape[1]):
        T = room(U)
        for mu in range(U.shape[0]):
            ahead = hop(nbr, mu, s)
            multiply(T, place(V, mu, s), place(U, mu, ahead))
            add_multiply(T, None, place(U, mu, s), place(V, mu, ahead))
            stream(dD, (mu, s), weight[mu] * load(T))
            stream(scaled, (mu, s), weight[mu] * at(V, mu, s))


@kernel
def rectangle_sums(part, U, D, nbr, twice, planes):
    """part[s, 0 / 1] = sum over a block of Re tr of both rectangles of the planes without / with the last direction."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        part[s, 0] = 0.0
        part[s, 1] = 0.0
        for mu in range(d):
            for nu in range(d):
                if nu != mu:
                    lower = at(U, nu, s) @ at(D, mu, hop(nbr, nu, s))
                    upper = at(D, mu, s) @ at(U, nu, hop(twice, mu, s))
                    value = redot(lower, upper)
                    if planes is not None:
                        value = planes[mu, nu] * value
                    part[s, 1 if mu == d - 1 or nu == d - 1 else 0] += value


@inlined
def ask_sides(U, D, nbr, twice, mu, nu, s):
    """Ask for what the rectangles of D_mu with nu read on both sides of it for block s.

    Together with :func:`ask_ends` this is all but the links of the block itself; all at once would hold up reading.
    """
    d = U.shape[0]
    down = hop(nbr, d + nu, s)
    ask(D, mu, hop(nbr, nu, s))
    ask(U, nu, down)
    ask(D, mu, down)
    ask(U, nu, hop(twice, mu, down))


@inlined
def ask_ends(U, D, nbr, twice, mu, nu, s):
    """Ask for what they read at the end of D_mu, and those of U_nu behind it."""
    behind = hop(twice, U.shape[0] + mu, s)
    ask(U, nu, hop(twice, mu, s))
    ask(U, nu, behind)
    ask(D, mu, hop(nbr, nu, behind))
    ask(D, mu, behind)


@inlined
def rescale(T, planes, mu, nu):
    """T *= planes[mu, nu], unless there are none."""
    if planes is not None:
        store(T, planes[mu, nu] * load(T))


@inlined
def conjugated(X, conjugate):
    """X^dag or X."""
    return dag(X) if conjugate else X


@inlined
def accumulate(out, i, factor, X, conjugate):
    """out[i] += factor X, or X^dag."""
    put(out, i, add_scaled(at(out, *i), factor, conjugated(X, conjugate)))


@kernel
def near_staples(out, far, U, D, nbr, twice, order, weight, planes, conjugate, fresh):
    """out_mu(n) += weight_mu times the staples that are complete at n, or their conjugates; the others to ``far``.

    A ``fresh`` out is set.
    """
    d, far_away = U.shape[0], U.nbytes > CACHED
    for i in prange(order.size):
        s, soon = order[i], following(order, i)
        C, S, T = rooms(U, 4), room(U), room(U)
        for mu in range(d):
            store(member(C, mu), zero(U))
        for mu in range(d):
            ahead, behind = hop(twice, mu, s), hop(twice, d + mu, s)
            own, last = place(D, mu, s), place(D, mu, behind)
            if fresh:
                ask_output(out, mu, soon)
            else:
                ask(out, mu, soon)
            ask_output(far, mu, soon)
            store(S, zero(U))
            for nu in range(d):
                if nu != mu:
                    up, down = hop(nbr, nu, s), hop(nbr, d + nu, s)
                    if far_away:
                        ask_sides(U, D, nbr, twice, mu, nu, soon)
                    multiply(T, place(D, mu, up), dag(place(U, nu, ahead)))
                    rescale(T, planes, mu, nu)
                    add_multiply(S, None, place(U, nu, s), T)
                    add_multiply(member(C, nu), None, own, dag(T))
                    multiply(T, place(D, mu, down), place(U, nu, hop(twice, mu, down)))
                    rescale(T, planes, mu, nu)
                    if far_away:
                        ask_ends(U, D, nbr, twice, mu, nu, soon)
                    add_multiply(S, None, dag(place(U, nu, down)), T)
                    multiply(T, place(U, nu, behind), place(D, mu, hop(nbr, nu, behind)))
                    rescale(T, planes, mu, nu)
                    add_multiply(member(C, nu), None, dag(last), T)
            add_multiply(member(C, mu), None, S, dag(place(U, mu, hop(nbr, mu, s))))
            multiply(T, dag(place(U, mu, s)), S)
            stream(far, (mu, s), load(T))
        for mu in range(d):
            if fresh:
                stream(out, (mu, s), weight[mu] * conjugated(load(member(C, mu)), conjugate))
            else:
                accumulate(out, (mu, s), weight[mu], load(member(C, mu)), conjugate)


@kernel
def add_far(out, far, nbr, weight, conjugate):
    """out_mu(n) += weight_mu times what was left in ``far`` for U_mu(n), or its conjugate."""
    d = out.shape[0]
    for mu in range(d):
        for s in prange(out.shape[1]):
            accumulate(out, (mu, s), weight[mu], at(far, mu, hop(nbr, d + mu, s)), conjugate)


@kernel
def near_derivatives(Sigma, far, V, dD, U, D, nbr, twice, order):
    """Sigma_mu(n) += (D C_mu(n))^dag, D C the derivative of the staples in the direction dU = V.

    Of the staples that :func:`near_staples` makes at n; that of the others to ``far``.
    """
    d, far_away = U.shape[0], U.nbytes > CACHED
    for i in prange(order.size):
        s, soon = order[i], following(order, i)
        C, S, dS, T, dT = rooms(U, 4), room(U), room(U), room(U), room(U)
        for mu in range(d):
            store(member(C, mu), zero(U))
        for mu in range(d):
            behind = hop(twice, d + mu, s)
            last, dlast = place(D, mu, behind), place(dD, mu, behind)
            ask(Sigma, mu, s)
            ask_output(far, mu, s)
            store(S, zero(U))
            store(dS, zero(U))
            for nu in range(d):
                if nu != mu:
                    own = member(C, nu)
                    if far_away:
                        ask_sides(U, D, nbr, twice, mu, nu, soon)
                        ask_sides(V, dD, nbr, twice, mu, nu, soon)
                    derivative_ahead(own, S, dS, T, dT, D, dD, U, V, nbr, twice, mu, nu, s)
                    if far_away:
                        ask_ends(U, D, nbr, twice, mu, nu, soon)
                        ask_ends(V, dD, nbr, twice, mu, nu, soon)
                    derivative_below(S, dS, T, dT, D, dD, U, V, twice, mu, nu, hop(nbr, d + nu, s))
                    derivative_behind(own, T, dT, D, dD, last, dlast, U, V, nbr, mu, nu, behind)
            ahead = hop(nbr, mu, s)
            add_multiply(member(C, mu), None, dS, dag(place(U, mu, ahead)))
            add_multiply(member(C, mu), None, S, dag(place(V, mu, ahead)))
            multiply_both(T, dag(place(U, mu, s)), dS, dag(place(V, mu, s)), S)
            stream(far, (mu, s), load(T))
        for mu in range(d):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(member(C, mu))))
