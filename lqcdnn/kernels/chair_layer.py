"""Staples of chairs and their derivative by shared products; rectangles and plaquettes come along at no cost.

Chairs and rectangles are two plaquettes that share a link: a plaquette in which a side gives place to one of its outer
staples, for chairs one outside the plane, for rectangles the one in the plane on the other side of the link.  So their
staples are the derivative of the plaquettes' staples, plane by plane, in the direction in which every side changes by
the weighted sum T of its outer staples.  The derivative D of this in the direction dU = V is of second order, D_V D_T
of the plaquettes' staples, plus that of first order in the direction D T.  All staples of a link are there when T is
made, hence plaquettes: their staples as this sum, their derivative as an addition to D T.

T [d (d - 1), block]: row :func:`slot` (mu, nu) is that of U_mu(n) as a side of plaquettes of the plane (mu, nu).  With
rectangles it depends on which of the two: T has twice as many rows, first for the one ahead along nu, then for the one
behind.  Sides a, b, c, e of a plaquette and the field ``far`` of what belongs to other sites: see ``plaquette_layer``.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.loops import next_block
from lqcdnn.kernels.plaquette_layer import slot
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
    place,
    put,
    room,
    rooms,
    store,
    stream,
    zero,
)


@device
def multiply_three(S, X, e, c, b):
    """S = e c b, X = e c."""
    multiply(X, e, c)
    multiply(S, X, b)


@device
def multiply_three_derivative(D, X, e, c, b, de, dc, db):
    """D = derivative of e c b, from X = e c, which changes."""
    multiply(D, X, db)
    multiply(X, de, c)
    add_multiply(X, None, e, dc)
    add_multiply(D, None, X, b)


@inlined
def staple_ahead(U, nbr, mu, nu, ahead, s):
    """Factors of the staple of U_mu(n) along +nu; n + mu is ``ahead``."""
    return place(U, nu, s), place(U, mu, hop(nbr, nu, s)), dag(place(U, nu, ahead))


@inlined
def staple_behind(U, nbr, mu, nu, s):
    """The same along -nu."""
    behind = hop(nbr, U.shape[0] + nu, s)
    return dag(place(U, nu, behind)), place(U, mu, behind), place(U, nu, hop(nbr, mu, behind))


@inlined
def put_outer(T, start, total, S, d, mu, s, flat, bent):
    """T of U_mu(n), plus ``start``, from its staples S, members nu along +nu and nu + 4 along -nu, and their sum."""
    for nu in range(d):
        if nu != mu:
            row, second, soon = slot(d, mu, nu), T.shape[0] - d * (d - 1), next_block(T, s)
            ask_output(T, row, soon)
            ask_output(T, row + second, soon)
            ahead, behind = load(member(S, nu)), load(member(S, nu + 4))
            X = add_scaled(load(start), bent, load(total) - ahead - behind)
            stream(T, (row, s), add_scaled(X, flat, behind))
            if second:
                stream(T, (row + second, s), add_scaled(X, flat, ahead))


@kernel
def outer_staples(T, C, U, nbr, flat, bent, weight):
    """T with the weights of rectangles (flat) and chairs (bent), C_mu(n) = weight_mu times the plaquettes' staples."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        S, total, X, nothing = rooms(U, 8), room(U), room(U), room(U)
        store(nothing, zero(U))
        for mu in range(d):
            ahead = hop(nbr, mu, s)
            store(total, zero(U))
            for nu in range(d):
                if nu != mu:
                    e, c, b = staple_ahead(U, nbr, mu, nu, ahead, s)
                    multiply_three(member(S, nu), X, e, c, b)
                    e, c, b = staple_behind(U, nbr, mu, nu, s)
                    multiply_three(member(S, nu + 4), X, e, c, b)
                    store(total, load(total) + load(member(S, nu)) + load(member(S, nu + 4)))
            put_outer(T, nothing, total, S, d, mu, s, flat, bent)
            stream(C, (mu, s), weight[mu] * load(total))


@kernel
def outer_derivatives(T, DT, W, V, U, nbr, flat, bent, weight):
    """T as above, and DT = D T + weight_mu V_mu, D the derivative in the direction dU = W."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        S, D, total, Dtotal, X = rooms(U, 8), rooms(U, 8), room(U), room(U), room(U)
        nothing, own = room(U), room(U)
        store(nothing, zero(U))
        for mu in range(d):
            ahead = hop(nbr, mu, s)
            store(total, zero(U))
            store(Dtotal, zero(U))
            for nu in range(d):
                if nu != mu:
                    e, c, b = staple_ahead(U, nbr, mu, nu, ahead, s)
                    de, dc, db = staple_ahead(W, nbr, mu, nu, ahead, s)
                    multiply_three(member(S, nu), X, e, c, b)
                    multiply_three_derivative(member(D, nu), X, e, c, b, de, dc, db)
                    e, c, b = staple_behind(U, nbr, mu, nu, s)
                    de, dc, db = staple_behind(W, nbr, mu, nu, s)
                    multiply_three(member(S, nu + 4), X, e, c, b)
                    multiply_three_derivative(member(D, nu + 4), X, e, c, b, de, dc, db)
                    store(total, load(total) + load(member(S, nu)) + load(member(S, nu + 4)))
                    store(Dtotal, load(Dtotal) + load(member(D, nu)) + load(member(D, nu + 4)))
            store(own, weight[mu] * at(V, mu, s))
            put_outer(T, nothing, total, S, d, mu, s, flat, bent)
            put_outer(DT, own, Dtotal, D, d, mu, s, flat, bent)


@device
def add_derivative(D, x, dx, y, dy):
    """D += derivative of x y."""
    add_multiply(D, None, x, dy)
    add_multiply(D, None, dx, y)


@device
def multiply_first(Z, dZ, x, dx, y, dy):
    """Z = x y and its derivative."""
    multiply(Z, x, y)
    multiply(dZ, dx, y)
    add_multiply(dZ, None, x, dy)


@inlined
def ask_sides(T, nbr, mu, nu, row, column, second, soon):
    """Ask for T of all sides of a plaquette of the next block."""
    ask(T, row, soon)
    ask(T, column, soon)
    ask(T, second + column, hop(nbr, mu, soon))
    ask(T, second + row, hop(nbr, nu, soon))


@kernel
def near_chairs(C, far, T, U, nbr, weight):
    """C_mu(n) += weight_mu times the staples that leave plaquettes with lower corner n; the others to ``far``."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        D, F, AB, EC, dAB, dEC = rooms(U, 4), room(U), room(U), room(U), room(U), room(U)
        second, soon = T.shape[0] - d * (d - 1), next_block(U, s)
        for mu in range(d):
            store(member(D, mu), zero(U))
        for mu in range(1, d):
            ahead, a = hop(nbr, mu, s), place(U, mu, s)
            for nu in range(mu):
                up, e, row, column = hop(nbr, nu, s), place(U, nu, s), slot(d, mu, nu), slot(d, nu, mu)
                b, db = place(U, nu, ahead), place(T, second + column, ahead)
                c, dc = place(U, mu, up), place(T, second + row, up)
                da, de = place(T, row, s), place(T, column, s)
                ask_sides(T, nbr, mu, nu, row, column, second, soon)
                ask_output(far, row, soon)
                ask_output(far, column, soon)
                multiply_first(AB, dAB, a, da, b, db)
                multiply_first(EC, dEC, e, de, c, dc)
                add_derivative(member(D, mu), EC, dEC, dag(b), dag(db))
                add_derivative(member(D, nu), AB, dAB, dag(c), dag(dc))
                store(F, zero(U))
                add_derivative(F, dag(a), dag(da), EC, dEC)
                stream(far, (column, s), load(F))
                store(F, zero(U))
                add_derivative(F, dag(e), dag(de), AB, dAB)
                stream(far, (row, s), load(F))
        for mu in range(d):
            put(C, (mu, s), add_scaled(at(C, mu, s), weight[mu], load(member(D, mu))))


@device
def add_mixed(D, x, y):
    """D += mixed second derivative of x y; x and y are (value, one derivative, the other, the mixed one)."""
    add_multiply(D, None, x[0], y[3])
    add_multiply(D, None, x[1], y[2])
    add_multiply(D, None, x[2], y[1])
    add_multiply(D, None, x[3], y[0])


@device
def multiply_second(Z, x, y):
    """Rooms Z = x y and its derivatives, as in :func:`add_mixed`."""
    multiply(Z[0], x[0], y[0])
    multiply(Z[1], x[1], y[0])
    multiply(Z[2], x[2], y[0])
    multiply(Z[3], x[3], y[0])
    add_multiply(Z[1], None, x[0], y[1])
    add_multiply(Z[2], None, x[0], y[2])
    add_multiply(Z[3], None, x[0], y[3])
    add_multiply(Z[3], None, x[1], y[2])
    add_multiply(Z[3], None, x[2], y[1])


@inlined
def side(U, V, T, DT, mu, row, x):
    """Link U_mu(x) as a side and its derivatives, as in :func:`add_mixed`."""
    return place(U, mu, x), place(V, mu, x), place(T, row, x), place(DT, row, x)


@inlined
def daggered(x):
    """All four."""
    return dag(x[0]), dag(x[1]), dag(x[2]), dag(x[3])


@kernel
def near_chair_derivatives(Sigma, far, V, T, DT, U, nbr):
    """Derivative D C of the staples in the direction dU = V, in two parts as in :func:`near_chairs`.

    Sigma_mu(n) += (D C_mu(n))^dag of the plaquettes with lower corner n; D C of the others to ``far``.
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        D, F = rooms(U, 4), room(U)
        AB, EC = (room(U), room(U), room(U), room(U)), (room(U), room(U), room(U), room(U))
        second, soon = T.shape[0] - d * (d - 1), next_block(U, s)
        for mu in range(d):
            store(member(D, mu), zero(U))
        for mu in range(1, d):
            ahead = hop(nbr, mu, s)
            for nu in range(mu):
                up, row, column = hop(nbr, nu, s), slot(d, mu, nu), slot(d, nu, mu)
                a, b = side(U, V, T, DT, mu, row, s), side(U, V, T, DT, nu, second + column, ahead)
                e, c = side(U, V, T, DT, nu, column, s), side(U, V, T, DT, mu, second + row, up)
                ask_sides(T, nbr, mu, nu, row, column, second, soon)
                ask_sides(DT, nbr, mu, nu, row, column, second, soon)
                ask_output(far, row, soon)
                ask_output(far, column, soon)
                multiply_second(AB, a, b)
                multiply_second(EC, e, c)
                add_mixed(member(D, mu), EC, daggered(b))
                add_mixed(member(D, nu), AB, daggered(c))
                store(F, zero(U))
                add_mixed(F, daggered(a), EC)
                stream(far, (column, s), load(F))
                store(F, zero(U))
                add_mixed(F, daggered(e), AB)
                stream(far, (row, s), load(F))
        for mu in range(d):
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(member(D, mu))))
