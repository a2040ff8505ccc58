"""Staples of the loops that wind around a direction, and their derivative, a whole line of links at once.

The staple of link j of a line of L links is the product R_j of all others, from j + 1 around to j - 1, daggered.  With
the products A_{j+1} ... A_{L-1} and A_0 ... A_{j-1} made one from the other that is three products for a link.

``lines`` [j, vector] holds site j of each line, W lines in a vector; where their number is no multiple of W the last
vector names one several times, which does no harm.  ``ranges`` [3, d + 1] has the vectors of lines along mu,
ranges[0, mu] to ranges[0, mu + 1], the links of a line, ranges[1, mu], and how many of them from the first on are this
vector's to write, ranges[2, mu] (half where the other half of the line is in another lane).  Directions of weight [d]
zero are left out.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import inlined, kernel
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    at,
    dag,
    hop,
    load,
    member,
    multiply,
    multiply_both,
    room,
    rooms,
    store,
)
from lqcdnn.kernels.simd.scatter import put_sites

LONGEST = 64
"""Links of the longest line that the rooms below hold (``rooms`` takes literals only).

They are on the stack: 0.3 MB for SU(3), 2 MB for SU(8), with 8 lanes.
"""


@inlined
def line_staples(C, U, lines, v, mu, extent, own, weight):
    """The line of vector v."""
    A, after, before, T = rooms(U, 64), rooms(U, 64), room(U), room(U)
    for j in range(extent):
        store(member(A, j), at(U, mu, hop(lines, j, v)))
    store(member(after, extent - 1), load(member(A, extent - 1)))
    for j in range(extent - 2, 0, -1):
        multiply(member(after, j), member(A, j), member(after, j + 1))
    store(before, load(member(A, 0)))
    for j in range(own):
        if j == 0:
            store(T, load(member(after, 1)))
        elif j < extent - 1:
            multiply(T, member(after, j + 1), before)
            if j < own - 1:
                multiply(before, before, member(A, j))
        else:
            store(T, load(before))
        x = hop(lines, j, v)
        put_sites(C, mu, x, add_scaled(at(C, mu, x), weight, load(dag(T))))


@kernel
def add_line_staples(C, U, lines, ranges, weight):
    """C_mu(n) += weight_mu R^dag for all links along mu."""
    for mu in range(U.shape[0]):
        if weight[mu] != 0.0:
            for v in prange(ranges[0, mu], ranges[0, mu + 1]):
                line_staples(C, U, lines, v, mu, ranges[1, mu], ranges[2, mu], weight[mu])


@inlined
def link_and_next(R, j):
    """A_j, dA_j, and the products after link j with their derivative (of no meaning for the last link)."""
    return member(R, 4 * j), member(R, 4 * j + 1), member(R, 4 * j + 6), member(R, 4 * j + 7)


@inlined
def line_derivatives(Sigma, V, U, lines, v, mu, extent, own, weight):
    """The line of vector v: members A, dA, after, dafter of each link side by side."""
    R, before, dbefore, T = rooms(U, 256), room(U), room(U), room(U)
    for j in range(extent):
        x = hop(lines, j, v)
        store(member(R, 4 * j), at(U, mu, x))
        store(member(R, 4 * j + 1), at(V, mu, x))
    store(member(R, 4 * extent - 2), load(member(R, 4 * extent - 4)))
    store(member(R, 4 * extent - 1), load(member(R, 4 * extent - 3)))
    for j in range(extent - 2, 0, -1):
        A, dA, after, dafter = link_and_next(R, j)
        multiply(member(R, 4 * j + 2), A, after)
        multiply_both(member(R, 4 * j + 3), A, dafter, dA, after)
    store(before, load(member(R, 0)))
    store(dbefore, load(member(R, 1)))
    for j in range(own):
        A, dA, after, dafter = link_and_next(R, j)
        if j == 0:
            store(T, load(dafter))
        elif j < extent - 1:
            multiply_both(T, dafter, before, after, dbefore)
            if j < own - 1:
                multiply(dbefore, dbefore, A)
                add_multiply(dbefore, None, before, dA)
                multiply(before, before, A)
        else:
            store(T, load(dbefore))
        x = hop(lines, j, v)
        put_sites(Sigma, mu, x, add_scaled(at(Sigma, mu, x), weight, load(T)))


@kernel
def add_line_derivatives(Sigma, V, U, lines, ranges, weight):
    """Sigma_mu(n) += (D C_mu(n))^dag = weight_mu D R, D the derivative in the direction dU = V."""
    for mu in range(U.shape[0]):
        if weight[mu] != 0.0:
            for v in prange(ranges[0, mu], ranges[0, mu + 1]):
                line_derivatives(Sigma, V, U, lines, v, mu, ranges[1, mu], ranges[2, mu], weight[mu])
