"""Diagonal matrices: the diagonal of a matrix, its phases, and multiples of 1."""

from __future__ import annotations

from llvmlite import ir
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import call, const, fma, pack, parts, suffix


def with_diagonal(b, X, entries):
    """A Mat of type X with these entries [(re, im)] on its diagonal; of a quaternion the first alone counts."""
    none = const(X.vec, 0.0)
    return pack(b, X, [entries[i] if i == j else (none, none) for i in range(X.n) for j in range(X.m)])


@intrinsic
def diagonal(tyctx, X):
    """X without what is beside its diagonal."""

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[0])
        return with_diagonal(b, X, [e[k * X.m + k] for k in range(X.n)])

    return X(X), gen


@intrinsic
def unit_diagonal(tyctx, X):
    """diag(X_11 / |X_11|, X_22 / |X_22|, ...), 1 for an entry that vanishes."""

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[0])
        found = []
        for re, im in (e[k * X.m + k] for k in range(X.n)):
            size = call(b, "llvm.sqrt." + suffix(X.vec), X.vec, fma(b, re, re, b.fmul(im, im)))
            none = b.fcmp_ordered("<=", size, const(X.vec, 0.0))
            unit = b.select(none, const(X.vec, 1.0), size)
            found.append((b.select(none, unit, b.fdiv(re, unit)), b.fdiv(im, unit)))
        return with_diagonal(b, X, found)

    return X(X), gen


@intrinsic
def multiple_of_one(tyctx, X, re, im):
    """(re + i im) 1 of the type of X; a quaternion knows re alone."""

    def gen(ctx, b, sig, args):
        other = ir.Constant(X.vec, None) if X.quaternion else args[2]
        return with_diagonal(b, X, [(args[1], other)] * X.n)

    return X(X, re, im), gen
