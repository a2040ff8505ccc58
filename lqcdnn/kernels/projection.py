"""Sweeps towards maximally abelian and maximal centre gauge, and the projections of links in them (confinement.md).

Both raise a sum over links of a convex function of the entries, f = sum_i |W_ii|^2 or |tr W|^2 / N, W = G U G^dag.
At fixed neighbours a turn G(n) -> a G(n) makes W(n) -> a W(n) of each of the 2 d links at n (those that end there as
their adjoints), and f lies above what it is to first order:

sum f(a W) >= 2 Re tr(a M) - sum f(W),   M = sum W D(W)^dag,   D(W) = diag(W_11, W_22, ...) or (tr W / N) 1.

So a matrix that raises Re tr(a M) raises the functional, and a turn is one of Landau gauge (``kernels.gaugefixing``)
with M in place of the sum of the links, overrelaxation and all.  TA(M) = 0 at a maximum.

For the diagonal this is not the best bound, and turns by it are short.  Of SU(2), without the lowest eigenvalue of the
quadratic form in a, a multiple of 1 in M that changes nothing but the step, the largest value is that of the
functional itself.  Of SU(N) the sum is sum_k a_k S_k a_k^dag itself, with the rows a_k of a and S_k = sum w_k w_k^dag
of the columns w_k of W (``simd.squares``).  SU(2) subgroups take their best matrices one after the other, from an
eigenvector of a 2 x 2 matrix; their product is overrelaxed as a whole, unless that makes the sum fall.
"""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.ape import without_phase
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.gaugefixing import beside, beyond, chosen, relaxed
from lqcdnn.kernels.heatbath import directed
from lqcdnn.kernels.simd import (
    add_product,
    at,
    colors,
    dag,
    hop,
    im,
    lane_sqrt,
    lane_sum,
    norm2,
    one_like,
    put,
    re,
    redot,
    ta,
    tr,
    zero,
    zero_like,
)
from lqcdnn.kernels.simd.diagonal import diagonal, multiple_of_one, unit_diagonal
from lqcdnn.kernels.simd.functions import where_less
from lqcdnn.kernels.simd.scatter import put_sites
from lqcdnn.kernels.simd.squares import add_squares, daggers, no_squares, pair_part, squares
from lqcdnn.kernels.simd.subgroup import rotate
from lqcdnn.kernels.simd.types import mat_of


@device
def add_leg(M, W, abelian):
    """M + W D(W)^dag."""
    if abelian:
        return add_product(M, W, dag(diagonal(W)))
    t = tr(W)
    share = 1.0 / colors(W)
    return add_product(M, W, dag(multiple_of_one(W, share * re(t), share * im(t))))


@device
def both_ways(G, U, nbr, mu, x):
    """W of direction mu that begins at n, and the adjoint of the one that ends there."""
    g, behind = at(G, 0, x), hop(nbr, U.shape[0] + mu, x)
    ahead = g @ at(U, mu, x) @ dag(at(G, 0, hop(nbr, mu, x)))
    return ahead, g @ dag(at(U, mu, behind)) @ dag(at(G, 0, behind))


@device
def projected_around(G, U, nbr, abelian, x):
    """M(n) of all directions."""
    M = zero(U)
    for mu in range(U.shape[0]):
        ahead, behind = both_ways(G, U, nbr, mu, x)
        M = add_leg(add_leg(M, ahead, abelian), behind, abelian)
    return M


def turned(G, U, nbr, abelian, x, omega):
    """G(n) after its turn."""


@overload(turned, jit_options={"error_model": "numpy"})
def turned_of_kind(G, U, nbr, abelian, x, omega):
    return turned_quaternion if mat_of(U).quaternion else turned_matrix


def turned_quaternion(G, U, nbr, abelian, x, omega):
    M = projected_around(G, U, nbr, abelian, x)
    return relaxed(at(G, 0, x), steepest(M, 2.0 * U.shape[0]) if abelian else M, omega)


def turned_matrix(G, U, nbr, abelian, x, omega):
    if abelian:
        return diagonally_relaxed(G, U, nbr, x, omega)
    return relaxed(at(G, 0, x), projected_around(G, U, nbr, abelian, x), omega)


@device
def steepest(M, legs):
    """M of SU(2) and the diagonal without the lowest eigenvalue of the form, of which (legs +- r) / 2 are the two:
    r^2 = (2 M_11 - legs)^2 + |2 M_12|^2.
    """
    unit, trace = one_like(re(tr(M))), re(tr(M))
    r2 = 2.0 * norm2(M) - 2.0 * legs * trace + (legs * legs) * unit
    r = lane_sqrt(where_less(r2, zero_like(r2), zero_like(r2), r2))
    return M + multiple_of_one(M, 0.5 * (r - legs * unit), zero_like(r))


@device
def diagonally_relaxed(G, U, nbr, x, omega):
    """G(n) of SU(N) after the best turns of its SU(2) subgroups, overrelaxed as a whole where that is no loss."""
    g = at(G, 0, x)
    S = no_squares(g)
    for mu in range(U.shape[0]):
        ahead, behind = both_ways(G, U, nbr, mu, x)
        S = add_squares(add_squares(S, ahead), behind)
    a, T = one_like(g), S
    for i in range(colors(g) - 1):
        for j in range(i + 1, colors(g)):
            Q = pair_part(T, i, j)
            r = lane_sqrt(0.5 * norm2(Q))
            best = beyond(directed(Q + multiple_of_one(Q, r, zero_like(r))), 2.0, 1.0)
            a, T = rotate(best, a, i, j), rotate(best, daggers(rotate(best, T, i, j)), i, j)
    X, near = beside(a, omega)
    takes = where_less(squares(X, S), squares(one_like(X), S), zero_like(near), near)
    return chosen(takes, X, a) @ g


@kernel
def relax_blocks(G, U, nbr, first, last, abelian, omega):
    """A turn for all sites of the blocks first ... last - 1, of which no two are neighbours; G [1, block]."""
    for s in prange(first, last):
        put(G, (0, s), turned(G, U, nbr, abelian, s, omega))


@kernel
def relax_sites(G, U, nbr, vectors, first, last, abelian, omega):
    """As :func:`relax_blocks` for vectors[first:last] of sites (a table of one column)."""
    for i in prange(first, last):
        x = hop(vectors, 0, i)
        put_sites(G, 0, x, turned(G, U, nbr, abelian, x, omega))


@kernel
def gauge_sums(part, G, U, nbr, abelian):
    """part[0, s] = sum over a block of f of its links, part[1, s] = sum of tr Delta Delta^dag, Delta = 2 TA(M)."""
    for s in prange(U.shape[1]):
        M = projected_around(G, U, nbr, abelian, s)
        D = ta(M)
        part[0, s] = 0.5 * lane_sum(re(tr(M)))
        part[1, s] = 4.0 * redot(D, D)


@kernel
def abelian_links(out, U):
    """The diagonal matrix of SU(N) of the phases of U_ii less the N-th part of their sum taken in (-pi, pi]."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put(out, (mu, s), without_phase(unit_diagonal(at(U, mu, s))))


@kernel
def center_links(out, U, roots):
    """The element z of the centre with the largest Re tr(U z^dag); roots[k] = real and imaginary part of each."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            X = at(U, mu, s)
            t = tr(X)
            unit = one_like(re(t))
            x, y, best = roots[0, 0] * unit, roots[0, 1] * unit, re(t)
            for k in range(1, roots.shape[0]):
                value = roots[k, 0] * re(t) + roots[k, 1] * im(t)
                x = where_less(best, value, roots[k, 0] * unit, x)
                y = where_less(best, value, roots[k, 1] * unit, y)
                best = where_less(best, value, value, best)
            put(out, (mu, s), multiple_of_one(X, x, y))


@kernel
def quotient(out, U, Z):
    """U_mu(n) Z_mu(n)^dag."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put(out, (mu, s), at(U, mu, s) @ dag(at(Z, mu, s)))
