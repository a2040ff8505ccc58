"""Matrices of SU(N) in other representations, and the derivative (``kernels.representation`` has the formulas).

Bases: of the adjoint one the generators T^a of physics.md 1 in the order of ``fields.group``; of the two-index ones
(e_i e_j +- e_j e_i) / sqrt(2) for i < j and, of the symmetric one, e_i e_i behind them.
"""

from __future__ import annotations

from math import sqrt

from numba.extending import intrinsic

from lqcdnn.kernels.simd.algebra import cmul_add, quaternion_part
from lqcdnn.kernels.simd.emit import const, fma, pack, parts
from lqcdnn.kernels.simd.types import mat_of


def pairs(n):
    """(i, j), i < j, in the order of the generators that are not diagonal."""
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def diagonal(n):
    """Diagonals of the other generators, [n - 1][n]."""
    return [[(1.0 if i < k else -float(k) if i == k else 0.0) / sqrt(2 * k * (k + 1)) for i in range(n)]
            for k in range(1, n)]  # fmt: skip


def conjugate(b, z):
    return z[0], b.fneg(z[1])


def times(b, factor, x):
    """factor x of a vector and a number."""
    return b.fmul(const(x.type, factor), x)


def plus(b, x, factor, y):
    """x + factor y (x None: nothing)."""
    return times(b, factor, y) if x is None else fma(b, const(y.type, factor), y, x)


def components(b, n, M):
    """2 tr(T^a M) for all a, M_ij, i <= j, the entries (re, im) of a hermitian matrix."""
    found = []
    for i, j in pairs(n):
        re, im = M[i, j]
        found += [times(b, 2.0, re), times(b, -2.0, im)]
    for t in diagonal(n):
        total = None
        for i in range(n):
            if t[i]:
                total = plus(b, total, 2.0 * t[i], M[i, i][0])
        found.append(total)
    return found


def adjoint_columns(b, n, u):
    """2 tr(T^a U T^b U^dag), a column for each b, from the entries u of U."""
    above, columns = [(p, q) for p in range(n) for q in range(p, n)], []
    for i, j in pairs(n):  # A = u_i u_j^dag of two columns: U T U^dag is (A + A^dag) / 2, and -i (A - A^dag) / 2
        A = {(p, q): cmul_add(b, None, u[p, i], conjugate(b, u[q, j])) for p in range(n) for q in range(n)}
        real, imaginary = {}, {}
        for p, q in above:
            (x, y), (v, w) = A[p, q], A[q, p]
            real[p, q] = times(b, 0.5, b.fadd(x, v)), times(b, 0.5, b.fsub(y, w))
            imaginary[p, q] = times(b, 0.5, b.fadd(y, w)), times(b, 0.5, b.fsub(v, x))
        columns += [components(b, n, real), components(b, n, imaginary)]
    own = [{(p, q): cmul_add(b, None, u[p, i], conjugate(b, u[q, i])) for p, q in above} for i in range(n)]
    for t in diagonal(n):
        M = {}
        for place in above:
            re = im = None
            for i in range(n):
                if t[i]:
                    re, im = plus(b, re, t[i], own[i][place][0]), plus(b, im, t[i], own[i][place][1])
            M[place] = re, im
        columns.append(components(b, n, M))
    return columns


@intrinsic
def adjoint(tyctx, field, X):
    """The matrix R_ab = 2 tr(T^a X T^b X^dag) of a field."""
    t, n = mat_of(field).whole, X.n

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[1])
        columns = adjoint_columns(b, n, {(p, q): e[p * n + q] for p in range(n) for q in range(n)})
        nothing = const(X.vec, 0.0)
        return pack(b, t, [(columns[k][a], nothing) for a in range(t.n) for k in range(t.n)])

    return t(field, X), gen


def of_components(b, n, s):
    """sum_a s_a T^a, entries (re, im) of all places, from vectors s."""
    X = {}
    for k, (i, j) in enumerate(pairs(n)):
        X[i, j] = times(b, 0.5, s[2 * k]), times(b, -0.5, s[2 * k + 1])
        X[j, i] = conjugate(b, X[i, j])
    first = n * (n - 1)
    for i in range(n):
        total = None
        for k, t in enumerate(diagonal(n)):
            if t[i]:
                total = plus(b, total, t[i], s[first + k])
        X[i, i] = total, const(total.type, 0.0)
    return X


@intrinsic
def adjoint_back(tyctx, field, Sigma, X):
    """4 sum_ab Re(Sigma_ba) T^b X^dag T^a, the derivative by X of a field from that by :func:`adjoint` of X."""
    t, n, D = mat_of(field), X.n, Sigma.n

    def gen(ctx, b, sig, args):
        g, e = parts(b, Sigma, args[1]), parts(b, X, args[2])
        each = [of_components(b, n, [g[k * D + a][0] for a in range(D)]) for k in range(D)]
        out = {}

        def add_row(i, j, factor, Y):
            """Row i <- row i + factor times (row j of X^dag) Y."""
            row = [tuple(times(b, factor, c) for c in conjugate(b, e[q * n + j])) for q in range(n)]
            for p in range(n):
                for q in range(n):
                    out[i, p] = cmul_add(b, out.get((i, p)), row[q], Y[q, p])

        for k, (i, j) in enumerate(pairs(n)):  # T^b has (1, -i) / 2 at i, j and (1, i) / 2 at j, i
            real, imaginary = each[2 * k], each[2 * k + 1]
            less = {at: (b.fadd(re, imaginary[at][1]), b.fsub(im, imaginary[at][0])) for at, (re, im) in real.items()}
            more = {at: (b.fsub(re, imaginary[at][1]), b.fadd(im, imaginary[at][0])) for at, (re, im) in real.items()}
            add_row(i, j, 2.0, less)
            add_row(j, i, 2.0, more)
        for k, diag in enumerate(diagonal(n), n * (n - 1)):
            for i in range(n):
                if diag[i]:
                    add_row(i, i, 4.0 * diag[i], each[k])
        return as_field(b, t, X, [out[i, j] for i in range(n) for j in range(n)])

    return t(field, Sigma, X), gen


def as_field(b, t, X, entries):
    """A value of type t of a matrix of the size of X, of SU(2) the quaternion that a derivative knows."""
    whole = X.like(X.n, X.n)
    value = pack(b, whole, entries)
    return quaternion_part(b, t, whole, value) if t.quaternion else value


def symmetric_pairs(n, dim):
    """(i, j) of the states of a two-index representation of this dimension, and the sign under their exchange."""
    found = pairs(n)
    return (found, -1.0) if dim == len(found) else (found + [(i, i) for i in range(n)], 1.0)


def weight(i, j, k, m):
    """Of U_ik U_jm +- U_im U_jk in R: two equal indices are counted twice."""
    return sqrt(0.5) ** ((i == j) + (k == m))


@intrinsic
def two_index(tyctx, field, X):
    """The matrix of X in the symmetric or the antisymmetric representation of two indices, by the size of a field."""
    t, n = mat_of(field).whole, X.n

    def gen(ctx, b, sig, args):
        e = parts(b, X, args[1])
        states, sign = symmetric_pairs(n, t.n)
        entries = []
        for i, j in states:
            for k, m in states:
                direct = cmul_add(b, None, e[i * n + k], e[j * n + m])
                crossed = tuple(times(b, sign, c) for c in e[i * n + m])
                z = cmul_add(b, direct, crossed, e[j * n + k])
                w = weight(i, j, k, m)
                entries.append(z if w == 1.0 else tuple(times(b, w, c) for c in z))
        return pack(b, t, entries)

    return t(field, X), gen


@intrinsic
def two_index_back(tyctx, field, Sigma, X):
    """The derivative by X of a field from that by :func:`two_index` of X, dS = Re tr(Sigma dR)."""
    t, n, D = mat_of(field), X.n, Sigma.n

    def gen(ctx, b, sig, args):
        g, e = parts(b, Sigma, args[1]), parts(b, X, args[2])
        states, sign = symmetric_pairs(n, D)
        out = {}
        for row, (i, j) in enumerate(states):
            for column, (k, m) in enumerate(states):
                w = weight(i, j, k, m)
                factor = tuple(times(b, w, c) for c in g[column * D + row])
                other = tuple(times(b, sign, c) for c in factor)
                for at, by, z in (((k, i), (j, m), factor), ((m, j), (i, k), factor),
                                  ((m, i), (j, k), other), ((k, j), (i, m), other)):  # fmt: skip
                    out[at] = cmul_add(b, out.get(at), z, e[by[0] * n + by[1]])
        return as_field(b, t, X, [out[i, j] for i in range(n) for j in range(n)])

    return t(field, Sigma, X), gen
