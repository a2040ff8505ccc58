"""Determinants of symmetric operators on su(3): even functions of a commutator less an anticommutator.

Let H = Q / i and x = -(ad Q / 2)^2, which takes X to (H^2 X - 2 H X H + X H^2) / 4.  What products like H X H are, up
to multiples of 1, follows from the equation of Cayley and Hamilton, A^3 - t A^2 + s A = det A, varied in the direction
of a traceless X: A X A = t {A, X} - {A^2, X} - s X + A tr(A X).  With a = tr H^2 / 2 and d = det H,
1 + p0 x + p1 x^2 + p2 x^3 takes X to the traceless part of

    k0 X + {k1 H + k2 H^2, X} + c0 H tr(H X) + c1 (H tr(H^2 X) + H^2 tr(H X)) + c2 H^2 tr(H^2 X).

In the basis of Gell-Mann anticommutators are sums of few constants d_abc, and the rest is a matrix of rank two.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import align_stack, const
from lqcdnn.kernels.simd.places import entry, put_entry
from lqcdnn.kernels.simd.tape import Tape

ROOT = 1.0 / sqrt(3.0)
DIMENSION = 8
SYMMETRIC = {
    **{(a, a, 8): ROOT for a in (1, 2, 3)},
    **{(a, a, 8): -0.5 * ROOT for a in (4, 5, 6, 7)},
    (8, 8, 8): -ROOT,
    **dict.fromkeys([(1, 4, 6), (1, 5, 7), (2, 5, 6), (3, 4, 4), (3, 5, 5)], 0.5),
    **dict.fromkeys([(2, 4, 7), (3, 6, 6), (3, 7, 7)], -0.5),
}
"""d_abc, a <= b <= c, of {lambda_a, lambda_b} = (4 / 3) delta_ab + 2 d_abc lambda_c."""


def gell_mann():
    """The matrices lambda_a, tr lambda_a lambda_b = 2 delta_ab, [a, i, j]."""
    found = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        E = np.zeros((3, 3), dtype=complex)
        E[i, j] = 1.0
        found += [E + E.T, -1j * (E - E.T)]
    found.insert(2, np.diag([1.0, -1.0, 0.0]))
    return np.array([*found, np.diag([ROOT, ROOT, -2.0 * ROOT])])


LAMBDA = gell_mann()


def d_symbol(a, b, c):
    """d_abc, indices from 0."""
    return SYMMETRIC.get(tuple(k + 1 for k in sorted((a, b, c))), 0.0)


def terms(constants, numbers):
    """[(c, number)] of those c that are not zero."""
    return [(float(c), x) for c, x in zip(constants, numbers) if c != 0.0]


def components(tape, entries):
    """(u, h, trace): u_a = tr(lambda_a H) / 2, h_a = tr(lambda_a h) / 2 and tr h of W = h + i (H + multiple of 1).

    ``entries``: the Numbers (re, im) of W by (i, j).
    """
    keys = [(i, j) for i in range(3) for j in range(3)]
    flat = [entries[key][part] for part in (0, 1) for key in keys]
    u, h = [], []
    for matrix in LAMBDA:
        half = 0.5 * np.array([matrix[j, i] for i, j in keys])
        h.append(tape.total(terms([*half.real, *-half.imag], flat)))
        u.append(tape.total(terms([*half.imag, *half.real], flat)))
    return u, h, tape.total([(1, entries[k, k][0]) for k in range(3)])


def square(tape, u):
    """v_c = d_abc u_a u_b, the components of H^2."""
    out = []
    for c in range(DIMENSION):
        groups = {}
        for a in range(DIMENSION):
            for b in range(a + 1):
                d = d_symbol(a, b, c) * (2.0 if b < a else 1.0)
                if d != 0.0:
                    groups.setdefault(abs(d), []).append((1 if d > 0 else -1, u[a], u[b]))
        out.append(tape.total([(size, tape.total(group)) for size, group in groups.items()]))
    return out


def form(tape, entries, a, d, p):
    """The symmetric 8 x 8 matrix {(i, j): Number, j <= i} of 1 + p0 x + p1 x^2 + p2 x^3 - {h, .} / 2."""
    u, h, trace = components(tape, entries)
    v = square(tape, u)
    p0, p1, p2 = p
    a1, a2, d1, d2 = (tape.total([(1, x, y)]) for x in (a, d) for y in (p1, p2))
    aa2, ad2, dd2 = (tape.total([(1, x, y)]) for x, y in ((a, a2), (a, d2), (d, d2)))
    k1 = tape.total([(-9.0 / 16.0, d1), (-27.0 / 32.0, ad2)])
    k2 = tape.total([(3.0 / 4.0, p0), (15.0 / 16.0, a1), (63.0 / 64.0, aa2)])
    c0 = tape.total([(-1, p0), (-1, a1), (-1, aa2)])  # c of above, twice
    c1 = tape.total([(9.0 / 32.0, d2)])
    c2 = tape.total([(3.0 / 4.0, p1), (15.0 / 16.0, a2)])
    # k0 and the traces of H^2 and h
    by_a = tape.total([(0.5, p0), (3.0 / 8.0, a1), (11.0 / 32.0, aa2)])
    one = tape.number(const(tape.vec, 1.0))
    unit = tape.total([(1, one), (-1.0 / 3.0, trace), (-27.0 / 64.0, dd2), (1, a, by_a)])
    y, f, g = [], [], []
    for x, z, other in zip(u, v, h):
        y.append(tape.total([(-0.5, other), (1, k1, x), (1, k2, z)]))
        f.append(tape.total([(1, c0, x), (1, c1, z)]))
        g.append(tape.total([(1, c1, x), (1, c2, z)]))
    B = {}
    for i in range(DIMENSION):
        for j in range(i + 1):
            start = [(1, unit)] if i == j else []
            start += terms([2.0 * d_symbol(i, j, c) for c in range(DIMENSION)], y)
            B[i, j] = tape.total([*start, (1, u[i], f[j]), (1, v[i], g[j])])
    return B


def pivots(tape, B):
    """[(d, 1 / d)] of B = L D L^T, row by row: each entry of L D is summed in a register.

    No pivots are chosen: B is positive, or the determinant of no use.
    """
    found, L, LD = [], {}, {}
    for i in range(DIMENSION):
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
    return tape, entries, lanes, pivots(tape, form(tape, entries, a, d, p))


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
