"""Fat links, sums of paths n -> n + mu, by staples of staples, and their derivative (``dirac.fatlinks``).

A field X_mu that transforms like links has the staples, up to factors of a sum of paths,

A_mu,nu(n) = U_nu(n) X_mu(n + nu) U_nu(n + mu)^dag + U_nu(n - nu)^dag X_mu(n - nu) U_nu(n - nu + mu),

of which paths with more directions are made as staples of such fields, those of seven links from those of five, and so
on: 4 products for each of 48 pairs of staples of a site in d = 4, in place of 1700 for all paths one by one.

X -> F at fixed sides U is a selfadjoint linear map.  So with dS = Re <G, dF>, <G, F> = tr G^dag F, the derivative by
the links in the middle of paths is the same sum of staples of G; what is left is that by the sides (:func:`add_sides`).

Fields of staples [nu, block] are those of one direction mu, with nothing at nu = mu: those of all directions would not
stay in the caches.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.simd import add_multiply, add_scaled, at, dag, hop, load, multiply, place, put, room, store, zero


@device
def add_staples(C, T, factor, U, X, row, nbr, mu, nu, s):
    """C += factor A, both staples along nu of the field X[row], paths n -> n + mu, at block s; C and T are rooms."""
    ahead, up, down = hop(nbr, mu, s), hop(nbr, nu, s), hop(nbr, U.shape[0] + nu, s)
    multiply(T, place(X, row, up), dag(place(U, nu, ahead)))
    add_multiply(C, factor, place(U, nu, s), T)
    multiply(T, place(X, row, down), place(U, nu, hop(nbr, mu, down)))
    add_multiply(C, factor, dag(place(U, nu, down)), T)


@kernel
def staples(A, U, X, nbr, mu):
    """A_nu = the staples of X_mu along nu."""
    for s in prange(U.shape[1]):
        C, T = room(U), room(U)
        for nu in range(U.shape[0]):
            if nu != mu:
                store(C, zero(U))
                add_staples(C, T, 1.0, U, X, mu, nbr, mu, nu, s)
                put(A, (nu, s), load(C))


@kernel
def staples_inside(M, U, X, A, nbr, mu, three, five, seven, straight):
    """M_sigma, of which the staples along sigma are all paths that leave mu along sigma first.

    M = three X_mu + straight A_sigma + sum over rho of (five A_rho + seven times the staples along rho of A_nu), A the
    staples of X_mu, with rho and nu neither mu nor sigma nor each other.
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        C, T = room(U), room(U)
        for sigma in range(d):
            if sigma != mu:
                store(C, add_scaled(three * at(X, mu, s), straight, at(A, sigma, s)))
                for rho in range(d):
                    if rho != mu and rho != sigma:
                        store(C, add_scaled(load(C), five, at(A, rho, s)))
                        for nu in range(d):
                            if nu != mu and nu != sigma and nu != rho:
                                add_staples(C, T, seven, U, A, nu, nbr, mu, rho, s)
                put(M, (sigma, s), load(C))


@kernel
def staples_outside(F, U, X, M, nbr, mu, one):
    """F_mu = one X_mu + sum over sigma of the staples along sigma of M_sigma."""
    for s in prange(U.shape[1]):
        C, T = room(U), room(U)
        store(C, one * at(X, mu, s))
        for sigma in range(U.shape[0]):
            if sigma != mu:
                add_staples(C, T, 1.0, U, M, sigma, nbr, mu, sigma, s)
        put(F, (mu, s), load(C))


@device
def add_side(C, T, factor, U, X, x, Y, y, nbr, mu, nu, s):
    """C += half of the derivative of factor Re <Y[y], staples of X[x]> by U_nu; the other has X and Y exchanged.

    With T = U_nu(n + mu) X(n + nu)^dag it is Y(n) T, and Y(n)^dag U_nu(n) X(n + nu) of n - mu.
    """
    ahead, back = hop(nbr, mu, s), hop(nbr, U.shape[0] + mu, s)
    multiply(T, place(U, nu, ahead), dag(place(X, x, hop(nbr, nu, s))))
    add_multiply(C, factor, place(Y, y, s), T)
    multiply(T, place(U, nu, back), place(X, x, hop(nbr, nu, back)))
    add_multiply(C, factor, dag(place(Y, y, back)), T)


@kernel
def add_sides(out, U, A, M, G, B, N, nbr, mu, seven):
    """out_nu += the derivative of Re <G_mu, F_mu> by the sides U_nu of all staples.

    A and M are the fields of staples of U_mu with three = 0 in M, B and N those of G_mu with three as it is: then
    outermost and innermost sides are those of the pairs (M, G) and (U, N), those between of (A, B).
    """
    d = U.shape[0]
    for s in prange(U.shape[1]):
        C, T = room(U), room(U)
        for nu in range(d):
            if nu != mu:
                store(C, at(out, nu, s))
                add_side(C, T, 1.0, U, M, nu, G, mu, nbr, mu, nu, s)
                add_side(C, T, 1.0, U, G, mu, M, nu, nbr, mu, nu, s)
                add_side(C, T, 1.0, U, U, mu, N, nu, nbr, mu, nu, s)
                add_side(C, T, 1.0, U, N, nu, U, mu, nbr, mu, nu, s)
                for a in range(d):
                    for b in range(d):
                        if a != mu and a != nu and b != mu and b != nu and a != b:
                            add_side(C, T, seven, U, A, a, B, b, nbr, mu, nu, s)
                            add_side(C, T, seven, U, B, b, A, a, nbr, mu, nu, s)
                put(out, (nu, s), load(C))


@kernel
def long_links(out, U, nbr, factor):
    """out[d + mu] = factor U_mu(n) U_mu(n + mu) U_mu(n + 2 mu)."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        T, C = room(U), room(U)
        for mu in range(d):
            ahead = hop(nbr, mu, s)
            multiply(T, place(U, mu, s), place(U, mu, ahead))
            multiply(C, T, place(U, mu, hop(nbr, mu, ahead)))
            put(out, (d + mu, s), factor * load(C))


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
