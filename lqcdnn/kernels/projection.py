"""Sweeps towards maximally abelian and maximal centre gauge, and the projections of links in them (confinement.md).

Both raise a sum over links of a convex function of the entries, f = sum_i |W_ii|^2 or |tr W|^2 / N, W = G U G^dag.
At fixed neighbours a turn G(n) -> a G(n) makes W(n) -> a W(n) of each of the 2 d links at n (those that end there as
their adjoints), and f lies above what it is to first order:

sum f(a W) >= 2 Re tr(a M) - sum f(W),   M = sum W D(W)^dag,   D(W) = diag(W_11, W_22, ...) or (tr W / N) 1.

So a matrix that raises Re tr(a M) raises the functional, and a turn is one of Landau gauge (``kernels.gaugefixing``)
with M in place of the sum of the links, overrelaxation and all.  TA(M) = 0 at a maximum.

For SU(2) and the diagonal Re tr(a M) is not the best bound: without the lowest eigenvalue of the quadratic form in a,
a multiple of 1 in M that changes nothing but the step, the largest value is that of the functional itself.
"""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.ape import without_phase
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.gaugefixing import relaxed
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


@device
def add_leg(M, W, abelian):
    """M + W D(W)^dag."""
    if abelian:
        return add_product(M, W, dag(diagonal(W)))
    t = tr(W)
    share = 1.0 / colors(W)
    return add_product(M, W, dag(multiple_of_one(W, share * re(t), share * im(t))))


@device
def projected_around(G, U, nbr, abelian, x):
    """M(n) of all directions."""
    M, g = zero(U), at(G, 0, x)
    for mu in range(U.shape[0]):
        behind = hop(nbr, U.shape[0] + mu, x)
        M = add_leg(M, g @ at(U, mu, x) @ dag(at(G, 0, hop(nbr, mu, x))), abelian)
        M = add_leg(M, g @ dag(at(U, mu, behind)) @ dag(at(G, 0, behind)), abelian)
    return M


def steepest(M, legs):
    """M without the multiple of 1 that makes steps shorter, where that is known."""


@overload(steepest, jit_options={"error_model": "numpy"})
def steepest_of_kind(M, legs):
    return steepest_quaternion if M.quaternion else steepest_matrix


def steepest_matrix(M, legs):
    return M


def steepest_quaternion(M, legs):
    """The form of the diagonal has the eigenvalues (legs +- r) / 2: r^2 = (2 M_11 - legs)^2 + |2 M_12|^2."""
    unit, trace = one_like(re(tr(M))), re(tr(M))
    r2 = 2.0 * norm2(M) - 2.0 * legs * trace + (legs * legs) * unit
    r = lane_sqrt(where_less(r2, zero_like(r2), zero_like(r2), r2))
    return M + multiple_of_one(M, 0.5 * (r - legs * unit), zero_like(r))


@device
def gained(M, legs, abelian):
    """What :func:`relaxed` is given."""
    return steepest(M, legs) if abelian else M


@kernel
def relax_blocks(G, U, nbr, first, last, abelian, omega):
    """A turn for all sites of the blocks first ... last - 1, of which no two are neighbours; G [1, block]."""
    for s in prange(first, last):
        M = gained(projected_around(G, U, nbr, abelian, s), 2.0 * U.shape[0], abelian)
        put(G, (0, s), relaxed(at(G, 0, s), M, omega))


@kernel
def relax_sites(G, U, nbr, vectors, first, last, abelian, omega):
    """As :func:`relax_blocks` for vectors[first:last] of sites (a table of one column)."""
    for i in prange(first, last):
        x = hop(vectors, 0, i)
        M = gained(projected_around(G, U, nbr, abelian, x), 2.0 * U.shape[0], abelian)
        put_sites(G, 0, x, relaxed(at(G, 0, x), M, omega))


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
