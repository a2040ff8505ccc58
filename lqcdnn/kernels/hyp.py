"""One field of hypercubic smearing: a link and the staples of other fields around it, projected onto the group."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.ape import unitary_part, without_phase
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    at,
    dag,
    hop,
    load,
    multiply,
    place,
    put,
    room,
    store,
    zero,
)


@device
def staples_of(V, nbr, d, mu, staples, s):
    """Sum over rows (nu, side, top) of ``staples`` of both staples n -> n + mu: sides V_side along nu, top V_top."""
    C, T, ahead = room(V), room(V), hop(nbr, mu, s)
    store(C, zero(V))
    for i in range(staples.shape[0]):
        nu, side, top = staples[i, 0], staples[i, 1], staples[i, 2]
        up, down = hop(nbr, nu, s), hop(nbr, d + nu, s)
        multiply(T, place(V, top, up), dag(place(V, side, ahead)))
        add_multiply(C, None, place(V, side, s), T)
        multiply(T, place(V, top, down), place(V, side, hop(nbr, mu, down)))
        add_multiply(C, None, dag(place(V, side, down)), T)
    return load(C)


@kernel
def smear_links(out, U, V, nbr, mu, staples, alpha, special):
    """out(n) = projection of (1 - alpha) U_mu(n) + alpha/(2 rows) (sum of the :func:`staples_of` the fields V)."""
    for s in prange(out.shape[0]):
        C = staples_of(V, nbr, U.shape[0], mu, staples, s)
        X = unitary_part(add_scaled((1.0 - alpha) * at(U, mu, s), 0.5 * alpha / staples.shape[0], C))
        if special:
            X = without_phase(X)
        put(out, s, X)
