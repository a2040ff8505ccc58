"""Sweeps that raise sum over links of Re tr U'_mu(n), U'_mu(n) = G(n) U_mu(n) G(n + mu)^dag, site after site.

Links are left alone: what changes is the gauge transformation G.  At fixed neighbours only Re tr W counts,

W(n) = G(n) K(n),   K(n) = sum over mu of U_mu(n) G(n + mu)^dag + U_mu(n - mu)^dag G(n - mu)^dag,

and G(n) is replaced by a G(n).  For SU(2) and U(1), with W = k q, |q| = 1, the largest value has a = q^dag.
Overrelaxation (J. E. Mandula, M. Ogilvie, Phys. Lett. B 248 (1990) 156) goes farther, here to

a = ((1 - omega) + omega q^dag) / |...|,   1 <= omega <= 2.

The sum never falls: q = exp(i theta n.sigma) is turned back by theta to 2 theta, because at omega = 2 the sine of what
is missing to 2 theta is positive, 2 sin theta (1 - cos theta) / |...|; Re tr W is 2 k times the cosine of what is left.

For SU(N), N > 2, a is made of the best matrices of the SU(2) subgroups one after the other (N. Cabibbo, E. Marinari,
Phys. Lett. B 119 (1982) 387) and overrelaxed as a whole: the matrix of SU(N) next to (1 - omega) + omega a, and a
itself where that lowers Re tr W.  (With each subgroup overrelaxed by itself SU(3) took four times as many sweeps.)

W - W^dag without its trace, 2 TA(W), is the divergence of U - U^dag: what flows out of n in all directions less what
flows in.
"""

from __future__ import annotations

import math

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.ape import unitary_part
from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.heatbath import directed
from lqcdnn.kernels.links import determinant, without_small_phase
from lqcdnn.kernels.simd import (
    add_product,
    add_scaled,
    at,
    colors,
    dag,
    hop,
    im,
    lane_div,
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
from lqcdnn.kernels.simd.functions import where_less
from lqcdnn.kernels.simd.scatter import put_sites
from lqcdnn.kernels.simd.subgroup import rotate, subgroup_part

MOST_COLORS, SAFE_NORM = 4, 1.7
"""Up to so many colours the singular values of (1 - omega) + omega a, which lie between 1 and 3, are below 3^(1/2), as
Newton's iteration for the unitary part needs them, if the norm is that of 1; of more colours they are with this norm.
"""

NEAR = 1e-4
"""|det - 1|^2 of a unitary matrix that ``without_small_phase`` brings into SU(N) within 1e-11."""


@device
def around(G, U, nbr, directions, x):
    """W(n) = G(n) K(n), with the first so many directions."""
    K = zero(U)
    for mu in range(directions):
        behind = hop(nbr, U.shape[0] + mu, x)
        K = add_product(K, at(U, mu, x), dag(at(G, 0, hop(nbr, mu, x))))
        K = add_product(K, dag(at(U, mu, behind)), dag(at(G, 0, behind)))
    return at(G, 0, x) @ K


@device
def beyond(Q, size, omega):
    """((1 - omega) + omega Q / k) / |...|, k^2 = |Q|^2 / size, |1|^2 = size."""
    unit = one_like(Q)
    k = lane_sqrt((1.0 / size) * norm2(Q))
    a = add_scaled((1.0 - omega) * unit, lane_div(omega * one_like(k), k), Q)
    norm = lane_sqrt((1.0 / size) * norm2(a))
    return lane_div(one_like(norm), norm) * a


def relaxed(G, W, omega):
    """G(n) after its turn."""


@overload(relaxed, jit_options={"error_model": "numpy"})
def relaxed_of_kind(G, W, omega):
    return {1: relaxed_phase, 2: relaxed_quaternion}.get(G.n, relaxed_matrix)


def relaxed_phase(G, W, omega):
    """Of U(1): the phase that makes W real, overrelaxed."""
    return beyond(directed(dag(W)), 1.0, omega) @ G


def relaxed_quaternion(G, W, omega):
    """Of SU(2): the matrix that makes W a multiple of 1, overrelaxed."""
    return beyond(dag(directed(W)), 2.0, omega) @ G


def relaxed_matrix(G, W, omega):
    """Of SU(N): SU(2) subgroups one after the other, their product overrelaxed as a whole."""
    best, V = one_like(G), W
    for i in range(colors(G) - 1):
        for j in range(i + 1, colors(G)):
            a = beyond(dag(directed(subgroup_part(V, i, j))), 2.0, 1.0)
            best, V = rotate(a, best, i, j), rotate(a, V, i, j)
    return farther(best, W, omega) @ G


@device
def farther(a, W, omega):
    """The matrix of SU(N) next to (1 - omega) + omega a; a itself where that lowers Re tr W or is not near."""
    X, near = beside(a, omega)
    return chosen(where_less(re(tr(X @ W)), re(tr(W)), zero_like(near), near), X, a)


@device
def beside(a, omega):
    """The matrix of SU(N) next to (1 - omega) + omega a, and 1 where it is near, else 0."""
    M = add_scaled((1.0 - omega) * one_like(a), omega, a)
    size = norm2(M)
    unit, none = one_like(size), zero_like(size)
    norm = math.sqrt(colors(a)) if colors(a) <= MOST_COLORS else SAFE_NORM
    X = unitary_part(lane_div(norm * unit, lane_sqrt(size)) * M)
    z = determinant(X)
    x, y = re(z) - unit, im(z)
    X = without_small_phase(X)
    return X, where_less(x * x + y * y, NEAR * unit, unit, none)


@device
def chosen(takes, X, a):
    """X where ``takes`` is 1, a where it is 0."""
    return takes * X + (one_like(takes) - takes) * a


@kernel
def relax_blocks(G, U, nbr, first, last, directions, omega):
    """A turn for all sites of the blocks first ... last - 1, of which no two are neighbours; G [1, block]."""
    for s in prange(first, last):
        put(G, (0, s), relaxed(at(G, 0, s), around(G, U, nbr, directions, s), omega))


@kernel
def relax_sites(G, U, nbr, vectors, first, last, directions, omega):
    """As :func:`relax_blocks` for vectors[first:last] of sites (a table of one column)."""
    for i in prange(first, last):
        x = hop(vectors, 0, i)
        put_sites(G, 0, x, relaxed(at(G, 0, x), around(G, U, nbr, directions, x), omega))


@kernel
def gauge_sums(part, G, U, nbr, directions):
    """part[0, s] = sum over a block of Re tr U'_mu, part[1, s] = sum of tr Delta Delta^dag, Delta = 2 TA(W)."""
    for s in prange(U.shape[1]):
        W = around(G, U, nbr, directions, s)
        D = ta(W)
        part[0, s] = 0.5 * lane_sum(re(tr(W)))
        part[1, s] = 4.0 * redot(D, D)
