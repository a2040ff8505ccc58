"""Fat links, sums of paths n -> n + mu, by staples of staples, and their derivative (``dirac.fatlinks``).

A field X_mu that transforms like links has the staples, up to factors of a sum of paths,

A_mu,nu(n) = U_nu(n) X_mu(n + nu) U_nu(n + mu)^dag + U_nu(n - nu)^dag X_mu(n - nu) U_nu(n - nu + mu),

of which paths with more directions are made as staples of such fields, those of seven links from those of five, and so
on: 4 products for each of 48 pairs of staples of a site in d = 4, in place of 1700 for all paths one by one.

Fields of staples [nu, block] are those of one direction mu, with nothing at nu = mu: those of all directions would not
stay in the caches.  On lattices out of the nearer caches the kernels ask for what the next block reads and writes.  The
derivative: ``fattening_derivative``.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.loops import following
from lqcdnn.kernels.simd import (
    add_both,
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

CACHED = 2**18
"""Bytes of a field of links up to which asking ahead takes longer than it saves."""


@device
def add_staples(C, T, V, U, X, row, nbr, mu, nu, s, soon):
    """C += A, both staples along nu of the field X[row], paths n -> n + mu, at block s; C, T and V are rooms.

    What block ``soon`` will read is asked for, here and below, where links are not next to the processor.
    """
    up, down, far = hop(nbr, nu, s), hop(nbr, U.shape[0] + nu, s), U.nbytes > CACHED
    if far:
        ask(X, row, hop(nbr, nu, soon))
        ask(U, nu, soon)
        ask(U, nu, hop(nbr, mu, soon))
    multiply(T, place(X, row, up), dag(place(U, nu, hop(nbr, mu, s))))
    if far:
        ask(X, row, hop(nbr, U.shape[0] + nu, soon))
    multiply(V, place(X, row, down), place(U, nu, hop(nbr, mu, down)))
    if far:
        ask(U, nu, hop(nbr, U.shape[0] + nu, soon))
        ask(U, nu, hop(nbr, mu, hop(nbr, U.shape[0] + nu, soon)))
    add_both(C, place(U, nu, s), T, dag(place(U, nu, down)), V)


@kernel
def staples(A, U, X, nbr, order, mu):
    """A_nu = the staples of X_mu along nu."""
    for i in prange(order.size):
        s, soon, C, T, V = order[i], following(order, i), room(U), room(U), room(U)
        for nu in range(U.shape[0]):
            if nu != mu:
                ask_output(A, nu, soon)
                store(C, zero(U))
                add_staples(C, T, V, U, X, mu, nbr, mu, nu, s, soon)
                stream(A, (nu, s), load(C))


@inlined
def inside(M, C, X, A, mu, s, three, five, seven, straight):
    """M_sigma = three X_mu + straight A_sigma + five A_rho + seven C_sigma, summed over rho; C are rooms."""
    for sigma in range(A.shape[0]):
        if sigma != mu:
            total = add_scaled(three * at(X, mu, s), straight, at(A, sigma, s))
            for rho in range(A.shape[0]):
                if rho != mu and rho != sigma:
                    total = add_scaled(total, five, at(A, rho, s))
            stream(M, (sigma, s), add_scaled(total, seven, load(member(C, sigma))))


@kernel
def staples_inside(M, U, X, A, nbr, order, mu, three, five, seven, straight):
    """M_sigma, of which the staples along sigma are all paths that leave mu along sigma first.

    M = three X_mu + straight A_sigma + sum over rho of (five A_rho + seven times the staples along rho of A_nu), A the
    staples of X_mu, with rho and nu neither mu nor sigma nor each other.
    """
    d = U.shape[0]
    for i in prange(order.size):
        s, soon, C, T, V = order[i], following(order, i), rooms(U, 4), room(U), room(U)
        for sigma in range(d):
            ask_output(M, sigma, soon)
            store(member(C, sigma), zero(U))
        for rho in range(d):
            for sigma in range(d):
                for nu in range(d):
                    if rho != mu and sigma != mu and sigma != rho and nu != mu and nu != rho and nu != sigma:
                        add_staples(member(C, sigma), T, V, U, A, nu, nbr, mu, rho, s, soon)
        inside(M, C, X, A, mu, s, three, five, seven, straight)


@kernel
def staples_outside(F, U, X, M, nbr, order, mu, one):
    """F_mu = one X_mu + sum over sigma of the staples along sigma of M_sigma."""
    for i in prange(order.size):
        s, soon, C, T, V = order[i], following(order, i), room(U), room(U), room(U)
        ask_output(F, mu, soon)
        store(C, one * at(X, mu, s))
        for sigma in range(U.shape[0]):
            if sigma != mu:
                add_staples(C, T, V, U, M, sigma, nbr, mu, sigma, s, soon)
        stream(F, (mu, s), load(C))


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
