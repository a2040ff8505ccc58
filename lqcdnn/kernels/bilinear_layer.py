"""Bilinear gauge-equivariant layers on fields of matrices that transform at their site (Favoni et al., 2012.12901).

Channels W_c(n), c = 0, ..., C - 1, become W(n) -> Omega(n) W(n) Omega(n)^dag.  Carried from the end of a straight way
of s links, s = 1, ..., reach, to its beginning they are T_{c r}(n) = D W_c(n + r) D^dag, D the product of the links of
the way; r = 0 is no way, r = 1 + side reach + s - 1 the way of s links to a side (mu ahead, d + mu behind).  A layer
makes

    W'_i(n) = sum_j V_j(n) M_{ij}(n),   M_{ij}(n) = sum_m a[i, j, m] X_m(n)

V: the unit matrix, W_c, W_c^dag; X: the unit matrix, then T_{c r} with m = 1 + c R + r, R = 1 + 2 d reach, and after
these T_{c r}^dag.  Derivatives G are those of Re tr(G_i dW'_i).  ``used`` [i, j, 1 + c R + r] says which T_{c r} have
weights, they or T_{c r}^dag, and [i, j, 0] whether any X has: weights elsewhere are 0, and so are their derivatives;
``needed`` [c R + r] which T_{c r} have any.

The blocks are shared out among parts, whose number is no matter of threads, so that sums over the blocks of a part have
the same bits with any.  ``T`` [C R, slot] holds what is carried for one block of each of the parts that one call sees
to, from part ``first`` on.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, inlined, kernel
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    at,
    dag,
    hop,
    im,
    lane_sum,
    load,
    multiply,
    one,
    place,
    put,
    re,
    redot,
    room,
    sites,
    store,
    tr,
    zero,
)


@device
def first_block(part, parts, blocks):
    """The first of the blocks of a part; the number of blocks beyond the last part."""
    return (min(part, parts) * blocks) // parts


@kernel
def plaquette_channels(W, U, nbr):
    """W_p(n) = U_mu(n) U_nu(n + mu) U_mu(n + nu)^dag U_nu(n)^dag for each plane mu < nu, (0, 1), (0, 2), (1, 2), ..."""
    for s in prange(U.shape[1]):
        p = 0
        for nu in range(1, U.shape[0]):
            for mu in range(nu):
                lower, upper = room(U), room(U)
                multiply(lower, place(U, mu, s), place(U, nu, hop(nbr, mu, s)))
                multiply(upper, place(U, nu, s), place(U, mu, hop(nbr, nu, s)))
                multiply(place(W, p, s), lower, dag(upper))
                p += 1


@kernel
def polyakov_channels(W, U, nbr, first, mu, extent):
    """W_first(n) = product of the links of direction mu from n around the lattice."""
    for s in prange(U.shape[1]):
        D, x = room(U), sites(nbr, s)
        store(D, one(U))
        for _ in range(extent):
            multiply(D, D, place(U, mu, x))
            x = hop(nbr, mu, x)
        put(W, (first, s), load(D))


@inlined
def go_on(D, U, nbr, side, x):
    """The next site of a straight way to a side, x the last one; D becomes the product of the links up to there."""
    if side < U.shape[0]:
        multiply(D, D, place(U, side, x))
        return hop(nbr, side, x)
    behind = hop(nbr, side, x)
    multiply(D, D, dag(place(U, side - U.shape[0], behind)))
    return behind


@device
def carry(T, q, W, U, nbr, reach, carried, s):
    """T_{c r} of block s, of those that ``carried`` [c R + r] says have weights."""
    d, ways = U.shape[0], 1 + 2 * U.shape[0] * reach
    for c in range(W.shape[0]):
        put(T, (c * ways, q), at(W, c, s))
    for side in range(2 * d):
        D, Y, x = room(U), room(U), sites(nbr, s)
        store(D, one(U))
        for k in range(reach):
            x = go_on(D, U, nbr, side, x)
            for c in range(W.shape[0]):
                way = c * ways + 1 + side * reach + k
                if carried[way]:
                    multiply(Y, D, place(W, c, x))
                    multiply(place(T, way, q), Y, dag(D))


@kernel
def bilinear(out, W, U, nbr, a, used, needed, T, reach, first, parts):
    """out_i = W'_i."""
    channels, carried = W.shape[0], T.shape[0]
    for q in prange(T.shape[1]):
        part = first + q
        for s in range(first_block(part, parts, U.shape[1]), first_block(part + 1, parts, U.shape[1])):
            carry(T, q, W, U, nbr, reach, needed, s)
            M, total = room(U), room(U)
            for i in range(out.shape[0]):
                store(total, zero(U))
                for j in range(2 * channels + 1):
                    if not used[i, j, 0]:
                        continue
                    X, Y = a[i, j, 0] * one(U), zero(U)
                    for m in range(carried):
                        if used[i, j, 1 + m]:
                            X = add_scaled(X, a[i, j, 1 + m], at(T, m, q))
                            Y = add_scaled(Y, a[i, j, 1 + carried + m], at(T, m, q))
                    store(M, X + dag(Y))
                    if j == 0:
                        store(total, load(M))
                    elif j <= channels:
                        add_multiply(total, None, place(W, j - 1, s), M)
                    else:
                        add_multiply(total, None, dag(place(W, j - 1 - channels, s)), M)
                put(out, (i, s), load(total))


@inlined
def derivative_of_factor(H, G, W, i, j, s):
    """H = G_i V_j, so that Re tr(G_i V_j dX) = Re tr(H dX)."""
    channels = W.shape[0]
    if j == 0:
        store(H, at(G, i, s))
    elif j <= channels:
        multiply(H, place(G, i, s), place(W, j - 1, s))
    else:
        multiply(H, place(G, i, s), dag(place(W, j - 1 - channels, s)))


@kernel
def bilinear_weights(da, dW, G, W, U, nbr, a, used, needed, T, reach, first, parts):
    """da[slot, i, j, m] = derivatives by the weights, of the blocks of a part; dW += derivatives by V_j."""
    channels, carried = W.shape[0], T.shape[0]
    for q in prange(T.shape[1]):
        part = first + q
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                for m in range(a.shape[2]):
                    da[q, i, j, m] = 0.0
        for s in range(first_block(part, parts, U.shape[1]), first_block(part + 1, parts, U.shape[1])):
            carry(T, q, W, U, nbr, reach, needed, s)
            M, H = room(U), room(U)
            for i in range(a.shape[0]):
                for j in range(2 * channels + 1):
                    if not used[i, j, 0]:
                        continue
                    derivative_of_factor(H, G, W, i, j, s)
                    plain, turned = load(H), dag(load(H))
                    da[q, i, j, 0] += redot(one(U), plain)
                    X, Y = a[i, j, 0] * one(U), zero(U)
                    for m in range(carried):
                        if not used[i, j, 1 + m]:
                            continue
                        Z = at(T, m, q)
                        da[q, i, j, 1 + m] += redot(turned, Z)
                        da[q, i, j, 1 + carried + m] += redot(plain, Z)
                        X = add_scaled(X, a[i, j, 1 + m], Z)
                        Y = add_scaled(Y, a[i, j, 1 + carried + m], Z)
                    store(M, X + dag(Y))
                    if 0 < j <= channels:
                        add_multiply(place(dW, j - 1, s), None, M, place(G, i, s))
                    elif j > channels:
                        multiply(H, M, place(G, i, s))
                        c = j - 1 - channels
                        put(dW, (c, s), at(dW, c, s) + dag(load(H)))


@kernel
def carried_derivatives(A, G, W, a, used, way, ways):
    """A_c = derivative by T_{c r} of one way r: that of Re tr(A_c dT_{c r})."""
    channels = W.shape[0]
    for s in prange(W.shape[1]):
        H = room(W)
        for c in range(channels):
            put(A, (c, s), zero(W))
        for i in range(a.shape[0]):
            for j in range(2 * channels + 1):
                if not used[i, j, 0]:
                    continue
                derivative_of_factor(H, G, W, i, j, s)
                plain, turned = load(H), dag(load(H))
                for c in range(channels):
                    m = 1 + c * ways + way
                    if not used[i, j, m]:
                        continue
                    X = add_scaled(at(A, c, s), a[i, j, m], plain)
                    put(A, (c, s), add_scaled(X, a[i, j, channels * ways + m], turned))


@kernel
def bring_back(dW, A, U, nbr, side, steps):
    """dW_c(n) += derivatives by W_c(n), of way r to ``side``, whose beginning is n - r: D^dag A_c(n - r) D."""
    back = (side + U.shape[0]) % (2 * U.shape[0])
    for s in prange(U.shape[1]):
        D, Y, x = room(U), room(U), sites(nbr, s)
        store(D, one(U))
        for _ in range(steps):
            x = go_on(D, U, nbr, back, x)
        for c in range(dW.shape[0]):
            multiply(Y, D, place(A, c, x))
            add_multiply(place(dW, c, s), None, Y, dag(D))


@kernel
def trace_sums(part, W):
    """part[s, c, 0 / 1] = sum over a block of Re / Im tr W_c."""
    for s in prange(W.shape[1]):
        for c in range(W.shape[0]):
            z = tr(at(W, c, s))
            part[s, c, 0] = lane_sum(re(z))
            part[s, c, 1] = lane_sum(im(z))
