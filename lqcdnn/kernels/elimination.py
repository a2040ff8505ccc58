"""The factorization A = L D L^dag of a dense hermitian matrix, in blocks of rows that stay in registers and caches.

Own loops instead of LAPACK: the same bits whatever library, thread count or memory alignment.

The columns of a matrix are panels of one vector, [panel, row], so that a row times a number is added to others without
a look at what lies between.  Rows come in blocks of ``BLOCK``.  Those of a block take what all rows before it give,
panel by panel, ``ROWS`` at once with their sums in registers; then what those in it give, one after the other.
"""

from __future__ import annotations

from lqcdnn.kernels.compile import REGISTERS, START, VECTOR_BYTES, device, kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.simd import add_scaled, at, put, zero

LANES = VECTOR_BYTES // 8
"""Columns of a panel."""
BLOCK = 16
"""Rows of a block."""
ROWS = 4 if REGISTERS >= 32 else 2
"""Rows whose sums are in registers together: four numbers for each."""


@device
def sum_of_rows(S, p, q, first, last):
    """sum_k (p_k + i q_k) S_k."""
    P, Q = zero(S), zero(S)
    for k in range(first, last):
        X = at(S, k)
        P, Q = add_scaled(P, p[k], X), add_scaled(Q, q[k], X)
    return P + times(0.0, 1.0, Q)


@device
def add_sums(T, row, S, p, q, first, last):
    """Rows row, ..., row + ROWS - 1 of a panel T += sum_k (p_k + i q_k) S_k, k = first ... last - 1, each with its own
    numbers p[r], q[r].
    """
    if ROWS == 2:
        P0, Q0, P1, Q1 = zero(S), zero(S), zero(S), zero(S)
        for k in range(first, last):
            X = at(S, k)
            P0, Q0 = add_scaled(P0, p[0, k], X), add_scaled(Q0, q[0, k], X)
            P1, Q1 = add_scaled(P1, p[1, k], X), add_scaled(Q1, q[1, k], X)
        put(T, row, at(T, row) + (P0 + times(0.0, 1.0, Q0)))
        put(T, row + 1, at(T, row + 1) + (P1 + times(0.0, 1.0, Q1)))
    else:
        P0, Q0, P1, Q1 = zero(S), zero(S), zero(S), zero(S)
        P2, Q2, P3, Q3 = zero(S), zero(S), zero(S), zero(S)
        for k in range(first, last):
            X = at(S, k)
            P0, Q0 = add_scaled(P0, p[0, k], X), add_scaled(Q0, q[0, k], X)
            P1, Q1 = add_scaled(P1, p[1, k], X), add_scaled(Q1, q[1, k], X)
            P2, Q2 = add_scaled(P2, p[2, k], X), add_scaled(Q2, q[2, k], X)
            P3, Q3 = add_scaled(P3, p[3, k], X), add_scaled(Q3, q[3, k], X)
        put(T, row, at(T, row) + (P0 + times(0.0, 1.0, Q0)))
        put(T, row + 1, at(T, row + 1) + (P1 + times(0.0, 1.0, Q1)))
        put(T, row + 2, at(T, row + 2) + (P2 + times(0.0, 1.0, Q2)))
        put(T, row + 3, at(T, row + 3) + (P3 + times(0.0, 1.0, Q3)))


@device
def multipliers(p, q, numbers, pivots, row, count, first, last):
    """p + i q = -L_ik for rows i = row ... row + count - 1, from finished rows k = first ... last - 1 by hermiticity.

    ``numbers[panel, row, (re, im), lane]`` of the matrix.
    """
    W = numbers.shape[3]
    for k in range(first, last):
        for r in range(count):
            panel, lane = (row + r) // W, (row + r) % W
            p[r, k] = -numbers[panel, k, 0, lane] / pivots[k]
            q[r, k] = numbers[panel, k, 1, lane] / pivots[k]


@kernel
def eliminate_blocks(A, ends, numbers, pivots, p, q, first, last, inverse):
    """Rows ``first`` to ``last`` of A = L D L^dag, in place; both are multiples of ``BLOCK``, rows before are done.

    Parameters
    ----------
    A
        [panel, row]: row i ends as D L^dag from the diagonal on, and as L^-1 in the panels before its block.
    ends
        [panel of a block, row], rows of 1 in their own place: end as L^-1 in the panels of the block.
    numbers
        A as an array of numbers.
    pivots
        D.
    p, q
        Room for multipliers, [BLOCK, rows].
    inverse
        Whether L^-1 is wanted: without it half as much is done, and what stands in its place is of no use.
    """
    panels, inside, W = A.shape[0], ends.shape[0], numbers.shape[3]
    for block in range(first, last, BLOCK):
        own = block // BLOCK * inside
        multipliers(p, q, numbers, pivots, block, BLOCK, 0, block)
        least = 0 if inverse else own
        for panel in range(least, panels):
            T, E, start = A[panel], ends[panel % inside], 0
            if panel < own:
                start = panel // inside * BLOCK
                for row in range(block, block + BLOCK):
                    put(T, row, zero(T))
            for r in range(0, BLOCK, ROWS):
                if panel < own:
                    add_sums(T, block + r, E, p[r:], q[r:], start, start + BLOCK)
                    add_sums(T, block + r, T, p[r:], q[r:], start + BLOCK, block)
                else:
                    add_sums(T, block + r, T, p[r:], q[r:], START, block)
        for row in range(block, block + BLOCK):
            multipliers(p, q, numbers, pivots, row, 1, block, row)
            for panel in range(least, panels):
                T = A[panel]
                put(T, row, at(T, row) + sum_of_rows(T, p[0], q[0], block, row))
            for panel in range(inside if inverse else 0):
                T = ends[panel]
                put(T, row, at(T, row) + sum_of_rows(T, p[0], q[0], block, row))
            pivots[row] = numbers[row // W, row, 0, row % W]
