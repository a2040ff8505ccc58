"""Determinants of symmetric operators on su(3): even functions of a commutator less an anticommutator.

Let H = Q / i, x = -(ad Q / 2)^2, which takes X to (H^2 X - 2 H X H + X H^2) / 4.  With H^3 = a H + d (a = tr H^2 / 2,
d = det H), 1 + p0 x + p1 x^2 + p2 x^3 takes X to

    c0 X + c1 {H, X} + c2 H X H + c3 {H^2, X} + c4 (H X H^2 + H^2 X H) + c5 H^2 X H^2,

so its matrix in the basis of Gell-Mann comes from products of entries of 3 x 3 matrices, not from those of 8 x 8 ones.
"""

from __future__ import annotations

from itertools import combinations

from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import align_stack, const
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.tape import Tape

PAIRS = tuple(combinations(range(3), 2))
ROOT = 3.0**-0.5


def element(M, i, j):
    """(sign, Number) of the parts of an entry of a hermitian matrix {(i, j): (re, im) for i <= j}; im of none on the
    diagonal.
    """
    re, im = M[min(i, j), max(i, j)]
    return [(1, re), *([(1 if i < j else -1, im)] if i != j else [])]


def add_product(terms, x, y):
    """Add the terms of the product of two entries to those of its (re, im)."""
    for m, (s, u) in enumerate(x):
        for k, (t, v) in enumerate(y):
            terms[(m + k) % 2].append((-s * t if m + k == 2 else s * t, u, v))


def combined(tape, *terms):
    """Sum of c M over (c, M), Numbers c and hermitian matrices M."""
    out = {}
    for i in range(3):
        for j in range(i, 3):
            parts = range(2 if i != j else 1)
            out[i, j] = [tape.total([(1, c, M[i, j][k]) for c, M in terms]) for k in parts] + [None] * (i == j)
    return out


def split(tape, entries):
    """H and h of W = h + i (H + trace), hermitian matrices, of which H has no trace; ``entries(i, j)``: Numbers."""
    H, h = {}, {}
    mean = tape.total([(1.0 / 3.0, entries(k, k)[1]) for k in range(3)])
    for i in range(3):
        re, im = entries(i, i)
        H[i, i], h[i, i] = (tape.plus(im, -1, mean), None), (re, None)
    for i, j in PAIRS:
        (ar, ai), (br, bi) = entries(i, j), entries(j, i)
        h[i, j] = tape.total([(0.5, ar), (0.5, br)]), tape.total([(0.5, ai), (-0.5, bi)])
        H[i, j] = tape.total([(0.5, ai), (0.5, bi)]), tape.total([(0.5, br), (-0.5, ar)])
    return H, h


def squared(tape, H):
    """H^2."""
    out = {}
    for i in range(3):
        for j in range(i, 3):
            terms = [], []
            for k in range(3):
                add_product(terms, element(H, i, k), element(H, k, j))
            out[i, j] = tape.total(terms[0]), tape.total(terms[1]) if i != j else None
    return out


def coefficients(tape, a, d, p):
    """c1 ... c5 and c0 - 1 of K above."""
    p0, p1, p2 = p
    a1, a2 = tape.total([(1, a, p1)]), tape.total([(1, a, p2)])
    aa2, d1, d2 = tape.total([(1, a, a2)]), tape.total([(1, d, p1)]), tape.total([(1, d, p2)])
    c0 = tape.total([(1, d, d2)])
    ad2 = tape.total([(1, a, d2)])
    return (
        tape.total([(-18.0 / 64.0, c0)]),
        tape.total([(-3.0 / 16.0, d1), (-24.0 / 64.0, ad2)]),
        tape.total([(-0.5, p0), (-0.5, a1), (-0.5, aa2)]),
        tape.total([(0.25, p0), (1.0 / 16.0, a1), (1.0 / 64.0, aa2)]),
        tape.total([(9.0 / 64.0, d2)]),
        tape.total([(6.0 / 16.0, p1), (30.0 / 64.0, a2)]),
    )


def form(tape, H, h, a, d, p):
    """The symmetric 8 x 8 matrix {(i, j): Number, j <= i} of 1 + sum_k p_k x^(k + 1) - {h, .} / 2."""
    c0, c1, c2, c3, c4, c5 = coefficients(tape, a, d, p)
    H2 = squared(tape, H)
    V, W = combined(tape, (c2, H), (c4, H2)), combined(tape, (c4, H), (c5, H2))
    Y = combined(tape, (c1, H), (c3, H2))
    half = tape.plus(tape.number(const(tape.vec, 0.5)), 0.5, c0)
    for key, (re, im) in Y.items():
        re = tape.plus(re, -0.5, h[key][0])
        Y[key] = (tape.plus(re, 1, half), None) if im is None else (re, tape.plus(im, -0.5, h[key][1]))

    def trace(i, j, k, m):
        """Terms of (re, im) of the form of unit matrices e_ij, e_km: tr e_ij (A e_km B + ...) = A_jk B_mi + ..."""
        terms = [], []
        for A, B in ((H, V), (H2, W)):
            add_product(terms, element(A, j, k), element(B, m, i))
        for at, same in (((j, k), m == i), ((m, i), j == k)):
            if same:
                for part, (s, x) in zip(terms, element(Y, *at)):
                    part.append((s, x))
        return terms

    B = {}

    def put(i, j, terms):
        B[max(i, j), min(i, j)] = tape.total((c, x) for c, x in terms if x)

    for N, (i, j) in enumerate(PAIRS):
        for K, (k, m) in enumerate(PAIRS[: N + 1]):
            (r, s), (u, v) = (map(tape.total, trace(*e)) for e in ((i, j, k, m), (i, j, m, k)))
            put(2 * N, 2 * K, [(1, r), (1, u)])
            put(2 * N + 1, 2 * K + 1, [(1, u), (-1, r)])
            put(2 * N + 1, 2 * K, [(-1, s), (-1, v)])
            if N != K:
                put(2 * N, 2 * K + 1, [(1, v), (-1, s)])
        for part, sign in ((0, 1), (1, -1)):
            x, y, z = (tape.total(trace(k, k, i, j)[part]) for k in range(3))
            put(6, 2 * N + part, [(sign, x), (-sign, y)])
            put(7, 2 * N + part, [(sign * ROOT, x), (sign * ROOT, y), (-2 * sign * ROOT, z)])
    M = {(k, m): tape.total(trace(k, k, m, m)[0]) for k in range(3) for m in range(k, 3)}
    put(6, 6, [(0.5, M[0, 0]), (0.5, M[1, 1]), (-1, M[0, 1])])
    put(7, 6, [(0.5 * ROOT, M[0, 0]), (-0.5 * ROOT, M[1, 1]), (-ROOT, M[0, 2]), (ROOT, M[1, 2])])
    sixth, third = 1.0 / 6.0, 1.0 / 3.0
    put(7, 7, [(sixth, M[0, 0]), (sixth, M[1, 1]), (third, M[0, 1]),
               (-2 * third, M[0, 2]), (-2 * third, M[1, 2]), (2 * third, M[2, 2])])  # fmt: skip
    return B


def pivots(tape, B, n):
    """[(d, 1 / d)] of B = L D L^T, row by row: each entry of L D is summed in a register.

    No pivots are chosen: B is positive, or the determinant of no use.
    """
    found, L, LD = [], {}, {}
    for i in range(n):
        for k in range(i + 1):
            x = B[i, k]
            for j in range(k):
                x = tape.plus_product(x, -1, LD[i, j], L[k, j])
            LD[i, k] = x
            if k < i:
                L[i, k] = tape.plus_product(None, 1, x, found[k][1])
        found.append((x, tape.inverse(x)))
    return found


def determinant(b, vec, found):
    """Product of the pivots, NaN where one is not positive."""
    product, good = None, None
    for d, _ in found:
        positive = b.fcmp_ordered(">", d.value, const(vec, 0.0))
        product, good = (b.fmul(product, d.value), b.and_(good, positive)) if product else (d.value, positive)
    return b.select(good, product, const(vec, float("nan")))


def emit(b, W, numbers):
    """(tape, what went in, pivots); numbers: where W is, a, d, p0, p1, p2."""
    t, where, *lanes = W.mat, *numbers
    align_stack(b)
    tape = Tape(b, t.vec)
    entries = {(i, j): [tape.number(x) for x in entry(b, W, where, i, j)] for i in range(3) for j in range(3)}
    a, d, *p = lanes = [tape.number(x) for x in lanes]
    H, h = split(tape, lambda i, j: entries[i, j])
    return tape, entries, lanes, pivots(tape, form(tape, H, h, a, d, p), 8)


@intrinsic
def adjoint_determinant(tyctx, W, a, d, p0, p1, p2):
    """Determinant of 1 + p0 x + p1 x^2 + p2 x^3 - D on su(3) as a Lane, NaN where the operator is not positive.

    W is a place, x = -(ad Q / 2)^2 of Q = TA(W), D X = {W + W^dag, X} / 4 without its trace; a = -tr Q^2 / 2 and
    d = det(Q / i) as Lanes.
    """

    def gen(ctx, b, sig, args):
        *_, found = emit(b, W, args)
        return determinant(b, W.mat.vec, found)

    return a(W, a, d, p0, p1, p2), gen


@intrinsic
def adjoint_determinant_pair(tyctx, G, W, a, d, p0, p1, p2):
    """(determinant, derivatives of its logarithm by a, d, p0, p1, p2), and that by W to the place G (Re tr(G dW))."""
    t = W.mat

    def gen(ctx, b, sig, args):
        tape, entries, lanes, found = emit(b, W, args[1:])
        tape.pull([(x, inverse.value) for x, inverse in found])
        for (i, j), (re, im) in entries.items():
            put_entry(b, t, args[0], j, i, (re.derivative, b.fneg(im.derivative)))
        return ctx.make_tuple(b, sig.return_type, [determinant(b, t.vec, found), *(x.derivative for x in lanes)])

    return types.UniTuple(a, 6)(G, W, a, d, p0, p1, p2), gen
