"""Products sigma_i (x) tau_a of spin and colour of SU(2) as real symmetric 4 x 4 matrices.

As tau_a^T = -tau_2 tau_a tau_2, the doublets of both chiralities' spin and of colour, written as a 2 x 2 matrix
Psi[spin, colour], make Phi = Psi tau_2 of which sigma_i Psi tau_a^T is -sigma_i Phi tau_a.  In the basis (1, i sigma_k)
of Phi that is a real matrix, hence real and symmetric: the nine products, with 1, span all of these.  So a hermitian
matrix of the clover term, A = 1 + sum_ia E_ia sigma_i (x) tau_a, and its inverse, have ten real numbers in place of
sixteen.

With the unitary matrix V / sqrt(2) of that basis, A = V S V^dag; of S, half the real symmetric matrix, the numbers on
and above the diagonal are stored row by row.
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product

from lqcdnn.kernels.simd.emit import fma
from lqcdnn.kernels.simd.spin import add_turned
from lqcdnn.kernels.simd.types import I64

BASIS = (((1, 2), (2, 1)), ((0, 3), (3, 0)), ((0, 1), (3, 0)), ((1, 0), (2, 1)))
"""V: for each row, spin and colour (00, 01, 10, 11), the (column, k) of its entries i^k."""

COLUMNS = tuple(tuple((i, k) for i, row in enumerate(BASIS) for c, k in row if c == column) for column in range(4))
"""V^dag without the conjugation: for each column of V the (row, k) of its entries."""


def position(row, column):
    """Which number an entry of S is."""
    i, j = min(row, column), max(row, column)
    return i * (7 - i) // 2 + j


def number(b, t, p, row, column):
    """An entry of S of the matrix at p."""
    x = b.load(b.gep(p, [I64(position(row, column))]))
    x.align = t.itemsize
    return x


def whole_entry(b, t, p, i, j):
    """(re, im) of A_ij = sum_km V_ik S_km V_jm^*."""
    z = [t.vec(None), t.vec(None)]
    for (k, power), (m, other) in product(BASIS[i], BASIS[j]):
        turns = (power - other) % 4
        z[turns % 2] = (b.fsub if turns >= 2 else b.fadd)(z[turns % 2], number(b, t, p, k, m))
    return tuple(z)


def folded(b, t, entry):
    """[(position, number)] of a matrix of this kind of which ``entry(i, j)``, i <= j, is (re, im)."""
    quarter, out = t.vec([0.25] * t.W), []
    for k, m in combinations_with_replacement(range(4), 2):
        x = t.vec(None)
        for (i, power), (j, other) in product(COLUMNS[k], COLUMNS[m]):
            turns, z = ((other - power) % 4, entry(i, j)) if i <= j else ((power - other) % 4, entry(j, i))
            x = (b.fadd, b.fsub, b.fsub, b.fadd)[turns](x, z[turns % 2])
        out.append((position(k, m), b.fmul(quarter, x)))
    return out


def multiplied(b, t, p, x):
    """A x of a spinor of one chirality, [(re, im)] of each row."""
    turned = [add_turned(b, add_turned(b, None, x[i], -power), x[j], -other) for (i, power), (j, other) in COLUMNS]
    out = []
    for row in range(4):
        re = im = None
        for column, (u, v) in enumerate(turned):
            s = number(b, t, p, row, column)
            re, im = (b.fmul(s, u), b.fmul(s, v)) if re is None else (fma(b, s, u, re), fma(b, s, v, im))
        out.append((re, im))
    return [add_turned(b, add_turned(b, None, out[k], power), out[m], other) for (k, power), (m, other) in BASIS]
