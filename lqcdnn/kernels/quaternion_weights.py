"""Derivatives of an action by the weights of a network in the algebra, along its pullback (``quaternion_network``).

dS/drho = sum Re tr(Lambda Omega) over the links of a class of loops; of a plaquette's four links that is
2 p.(Lambda_a + b - c - e), p its vector and all Lambda carried to its corner.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import driver, inlined, inner
from lqcdnn.kernels.quaternion_network import closed_line, plane, pull_layer, pull_links
from lqcdnn.kernels.simd import at, columns, find_column, hop, lane_sum, load, member, pick, rooms
from lqcdnn.kernels.simd.scatter import put_sites
from lqcdnn.kernels.simd.vector import dot, imaginary, quaternion, scalar, turned, turned_back


@inlined
def line_products(work, U, lines, v, d, mu, extent, own):
    """The line of vector v, see :func:`put_line_products`."""
    B = rooms(U, 64)
    w = imaginary(closed_line(B, U, lines, v, mu, extent))
    for j in range(own):
        n = hop(lines, j, v)
        Lambda = imaginary(at(work, d + mu, n))
        here = turned_back(load(member(B, j)), w) if j > 0 else w
        put_sites(work, d + mu, n, quaternion(U, 2.0 * dot(Lambda, here), Lambda))


@inner
def put_line_products(work, U, nbr, lines, ranges):
    """Re tr(Lambda Omega) of the winding lines as q0 beside Lambda: lines may be in two lanes, a site is in one."""
    d = nbr.shape[1] // 2
    for mu in range(d):
        for v in prange(ranges[0, mu], ranges[0, mu + 1]):
            line_products(work, U, lines, v, d, mu, ranges[1, mu], ranges[2, mu])


@inner
def weight_sums(part, work, T, U, nbr, ranges):
    """part[s, 0, mu] = sum over a block of Re tr(Lambda_mu Omega_mu) of plaquettes with lower corner there, and
    part[s, 1, mu] that of lines."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        N = columns(work)
        for mu in range(d):
            find_column(N, mu, work, d, d, hop(nbr, mu, s))
            part[s, 0, mu] = 0.0
            part[s, 1, mu] = 0.0
            if ranges[0, mu] < ranges[0, mu + 1]:
                part[s, 1, mu] = lane_sum(scalar(at(work, d + mu, s)))
        for mu in range(1, d):
            for nu in range(mu):
                p = imaginary(at(T, plane(d, mu, nu), s))
                Lb, Lc = imaginary(load(pick(N, mu, nu))), imaginary(load(pick(N, nu, mu)))
                Dmu = imaginary(at(work, d + mu, s)) - turned(at(U, nu, s), Lc)
                Dnu = turned(at(U, mu, s), Lb) - imaginary(at(work, d + nu, s))
                part[s, 0, mu] += 2.0 * lane_sum(dot(p, Dmu))
                part[s, 0, nu] += 2.0 * lane_sum(dot(p, Dnu))


@driver
def pull_back_weights(total, part, Sigma, out, tape, U, nbr, weight, lines, ranges):
    """A Sigma of the input links, and for each layer part[layer] of :func:`weight_sums`."""
    far, work = tape[weight.shape[0]], tape[weight.shape[0] + 1]
    for k in range(weight.shape[0] - 1, -1, -1):
        below = tape[k - 1] if k > 0 else U
        pull_layer(work, far, k, Sigma, out, tape, below, nbr, weight, lines, ranges)
        put_line_products(work, below, nbr, lines, ranges)
        weight_sums(part[k], work, tape[k], below, nbr, ranges)
    pull_links(total, 0.0, work, far, U, nbr)
