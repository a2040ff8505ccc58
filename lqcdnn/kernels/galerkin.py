"""P^dag K P of a multigrid, K steps to the next site in one direction or what stays on a site (arXiv:1005.3043).

All test vectors are lanes here as in P (``kernels.aggregates``), so that a link is read once for all of them: K times
every vector and both of its chiralities is made for some sites in a work space, and multiplied by P^dag there.

``out`` [aggregate, leg, row, chirality of columns] has a lane for each column, rows are chirality n + vector.  Steps
that stay in an aggregate are added to leg 0, those that leave it to another one.  ``work`` are K P [aggregate, site,
component, chirality of columns] for as many sites as there is room, and the slots of these.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import START, device, kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.simd import add_scaled, at, put, zero


@kernel
def whole_links(out, W, leg):
    """out = links W[s, leg]."""
    for s in prange(out.shape[0]):
        put(out, s, times(1.0, 0.0, at(W, s, leg)))


@kernel
def completed_links(out, rows, leg):
    """The same where two rows are stored, for numbers [block, 3, 3, (re, im), lane] and [block, leg, 13, lane]."""
    for s in prange(out.shape[0]):
        for lane in range(out.shape[4]):
            x, y = rows[s, leg, :, lane], out[s, :, :, :, lane]
            for k in range(12):
                y[k // 6, k // 2 % 3, k % 2] = x[k]
            for k in range(3):
                i, j = (k + 1) % 3, (k + 2) % 3
                a, b = complex(x[2 * i], x[2 * i + 1]), complex(x[6 + 2 * j], x[7 + 2 * j])
                c, d = complex(x[2 * j], x[2 * j + 1]), complex(x[6 + 2 * i], x[7 + 2 * i])
                z = a * b - c * d
                y[2, k, 0], y[2, k, 1] = np.float32(x[12] * z.real), np.float32(-x[12] * z.imag)


@device
def add_products(out, a, leg, numbers, work, sites, half):
    """out[a, leg, row, column] += sum over ``sites`` sites and components of conj(P[s, q, row]) (K P)[s, q, column]."""
    KP, slot = work
    n = numbers.shape[3]
    for chirality in range(2):
        for i in range(n):
            for column in range(2):
                A, B = zero(out), zero(out)
                for m in range(sites):
                    s = slot[a, m]
                    for c in range(chirality * half, numbers.shape[1], 2 * half):
                        for q in range(c, c + half):
                            x = at(KP, a, m, q, column)
                            A = add_scaled(A, numbers[s, q, 0, i], x)
                            B = add_scaled(B, numbers[s, q, 1, i], x)
                row = chirality * n + i
                put(out, (a, leg, row, column), at(out, a, leg, row, column) + A - times(0.0, 1.0, B))


@kernel
def add_hops(out, work, P, numbers, links, place, ahead, leaves, leg, first, slots, turned, phases, weights):
    """Add those of Wilson's hop to the site at n + mu, (u - v gamma_mu) U_mu(n), ``weights`` (u, v).

    ``links`` are the numbers of the links, [block, row, column, (re, im), lane]; ``ahead`` is the slot of n + mu for
    each slot, ``leaves`` whether it is in another aggregate.  gamma_mu takes a spin to ``turned[spin]``, with a phase.
    """
    (KP, slot), (u, v) = work, weights
    n, spins, W = links.shape[1], turned.shape[0], links.shape[4]
    half = spins // 2
    for a in prange(first.shape[0] - 1):
        for leaving in range(2):
            m = START
            for k in range(first[a], first[a + 1]):
                s = slots[k]
                if leaves[s] == (leaving == 1):
                    block, lane = divmod(place[s], W)
                    for spin in range(spins):
                        re, im = -v * phases[spin].real, -v * phases[spin].imag
                        for c in range(n):
                            A, B = zero(P), zero(P)
                            for j in range(n):
                                x = at(P, ahead[s], j * spins + spin)
                                A = add_scaled(A, links[block, c, j, 0, lane], x)
                                B = add_scaled(B, links[block, c, j, 1, lane], x)
                            A += times(0.0, 1.0, B)
                            put(KP, (a, m, c * spins + spin, spin // half), u * A)
                            put(KP, (a, m, c * spins + turned[spin], spin // half), times(re, im, A))
                    slot[a, m] = s
                    m += 1
                    if m == slot.shape[1]:
                        add_products(out, a, leaving * leg, numbers, work, m, half)
                        m = START
            add_products(out, a, leaving * leg, numbers, work, m, half)


@kernel
def add_sites(out, work, X, numbers, first, slots, half):
    """Add P^dag X, X = A P with A that leaves sites and chiralities alone."""
    KP, slot = work
    for a in prange(first.shape[0] - 1):
        m = START
        for k in range(first[a], first[a + 1]):
            for q in range(X.shape[1]):
                chirality = q // half % 2
                put(KP, (a, m, q, chirality), at(X, slots[k], q))
                put(KP, (a, m, q, 1 - chirality), zero(X))
            slot[a, m] = slots[k]
            m += 1
            if m == slot.shape[1]:
                add_products(out, a, START, numbers, work, m, half)
                m = START
        add_products(out, a, START, numbers, work, m, half)


@kernel
def add_matrices(out, work, P, numbers, Y, ahead, leaves, leg, first, slots):
    """Add those of matrices Y [site, row, column], rows and columns chirality n + vector, from the site at n + mu.

    Sites are aggregates of a finer grid, components (vector, chirality).
    """
    KP, slot = work
    n = Y.shape[1] // 2
    for a in prange(first.shape[0] - 1):
        for k in range(first[a], first[a + 1]):
            s = slots[k]
            for row in range(2 * n):
                for chirality in range(2):
                    A, B = zero(P), zero(P)
                    for i in range(n):
                        x, y = at(P, ahead[s], 2 * i + chirality), Y[s, row, chirality * n + i]
                        A = add_scaled(A, y.real, x)
                        B = add_scaled(B, y.imag, x)
                    put(KP, (a, 0, 2 * (row % n) + row // n, chirality), A + times(0.0, 1.0, B))
            slot[a, 0] = s
            add_products(out, a, leg if leaves[s] else 0, numbers, work, 1, 1)
