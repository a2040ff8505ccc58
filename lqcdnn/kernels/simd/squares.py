"""Hermitian matrices S_k = sum w_k w_k^dag of the columns w_k of matrices W, side by side in one n x n^2 matrix.

With them sum over W of sum_k |(a W)_kk|^2 is sum_k a_k S_k a_k^dag, a_k the rows of a: all that a matrix a from the
left can do to the sum of the squares on the diagonals.
"""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add
from lqcdnn.kernels.simd.emit import const, fma, pack, parts
from lqcdnn.kernels.simd.subgroup import spill
from lqcdnn.kernels.simd.types import I64, Mat


def entry(t, k, i, j):
    """Where S_k[i, j] stands among the parts of a matrix of type t."""
    return i * t.m + k * t.n + j


@intrinsic
def no_squares(tyctx, X):
    """All S_k = 0 for matrices of the type of X."""
    t = X.like(X.n, X.n * X.n)
    return t(X), lambda ctx, b, sig, args: pack(b, t, [(const(X.vec, 0.0),) * 2] * (t.n * t.m))


@intrinsic
def add_squares(tyctx, S, W):
    """Each S_k + w_k w_k^dag."""

    def gen(ctx, b, sig, args):
        sums, w, n = parts(b, S, args[0]), parts(b, W, args[1]), W.n
        for k in range(n):
            for i in range(n):
                (re, im), here = w[i * n + k], entry(S, k, i, i)
                sums[here] = fma(b, im, im, fma(b, re, re, sums[here][0])), sums[here][1]
                for j in range(i + 1, n):
                    other = w[j * n + k]
                    found = cmul_add(b, sums[entry(S, k, i, j)], (other[0], b.fneg(other[1])), w[i * n + k])
                    sums[entry(S, k, i, j)] = found
                    sums[entry(S, k, j, i)] = found[0], b.fneg(found[1])
        return pack(b, S, sums)

    return S(S, W), gen


@intrinsic
def daggers(tyctx, S):
    """S_k^dag in the place of each S_k."""

    def gen(ctx, b, sig, args):
        e, n = parts(b, S, args[0]), S.n
        every = ((i, k, j) for i in range(n) for k in range(n) for j in range(n))
        return pack(b, S, [(e[entry(S, k, j, i)][0], b.fneg(e[entry(S, k, j, i)][1])) for i, k, j in every])

    return S(S), gen


@intrinsic
def pair_part(tyctx, S, i, j):
    """The quaternion [[h, c], [-c*, h]] of rows i and j: h = (D_ii - D_jj) / 2, c = D_ij, D = S_i - S_j.

    A matrix [[a, b], [-b*, a*]] of SU(2) in these rows makes the sum of the squares (|a|^2 - |b|^2) h + 2 Re(a b* c)
    plus what depends on neither.
    """
    t = Mat(2, 2, S.real, S.W, quaternion=True)

    def gen(ctx, b, sig, args):
        rows = [ctx.cast(b, args[1], i, types.int64), ctx.cast(b, args[2], j, types.int64)]
        _memory, at = spill(ctx, b, S, args[0])

        def difference(row, column, part):
            first, second = (
                b.load(at(rows[row], b.add(b.mul(rows[k], I64(S.n)), rows[column]), part)) for k in range(2)
            )
            return b.fsub(first, second)

        h = b.fmul(const(S.vec, 0.5), b.fsub(difference(0, 0, 0), difference(1, 1, 0)))
        c = difference(0, 1, 0), difference(0, 1, 1)
        return pack(b, t, [(h, const(S.vec, 0.0)), c])

    return t(S, i, j), gen


@intrinsic
def squares(tyctx, X, S):
    """sum_k x_k S_k x_k^dag of the rows x_k of X, as a Lane."""

    def gen(ctx, b, sig, args):
        x, e, n = parts(b, X, args[0]), parts(b, S, args[1]), X.n
        total = const(X.vec, 0.0)
        for k in range(n):
            for j in range(n):
                found = None
                for i in range(n):
                    found = cmul_add(b, found, x[k * n + i], e[entry(S, k, i, j)])
                re, im = x[k * n + j]
                total = fma(b, im, found[1], fma(b, re, found[0], total))
        return total

    return X.lane(X, S), gen
