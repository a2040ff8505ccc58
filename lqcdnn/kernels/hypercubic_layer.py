"""A layer of hypercubic exponential (HEX) smearing: staples of the fields of a level, and their derivative.

``lattice.hypercubes`` says which fields there are.  A level is made of planes: the links A of one field along mu and B
of another along nu of the level before close to plaquettes, of which staples belong to one field along mu and one along
nu of this level.  So a staple along nu has B for its sides and A for its top, and half of one is shared by two.  With
the links themselves for A and B, and for the fields of the level, these are the plaquettes of a stout layer.

Rows of ``planes``: mu, nu, the fields A and B, those of this level along mu and along nu.

Fields of levels have one block more than there are, of any content: at a distance of a power of two the same blocks of
all of them would want the same few places of a cache.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import driver, kernel
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
from lqcdnn.kernels.links import add_multiple
from lqcdnn.kernels.plaquette_layer import derivative_ahead, derivative_behind, derivative_below
from lqcdnn.kernels.simd import (
    add_multiply,
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
    zero,
)

FIELDS = 12
"""The most fields that a level has, in d = 4."""


@kernel
def level_staples(C, V, nbr, planes, weight):
    """C = weight [field] times the staples that fields V make for the fields of the next level."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        S, T = rooms(V, FIELDS), room(V)
        for f in range(C.shape[0]):
            store(member(S, f), zero(V))
        for p in range(planes.shape[0]):
            mu, nu, a, b, x, y = planes[p, 0], planes[p, 1], planes[p, 2], planes[p, 3], planes[p, 4], planes[p, 5]
            up, down, ahead, behind = hop(nbr, nu, s), hop(nbr, d + nu, s), hop(nbr, mu, s), hop(nbr, d + mu, s)
            multiply(T, place(V, a, up), dag(place(V, b, ahead)))
            add_multiply(member(S, x), None, place(V, b, s), T)
            add_multiply(member(S, y), None, place(V, a, s), dag(T))
            multiply(T, place(V, a, down), place(V, b, hop(nbr, mu, down)))
            add_multiply(member(S, x), None, dag(place(V, b, down)), T)
            multiply(T, place(V, b, behind), place(V, a, hop(nbr, nu, behind)))
            add_multiply(member(S, y), None, dag(place(V, a, behind)), T)
        for f in range(C.shape[0]):
            put(C, (f, s), weight[f] * load(member(S, f)))


@kernel
def level_derivatives(Sigma, W, V, nbr, planes, add):
    """Sigma of the fields V = (D C)^dag, D the derivative of the staples C when A and B change as W does.

    W is what C is multiplied by, Re tr(W^dag C), see ``kernels.layer``: a plaquette is the same whichever of its links
    it is opened at.  With ``add`` it is added to Sigma.
    """
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        C, T, dT = rooms(V, FIELDS), room(V), room(V)
        for f in range(V.shape[0]):
            store(member(C, f), zero(V))
        for p in range(planes.shape[0]):
            mu, nu, a, b, x, y = planes[p, 0], planes[p, 1], planes[p, 2], planes[p, 3], planes[p, 4], planes[p, 5]
            A, B, dA, dB = V[a - mu :], V[b - nu :], W[x - mu :], W[y - nu :]  # rows mu and nu are theirs
            behind = hop(nbr, d + mu, s)
            derivative_ahead(member(C, b), None, member(C, a), T, dT, A, dA, B, dB, nbr, nbr, mu, nu, s)
            derivative_below(None, member(C, a), T, dT, A, dA, B, dB, nbr, mu, nu, hop(nbr, d + nu, s))
            at_a, at_da = place(A, mu, behind), place(dA, mu, behind)
            derivative_behind(member(C, b), T, dT, A, dA, at_a, at_da, B, dB, nbr, mu, nu, behind)
        for f in range(V.shape[0]):
            if add:
                put(Sigma, (f, s), at(Sigma, f, s) + dag(load(member(C, f))))
            else:
                put(Sigma, (f, s), dag(load(member(C, f))))


@driver
def smear_level(out, C, V, U, nbr, planes, weight, no_weights):
    """C of the fields of a level and out = exp(TA(C U^dag)) U; d fields lie side by side, along 0, ..., d - 1."""
    d = U.shape[0]
    level_staples(C, V, nbr, planes, weight)
    for k in range(0, C.shape[0], d):
        turned = out[k : k + d]
        rotate_by_staples(turned, turned, U, 0.0, 1.0, C[k : k + d], U[:, :-1], U, nbr, no_weights)


@driver
def pull_level(total, Sigma, W, scaled, part, Sigma_out, C, V, U, nbr, planes, weight, first, last):
    """Sigma of the fields V of a level from Sigma' of those made of them; that of U is added to ``total``.

    ``first``: ``total`` may hold anything; ``last``: V is U, and Sigma is ``total``.  W and ``scaled``: -Lambda U and
    its multiples by ``weight`` (they may be one field); ``part``: room for links.
    """
    d = U.shape[0]
    for k in range(0, C.shape[0], d):
        own = total if first and k == 0 else part
        fields, factors = slice(k, k + d), weight[k : k + d]
        pullback_exponential(own, W[fields], scaled[fields], factors, Sigma_out[fields], C[fields], U)
        if not (first and k == 0):
            add_multiple(total, part, 1.0)
    level_derivatives(Sigma, scaled, V, nbr, planes, last)
