"""The derivative of fat and long links (``kernels.fattening``) by the unitary links that they are made of.

With dS = Re <G, dF>, <G, F> = tr G^dag F, the derivative by the link in the middle of all paths is the same sum of
staples of G, as X -> F at fixed sides U is a selfadjoint linear map.  That by the sides is made on the way: where the
staples along nu pair fields X and Y of paths n -> n + mu, dS = Re tr Y^dag dA[X] = Re tr A[Y]^dag dX, let

    S = U_nu(n) Y(n + nu) U_nu(n + mu)^dag,   S' = U_nu(n - nu)^dag Y(n - nu) U_nu(n - nu + mu)

be the two staples of Y, A[Y] = S + S'.  A link that is turned where it begins, dU_nu = Q U_nu with antihermitian Q,
changes S only, and dS is

    Re tr Q S X^dag  for U_nu(n),   Re tr Q S^dag X  for U_nu(n + mu).

One that is turned where it ends, dU_nu = U_nu Q, changes S' only: with S' for S and the other sign the same.  So the
sides cost two products for each staple that is there already, in place of four without it.  Derivatives by links are
known up to what no turn of unitary links sees.

Loops S X^dag and S^dag X are summed over all pairs and mu in ``P`` [2 d, block], of the dtype of momenta, as X - X^dag:
row nu is of links that begin at n, row d + nu of those that end there.  What belongs to n + mu is left in ``far`` at n
for :func:`collect`.

With A and M the fields of staples of U_mu, three = 0 in M, and B and N those of G_mu, the pairs (X, Y) are (M_nu, G_mu)
and (U_mu, N_nu) along nu and (A_b, B_a) along the third direction.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.fattening import CACHED, inside
from lqcdnn.kernels.loops import following
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
    room,
    rooms,
    store,
    stream,
    zero,
)


@device
def add_room(C, S):
    """C += S."""
    store(C, load(C) + load(S))


@device
def staple_ahead(S, T, U, Y, row, nbr, mu, nu, s, soon):
    """S of the field Y[row]; T a room."""
    if U.nbytes > CACHED:
        ask(Y, row, hop(nbr, nu, soon))
        ask(U, nu, soon)
        ask(U, nu, hop(nbr, mu, soon))
    multiply(T, place(Y, row, hop(nbr, nu, s)), dag(place(U, nu, hop(nbr, mu, s))))
    multiply(S, place(U, nu, s), T)


@device
def staple_behind(S, T, U, Y, row, nbr, mu, nu, s, soon):
    """S' of the field Y[row]."""
    d = U.shape[0]
    down = hop(nbr, d + nu, s)
    if U.nbytes > CACHED:
        later = hop(nbr, d + nu, soon)
        ask(Y, row, later)
        ask(U, nu, later)
        ask(U, nu, hop(nbr, mu, later))
    multiply(T, place(Y, row, down), place(U, nu, hop(nbr, mu, down)))
    multiply(S, dag(place(U, nu, down)), T)


@device
def add_loop(P, row, s, factor, Z):
    """P[row, s] += factor (Z - Z^dag) of a room Z."""
    X = load(Z)
    put(P, (row, s), add_scaled(at(P, row, s), factor, X - dag(X)))


@device
def add_loops(P, far, row, s, soon, factor, Z, S, X):
    """The loops of S and X; Z a room."""
    ask(P, row, soon)
    multiply(Z, S, dag(X))
    add_loop(P, row, s, factor, Z)
    ask(far, row, soon)
    multiply(Z, dag(S), X)
    add_loop(far, row, s, factor, Z)


@device
def add_loops_of_two(P, far, row, s, soon, factor, Z, S, X, R, Y):
    """The loops of S and X and those of R and Y."""
    ask(P, row, soon)
    multiply_both(Z, S, dag(X), R, dag(Y))
    add_loop(P, row, s, factor, Z)
    ask(far, row, soon)
    multiply_both(Z, dag(S), X, dag(R), Y)
    add_loop(far, row, s, factor, Z)


@kernel
def sides_outside(B, P, far, U, G, M, nbr, order, mu):
    """B_nu = the staples of G_mu along nu, and the loops of the pairs (M_nu, G_mu)."""
    d = U.shape[0]
    for i in prange(order.size):
        s, soon, S, T, C = order[i], following(order, i), room(U), room(U), room(U)
        for nu in range(d):
            if nu != mu:
                ask(M, nu, soon)
                ask_output(B, nu, soon)
                X = place(M, nu, s)
                staple_ahead(S, T, U, G, mu, nbr, mu, nu, s, soon)
                store(C, load(S))
                add_loops(P, far, nu, s, soon, 1.0, T, S, X)
                staple_behind(S, T, U, G, mu, nbr, mu, nu, s, soon)
                stream(B, (nu, s), load(C) + load(S))
                add_loops(P, far, d + nu, s, soon, -1.0, T, S, X)


@kernel
def sides_between(N, P, far, U, G, A, B, nbr, order, mu, three, five, seven, straight):
    """N of the staples B of G as in ``staples_inside``, and the loops of the pairs (A_a, B_b)."""
    d = U.shape[0]
    for i in prange(order.size):
        s, soon, C, S, R, T = order[i], following(order, i), rooms(U, 4), room(U), room(U), room(U)
        for nu in range(d):
            ask_output(N, nu, soon)
            store(member(C, nu), zero(U))
        for nu in range(d):
            for a in range(d):
                for b in range(a):
                    if nu != mu and a != mu and a != nu and b != mu and b != nu:
                        ask(A, nu, soon)
                        X, Y = place(A, b, s), place(A, a, s)
                        staple_ahead(S, T, U, B, a, nbr, mu, nu, s, soon)
                        staple_ahead(R, T, U, B, b, nbr, mu, nu, s, soon)
                        add_room(member(C, b), S)
                        add_room(member(C, a), R)
                        add_loops_of_two(P, far, nu, s, soon, seven, T, S, X, R, Y)
                        staple_behind(S, T, U, B, a, nbr, mu, nu, s, soon)
                        staple_behind(R, T, U, B, b, nbr, mu, nu, s, soon)
                        add_room(member(C, b), S)
                        add_room(member(C, a), R)
                        add_loops_of_two(P, far, d + nu, s, soon, -seven, T, S, X, R, Y)
        inside(N, C, G, B, mu, s, three, five, seven, straight)


@kernel
def sides_inside(H, P, far, U, G, N, nbr, order, mu, one):
    """H_mu = one G_mu + sum over nu of the staples of N_nu along nu, and the loops of the pairs (U_mu, N_nu)."""
    d = U.shape[0]
    for i in prange(order.size):
        s, soon, C, S, T = order[i], following(order, i), room(U), room(U), room(U)
        X = place(U, mu, s)
        ask_output(H, mu, soon)
        store(C, one * at(G, mu, s))
        for nu in range(d):
            if nu != mu:
                staple_ahead(S, T, U, N, nu, nbr, mu, nu, s, soon)
                add_room(C, S)
                add_loops(P, far, nu, s, soon, 1.0, T, S, X)
                staple_behind(S, T, U, N, nu, nbr, mu, nu, s, soon)
                add_room(C, S)
                add_loops(P, far, d + nu, s, soon, -1.0, T, S, X)
        stream(H, (mu, s), load(C))


@kernel
def collect(P, far, nbr, mu):
    """P(n + mu) += far(n), and far = 0 at all rows with loops."""
    d = nbr.shape[1] // 2
    for row in range(2 * d):
        if row % d != mu:
            for s in prange(P.shape[1]):
                put(P, (row, s), at(P, row, s) + at(far, row, hop(nbr, d + mu, s)))


@kernel
def add_turned(H, P, U, nbr):
    """H_nu += the derivative of loops Z - Z^dag at both ends of links, Re tr Q Z = Re tr Q (Z - Z^dag) / 2."""
    d = U.shape[0]
    for nu in range(d):
        for s in prange(U.shape[1]):
            Z, C = room(U), room(U)
            store(C, at(H, nu, s))
            store(Z, at(P, nu, s))
            add_multiply(C, -0.5, Z, place(U, nu, s))
            store(Z, at(P, d + nu, hop(nbr, nu, s)))
            add_multiply(C, -0.5, place(U, nu, s), Z)
            put(H, (nu, s), load(C))


@kernel
def add_long_derivative(out, G, U, nbr, factor):
    """out_mu += the derivative of Re <G[d + mu], long links> by U_mu."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        C, T = room(U), room(U)
        for mu in range(d):
            ahead, back = hop(nbr, mu, s), hop(nbr, d + mu, s)
            before = hop(nbr, d + mu, back)
            store(C, at(out, mu, s))
            multiply(T, place(U, mu, ahead), place(U, mu, hop(nbr, mu, ahead)))
            add_multiply(C, factor, place(G, d + mu, s), dag(T))
            multiply(T, place(G, d + mu, back), dag(place(U, mu, ahead)))
            add_multiply(C, factor, dag(place(U, mu, back)), T)
            multiply(T, place(U, mu, before), place(U, mu, back))
            add_multiply(C, factor, dag(T), place(G, d + mu, before))
            put(out, (mu, s), load(C))


@kernel
def adjoint(out, X):
    """out_mu = X_mu^dag."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            put(out, (mu, s), dag(at(X, mu, s)))


@kernel
def add_adjoint(out, X):
    """out_mu += X_mu^dag."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            put(out, (mu, s), at(out, mu, s) + dag(at(X, mu, s)))
