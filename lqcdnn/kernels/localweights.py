"""Weights of their own for the links that a masked layer turns, by a small convolutional network (physics.md 10.5).

A turned link has 2 (d - 1) staples s, an upper and a lower one in each plane, none of which has a turned link in it.
What the network is given at (n, mu) is how far they agree: the mean of 1 - Re tr(s^dag s') / N over both staples of a
plane, and, where there are several planes, over pairs of different ones.  The traces are those of the closed loops of
1 x 2 links around (n, mu), flat and bent.

Turned links lie on the sites of one parity.  A layer of the network has the averages over neighbours, taken twice,
along mu (A) and across (B): of each channel y the four numbers y, A A y, A B y and B B y,

    y'_i(n) = f(b_i + sum_cj a_icj (y, A A y, A B y, B B y)_cj (n)),   f(x) = x / sqrt(1 + x^2),

and the last one makes the weight, w = bound f.  There is no transcendental function in it.  A and B are symmetric and
commute, so that the same averages take derivatives back.

``x`` [row, block] holds the channels of all layers as 1 x 1 matrices: four rows for each channel, the numbers above,
and the weight in the last row.  In the rows of A A y and A B y the sites of the other parity hold A y and B y.  ``g``
holds derivatives in the same places.  ``weights`` are, for each layer and channel that it makes, the constant b and the
a; ``channels`` says how many there are, from those put in to the one weight.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.bilinear_layer import first_block
from lqcdnn.kernels.compile import device, driver, inlined, inner
from lqcdnn.kernels.loops import next_block, plaquette_staples
from lqcdnn.kernels.masked import pull_staples, pull_turned, restore, turn, turn_back
from lqcdnn.kernels.simd import (
    add_scaled,
    at,
    colors,
    cplx,
    dag,
    hop,
    lane_div,
    lane_sqrt,
    lane_sum,
    load,
    multiply,
    norm2,
    one,
    one_like,
    place,
    put,
    re,
    redot,
    redots,
    room,
    store,
    tr,
    zero,
    zero_like,
)

PARTS = 16
"""Parts into which the blocks are shared for derivatives by weights, each with sums of its own."""

NUMBERS = 4
"""Numbers of each channel: y, A A y, A B y, B B y."""


@device
def squashed(x):
    """f(x)."""
    return lane_div(x, lane_sqrt(add_scaled(one_like(x), x, x)))


@device
def slope(y):
    """f'(x) = (1 + x^2)^(-3/2), of y = f(x)."""
    square = add_scaled(one_like(y), -1.0 * y, y)
    return square * lane_sqrt(square)


@inlined
def staple_pair(A, B, T, U, nbr, mu, nu, s):
    """The upper and the lower staple of (n, mu) in the plane with nu, paths n -> n + mu."""
    down = hop(nbr, U.shape[0] + nu, s)
    multiply(T, place(U, mu, hop(nbr, nu, s)), dag(place(U, nu, hop(nbr, mu, s))))
    multiply(A, place(U, nu, s), T)
    multiply(T, place(U, mu, down), place(U, nu, hop(nbr, mu, down)))
    multiply(B, dag(place(U, nu, down)), T)


@inner
def agreements(x, U, nbr, first, last, mu):
    """The first one or two channels of ``x``: what the network is given."""
    d = U.shape[0]
    for s in prange(first, last):
        A, B, T = room(U), room(U), room(U)
        size, total = 1.0 * colors(at(U, mu, s)), zero_like(re(tr(at(U, mu, s))))
        whole = one_like(total)
        for nu in range(d):
            if nu != mu:
                staple_pair(A, B, T, U, nbr, mu, nu, s)
                total += redots(load(A), load(B))
        flat = whole - (1.0 / (size * (d - 1))) * total
        put(x, (0, s), cplx(flat, zero_like(flat)))
        if d > 2:
            # |C|^2 is the sum over all pairs, those of a staple with itself, N each, among them
            all_pairs = norm2(plaquette_staples(U, nbr, mu, s, next_block(U, s), None))
            between = 0.5 * all_pairs - (size * (d - 1)) * whole - total
            bent = whole - (0.5 / (size * (d - 1) * (d - 2))) * between
            put(x, (NUMBERS, s), cplx(bent, zero_like(bent)))


@inner
def add_to_staples(Z, g, U, nbr, first, last, mu):
    """Z[nu], Z[d + nu]: Z[mu] plus the derivative of what the network is given by both staples in the plane with nu."""
    d = U.shape[0]
    for s in prange(first, last):
        A, B, C, T = room(U), room(U), room(U), room(U)
        size = 1.0 * colors(at(U, mu, s))
        flat = (-1.0 / (size * (d - 1))) * re(tr(at(g, 0, s)))
        bent = zero_like(flat)
        if d > 2:
            bent = (-0.5 / (size * (d - 1) * (d - 2))) * re(tr(at(g, NUMBERS, s)))
            store(C, bent * plaquette_staples(U, nbr, mu, s, next_block(U, s), None))
        for nu in range(d):
            if nu != mu:
                staple_pair(A, B, T, U, nbr, mu, nu, s)
                common = at(Z, mu, s)
                if d > 2:
                    common = common + load(C) - bent * (load(A) + load(B))
                put(Z, (nu, s), common + flat * load(B))
                put(Z, (d + nu, s), common + flat * load(A))


@device
def along(x, row, nbr, d, mu, s):
    """A: mean over both neighbours in direction mu."""
    return 0.5 * (at(x, row, hop(nbr, mu, s)) + at(x, row, hop(nbr, d + mu, s)))


@device
def across(x, row, nbr, d, mu, s):
    """B: mean over all other neighbours."""
    total = zero(x)
    for nu in range(d):
        if nu != mu:
            total = total + at(x, row, hop(nbr, nu, s)) + at(x, row, hop(nbr, d + nu, s))
    return (0.5 / (d - 1)) * total


@inner
def average(x, nbr, d, mu, first, last, row, channels):
    """A y and B y on the sites of the other parity, for the channels from a row on."""
    for s in prange(first, last):
        for r in range(row, row + NUMBERS * channels, NUMBERS):
            put(x, (r + 1, s), along(x, r, nbr, d, mu, s))
            put(x, (r + 2, s), across(x, r, nbr, d, mu, s))


@inner
def next_channels(x, nbr, d, mu, first, last, row, inputs, into, outputs, weights, start, factor):
    """The numbers of the channels from ``row`` on, from their averages; ``factor`` times f, from ``into`` on."""
    for s in prange(first, last):
        for r in range(row, into, NUMBERS):
            put(x, (r + 3, s), across(x, r + 2, nbr, d, mu, s))
            put(x, (r + 2, s), across(x, r + 1, nbr, d, mu, s))
            put(x, (r + 1, s), along(x, r + 1, nbr, d, mu, s))
        for i in range(outputs):
            k = start + i * (1 + NUMBERS * inputs)
            total = weights[k] * one(x)
            for j in range(NUMBERS * inputs):
                total = add_scaled(total, weights[k + 1 + j], at(x, row + j, s))
            y = factor * squashed(re(tr(total)))
            put(x, (into + NUMBERS * i, s), cplx(y, zero_like(y)))


@inner
def pull_channels(part, g, x, first, last, row, inputs, into, outputs, weights, start, factor):
    """Derivatives by the numbers of a layer's channels and, unless ``part`` is empty, by its weights [part, weight]."""
    for p in prange(PARTS):
        for s in range(first + first_block(p, PARTS, last - first), first + first_block(p + 1, PARTS, last - first)):
            for i in range(outputs):
                r = into + NUMBERS * i
                y = (1.0 / factor) * re(tr(at(x, r, s)))
                put(g, (r, s), (factor * slope(y)) * at(g, r, s))
            for j in range(NUMBERS * inputs):
                total = zero(g)
                for i in range(outputs):
                    k = start + i * (1 + NUMBERS * inputs)
                    total = add_scaled(total, weights[k + 1 + j], at(g, into + NUMBERS * i, s))
                put(g, (row + j, s), total)
            if part.size:
                for i in range(outputs):
                    k, G = start + i * (1 + NUMBERS * inputs), at(g, into + NUMBERS * i, s)
                    part[p, k] += lane_sum(re(tr(G)))
                    for j in range(NUMBERS * inputs):
                        part[p, k + 1 + j] += redot(G, at(x, row + j, s))


@inner
def average_back(g, nbr, d, mu, first, last, row, channels):
    """On the sites of the other parity A g + B g of A A y and A B y, and B g of B B y."""
    for s in prange(first, last):
        for r in range(row, row + NUMBERS * channels, NUMBERS):
            put(g, (r + 1, s), along(g, r + 1, nbr, d, mu, s) + across(g, r + 2, nbr, d, mu, s))
            put(g, (r + 3, s), across(g, r + 3, nbr, d, mu, s))


@inner
def collect(g, nbr, d, mu, first, last, row, channels):
    """Derivatives by y itself, from those by its averages."""
    for s in prange(first, last):
        for r in range(row, row + NUMBERS * channels, NUMBERS):
            put(g, (r, s), at(g, r, s) + along(g, r + 1, nbr, d, mu, s) + across(g, r + 3, nbr, d, mu, s))


@device
def weigh(x, U, nbr, first, mu, channels, weights, bound):
    """The weights of the links of direction mu in the blocks of one parity, those from ``first`` on."""
    d, half = U.shape[0], U.shape[1] // 2
    other = half - first
    agreements(x, U, nbr, first, first + half, mu)
    row, start = 0, 0
    for layer in range(channels.size - 1):
        inputs, outputs = channels[layer], channels[layer + 1]
        into, factor = row + NUMBERS * inputs, bound if layer == channels.size - 2 else 1.0
        average(x, nbr, d, mu, other, other + half, row, inputs)
        next_channels(x, nbr, d, mu, first, first + half, row, inputs, into, outputs, weights, start, factor)
        row, start = into, start + outputs * (1 + NUMBERS * inputs)


@device
def pull_weights(part, g, x, nbr, first, mu, d, channels, weights, bound):
    """Derivatives by what the network is given, in the first rows of g, from those by the weights in its last."""
    half = x.shape[1] // 2
    other = half - first
    into, start = x.shape[0] - 1, weights.size
    for layer in range(channels.size - 2, -1, -1):
        inputs, outputs = channels[layer], channels[layer + 1]
        row, factor = into - NUMBERS * inputs, bound if layer == channels.size - 2 else 1.0
        start -= outputs * (1 + NUMBERS * inputs)
        pull_channels(part, g, x, first, first + half, row, inputs, into, outputs, weights, start, factor)
        average_back(g, nbr, d, mu, other, other + half, row, inputs)
        collect(g, nbr, d, mu, first, first + half, row, inputs)
        into = row


@driver
def turn_locally(logs, x, U, nbr, channels, weights, bound):
    """Turn all links in place as ``masked.turn_layer`` does; weights [d, weight]: of the network of each direction."""
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0]):
        mu, first = k // 2, k % 2 * half
        weigh(x, U, nbr, first, mu, channels, weights[mu], bound)
        turn(logs[k], U, nbr, first, first + half, mu, x)


@driver
def turn_locally_back(failed, x, U, nbr, channels, weights, bound):
    """Undo :func:`turn_locally` in place; failed [2 d, half of the blocks]."""
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0] - 1, -1, -1):
        mu, first = k // 2, k % 2 * half
        weigh(x, U, nbr, first, mu, channels, weights[mu], bound)
        turn_back(failed[k], U, nbr, first, first + half, mu, x)


@driver
def pull_locally(part, x, g, Sigma, Z, U, before, nbr, order, channels, weights, bound, factor):
    """As ``masked.pull_layer``, Z [2 d, block]; part [d, PARTS or 0, weight] += derivatives by the weights."""
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0] - 1, -1, -1):
        mu, first = k // 2, k % 2 * half
        restore(U, before, first, first + half, mu)
        weigh(x, U, nbr, first, mu, channels, weights[mu], bound)
        pull_turned(g, Sigma, Z, U, nbr, first, first + half, mu, x, factor)
        pull_weights(part[mu], g, x, nbr, first, mu, U.shape[0], channels, weights[mu], bound)
        add_to_staples(Z, g, U, nbr, first, first + half, mu)
        pull_staples(Sigma, Z, U, nbr, order, first, first + half, mu)
