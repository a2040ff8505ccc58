"""Products of quark propagators at the same site: sums over time slices, diquarks of baryons, four-quark operators.

Components are read in pairs, so that each is used twice while it is in a register.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import add_product, at, dag, put, zero


@kernel
def add_products(out, X, Y, order, first):
    """out[g, i, j] += sum_k X[b, k, i]^* Y[b, k, j] over the blocks b of each group g; lanes are kept apart.

    Parameters
    ----------
    out
        [group, pair i, pair j] of 2 x 2 matrices.
    X, Y
        [block, k, pair] of 1 x 2 matrices.
    order, first
        Group g is made of the blocks ``order[n]``, ``first[g]`` <= n < ``first[g + 1]``.
    """
    for g in prange(out.shape[0]):
        for n in range(first[g], first[g + 1]):
            b = order[n]
            for i in range(X.shape[2]):
                for j in range(Y.shape[2]):
                    T = at(out, g, i, j)
                    for k in range(X.shape[1]):
                        T = add_product(T, dag(at(X, b, k, i)), at(Y, b, k, j))
                    put(out, (g, i, j), T)


@kernel
def outer_products(Z, X, Y, blocks):
    """Z_cC = sum_k X_kc^* Y_kC for two colours c and C, an outer product of spins; on some blocks.

    Parameters
    ----------
    Z
        [n, c, C, pair, pair] of 2 x 2 matrices, on block ``blocks[n]``.
    X, Y
        [block, k, colour, pair] of 1 x 2 matrices.
    blocks
        Numbers of blocks.
    """
    for n in prange(blocks.size):
        s = blocks[n]
        for c in range(X.shape[2]):
            for C in range(Y.shape[2]):
                for i in range(X.shape[3]):
                    for j in range(Y.shape[3]):
                        T = zero(Z)
                        for k in range(X.shape[1]):
                            T = add_product(T, dag(at(X, s, k, c, i)), at(Y, s, k, C, j))
                        put(Z, (n, c, C, i, j), T)


@kernel
def diquarks(Z, X, Y, rows, signs):
    """Z_cC = eps_abc eps_ABC sum_x sign_x X_bB(row_x)^* Y_aA(x), an outer product of two rows of spin matrices.

    Parameters
    ----------
    Z
        [block, c, C, pair, pair] of 2 x 2 matrices, c and C colours at sink and source.
    X, Y
        [block, colour, colour of the source, row, pair] of 1 x 2 matrices.
    rows, signs
        Of each row x of Y, which row of X stands beside it, and its sign.
    """
    for s in prange(Z.shape[0]):
        for c in range(3):
            a, b = (c + 1) % 3, (c + 2) % 3
            for C in range(3):
                A, B = (C + 1) % 3, (C + 2) % 3
                for i in range(X.shape[4]):
                    for j in range(Y.shape[4]):
                        T = zero(Z)
                        for x in range(rows.size):
                            y, sign = rows[x], signs[x]
                            T = add_product(T, sign * dag(at(X, s, a, A, y, i)), at(Y, s, b, B, x, j))
                            T = add_product(T, sign * dag(at(X, s, b, B, y, i)), at(Y, s, a, A, x, j))
                            T = add_product(T, -sign * dag(at(X, s, a, B, y, i)), at(Y, s, b, A, x, j))
                            T = add_product(T, -sign * dag(at(X, s, b, A, y, i)), at(Y, s, a, B, x, j))
                        put(Z, (s, c, C, i, j), T)
