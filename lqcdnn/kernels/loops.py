"""Plaquettes, their staples and Polyakov loops.

On anisotropic lattices staples of planes of space are multiplied by ``space``, what these planes count in units of
those of time; None, where all count the same, leaves nothing of it in the machine code.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.simd import (
    PIECES,
    add_multiply,
    add_scaled,
    ask,
    ask_piece,
    ask_short,
    at,
    dag,
    hop,
    im,
    lane_sum,
    load,
    member,
    multiply,
    one,
    place,
    put,
    re,
    redot,
    room,
    rooms,
    store,
    stream,
    ta,
    tr,
    zero,
)

EARLY = 8
"""Steps before a block's turn at which links ahead of it in time are asked for: they come from memory."""


@kernel
def plaquette_sums(part, U, nbr, order):
    """part[s, 0 / 1] = sum over a block of Re tr P_{mu nu}, planes without / with the last (time) direction.

    The order of the blocks, here and below, matters for speed alone (``Lattice.rows``, ``Lattice.planes``).
    """
    d = U.shape[0]
    for i in prange(order.size):
        s, soon = order[i], following(order, i)
        part[s, 0] = 0.0
        part[s, 1] = 0.0
        later, above = hop(nbr, d - 1, following(order, i, EARLY)), hop(nbr, d - 2, soon)
        ask_short(U, 0, later)
        for mu in range(1, d):
            ask_short(U, mu, later if mu < d - 1 else above)
            for nu in range(mu):
                ask_pieces(U, None, None, mu, nu, s, later, above)
                ask_pieces(U, None, None, nu, mu - 1, s, later, above)
                lower = at(U, nu, s) @ at(U, mu, hop(nbr, nu, s))
                upper = at(U, mu, s) @ at(U, nu, hop(nbr, mu, s))
                part[s, 1 if mu == d - 1 else 0] += redot(lower, upper)


@device
def next_block(U, s):
    """The block after s in memory; s itself if it is the last."""
    return min(np.int64(s) + 1, U.shape[1] - 1)


@device
def following(order, i, steps=1):
    """The block so many steps after the i-th; the last follows itself."""
    return order[min(np.int64(i) + steps, order.size - 1)]


@kernel
def plaquette_traces(out, U, nbr):
    """out[p, s] = tr P_{mu nu} of each plane, mu > nu, in the order of the loops of :func:`plaquette_sums`."""
    for s in prange(U.shape[1]):
        p = 0
        for mu in range(1, U.shape[0]):
            for nu in range(mu):
                lower = at(U, nu, s) @ at(U, mu, hop(nbr, nu, s))
                upper = at(U, mu, s) @ at(U, nu, hop(nbr, mu, s))
                put(out, (p, s), tr(dag(lower) @ upper))
                p += 1


CACHED = 2**24
"""Bytes of a field of links up to which asking ahead for the staples of one link takes longer than it saves."""


@device
def plaquette_staples(U, nbr, mu, s, soon, space):
    """C_mu(n) = sum over nu != mu of both staples, paths n -> n + mu (physics.md 4).

    What the sites ``soon`` will read is asked for where links come from memory.
    """
    return staples_among(U, nbr, mu, s, U.shape[0], soon, space)


@device
def staples_among(U, nbr, mu, s, directions, soon, space):
    """The part of the plaquette staples with nu among the first ``directions``."""
    d, far = U.shape[0], U.nbytes > CACHED
    C, T, ahead = room(U), room(U), hop(nbr, mu, s)
    store(C, zero(U))
    for nu in range(directions):
        if nu != mu:
            if space is not None:
                if nu == d - 1:
                    store(C, space * load(C))
            up, down = hop(nbr, nu, s), hop(nbr, d + nu, s)
            if far:
                ask(U, mu, hop(nbr, nu, soon))
                ask(U, nu, soon)
            multiply(T, place(U, mu, up), dag(place(U, nu, ahead)))
            if far:
                ask(U, nu, hop(nbr, mu, soon))
            add_multiply(C, None, place(U, nu, s), T)
            if far:
                ask(U, mu, hop(nbr, d + nu, soon))
                ask(U, nu, hop(nbr, d + nu, soon))
            multiply(T, place(U, mu, down), place(U, nu, hop(nbr, mu, down)))
            if far:
                ask(U, nu, hop(nbr, mu, hop(nbr, d + nu, soon)))
            add_multiply(C, None, dag(place(U, nu, down)), T)
    return load(C)


@device
def ask_long(field, mu, s):
    """Ask for a matrix, if it is long."""
    for piece in range(PIECES):
        ask_piece(field, mu, s, piece)


@inlined
def ask_direction(U, P, Sigma, mu, s, later, above):
    """Ask for links ahead of coming blocks and for block s of the fields P and Sigma (None: of none), if short."""
    ask_short(U, mu, later)
    ask_short(U, mu, above)
    if P is not None:
        ask_short(P, mu, s)
    if Sigma is not None:
        ask_short(Sigma, mu, s)


@inlined
def ask_pieces(U, P, Sigma, mu, piece, s, later, above):
    """The same, by pieces, if long: of d - 1 calls for a direction, that with the number ``piece``."""
    while piece < PIECES:
        ask_piece(U, mu, later, piece)
        ask_piece(U, mu, above, piece)
        if P is not None:
            ask_piece(P, mu, s, piece)
        if Sigma is not None:
            ask_piece(Sigma, mu, s, piece)
        piece += U.shape[0] - 1


@device
def all_plaquette_staples(C, T, U, nbr, order, i, P, Sigma, space):
    """C <- the staples of all directions at the i-th block of an order; C d rooms, T a room.

    A plane's two staples ahead share U_mu(n + nu) U_nu(n + mu)^dag.  Links ahead of coming blocks in the last two
    directions, which have not been read yet, are asked for, and this block of P and Sigma unless they are None.
    """
    d, s = U.shape[0], order[i]
    later, above = hop(nbr, d - 1, following(order, i, EARLY)), hop(nbr, d - 2, following(order, i))
    for mu in range(d):
        store(member(C, mu), zero(U))
    ask_direction(U, P, Sigma, 0, s, later, above)
    for mu in range(1, d):
        if space is not None:
            if mu == d - 1:
                for nu in range(mu):
                    store(member(C, nu), space * load(member(C, nu)))
        ask_direction(U, P, Sigma, mu, s, later, above)
        ahead, behind = hop(nbr, mu, s), hop(nbr, d + mu, s)
        for nu in range(mu):
            up, down = hop(nbr, nu, s), hop(nbr, d + nu, s)
            ask_pieces(U, P, Sigma, mu, nu, s, later, above)
            multiply(T, place(U, mu, up), dag(place(U, nu, ahead)))
            add_multiply(member(C, mu), None, place(U, nu, s), T)
            add_multiply(member(C, nu), None, place(U, mu, s), dag(T))
            ask_pieces(U, P, Sigma, nu, mu - 1, s, later, above)
            multiply(T, place(U, mu, down), place(U, nu, hop(nbr, mu, down)))
            add_multiply(member(C, mu), None, dag(place(U, nu, down)), T)
            multiply(T, place(U, nu, behind), place(U, mu, hop(nbr, nu, behind)))
            add_multiply(member(C, nu), None, dag(place(U, mu, behind)), T)


@kernel
def whole_staples(C, U, nbr, order, weight, space):
    """C_mu = weight_mu times the plaquette staples.

    Seven products a plane in place of the six of ``plaquette_layer``, but nothing is left to other sites.
    """
    for i in prange(order.size):
        s, S, T = order[i], rooms(U, 4), room(U)
        all_plaquette_staples(S, T, U, nbr, order, i, None, None, space)
        for mu in range(U.shape[0]):
            stream(C, (mu, s), weight[mu] * load(member(S, mu)))


@kernel
def add_plaquette_gradient(Sigma, U, nbr, order, coefficient, space):
    """Sigma_mu <- Sigma_mu + coefficient C_mu^dag: the gradient of coefficient sum_P Re tr P (physics.md 2)."""
    for i in prange(order.size):
        s, S, T = order[i], rooms(U, 4), room(U)
        all_plaquette_staples(S, T, U, nbr, order, i, None, Sigma, space)
        for mu in range(U.shape[0]):
            put(Sigma, (mu, s), add_scaled(at(Sigma, mu, s), coefficient, load(dag(member(S, mu)))))


@kernel
def kick_by_plaquettes(P, U, Sigma, nbr, order, coefficient, eps, space):
    """P_mu <- P_mu + eps TA(U_mu (Sigma_mu + coefficient C_mu^dag)); Sigma may be None for zero."""
    for i in prange(order.size):
        s, S, T = order[i], rooms(U, 4), room(U)
        all_plaquette_staples(S, T, U, nbr, order, i, P, Sigma, space)
        for mu in range(U.shape[0]):
            own = load(dag(member(S, mu)))
            if Sigma is None:
                G = coefficient * own
            else:
                G = add_scaled(at(Sigma, mu, s), coefficient, own)
            put(P, (mu, s), add_scaled(at(P, mu, s), eps, ta(at(U, mu, s) @ G)))


@device
def winding_loop(U, nbr, direction, extent, s):
    """The product of all links around ``direction``, from site s."""
    X, x = one(U), hop(nbr, direction, s)
    X = at(U, direction, s)
    for _ in range(extent - 1):
        X = X @ at(U, direction, x)
        x = hop(nbr, direction, x)
    return X


@kernel
def polyakov_sums(part, U, nbr, direction, extent):
    """part[s, :] = sum over a block of (Re, Im) tr of the loop that winds around ``direction`` from each site."""
    for s in prange(U.shape[1]):
        z = tr(winding_loop(U, nbr, direction, extent, s))
        part[s, 0] = lane_sum(re(z))
        part[s, 1] = lane_sum(im(z))


@kernel
def polyakov_traces(out, U, nbr, direction, extent):
    """out[s] = tr of the loop that winds around ``direction`` from each site."""
    for s in prange(U.shape[1]):
        put(out, s, tr(winding_loop(U, nbr, direction, extent, s)))
