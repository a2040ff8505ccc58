"""Gamma matrices and what Wilson-like operators do with them on spinors Mat(Nc, S), S = 4 in d = 4, S = 2 in d = 2.

The basis is chiral: gamma_mu = [[0, G_mu], [G_mu^dag, 0]] with S/2 x S/2 blocks, gamma_5 = diag(1, -1) in blocks.

d = 4   G_k = -i sigma_k (k = x, y, z), G_t = 1; gamma_5 = gamma_x gamma_y gamma_z gamma_t
d = 2   G_x = 1, G_t = -i, so gamma_x = sigma_1, gamma_t = sigma_2; gamma_5 = -i gamma_x gamma_t = sigma_3

Every G is a permutation with phases, so 1 -+ gamma_mu, of rank S/2, acts by additions alone: with psi = (u, l),
(1 - s gamma_mu) psi = (chi, -s G^dag chi), chi = u - s G l.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import fma, pack, parts, splat
from lqcdnn.kernels.simd.memory import read
from lqcdnn.kernels.simd.types import I64, mat_of

BLOCKS = {
    2: (((0, 0),), ((0, 3),)),
    4: (((1, 3), (0, 3)), ((1, 2), (0, 0)), ((0, 3), (1, 1)), ((0, 0), (1, 0))),
}
"""G_mu by dimension: for each row (column, k) of its only entry i^k."""


def spins(d):
    """Components S of a spinor in d dimensions (2 or 4)."""
    return d


def gamma_matrices(d):
    """gamma_1 ... gamma_d, array [d, S, S]."""
    half = spins(d) // 2
    out = np.zeros((d, 2 * half, 2 * half), dtype=np.complex128)
    for mu, rows in enumerate(BLOCKS[d]):
        for a, (column, k) in enumerate(rows):
            out[mu, a, half + column] = 1j**k
            out[mu, half + column, a] = (-1j) ** k
    return out


def gamma_5(d):
    """gamma_5, array [S, S]."""
    half = spins(d) // 2
    return np.diag([1.0] * half + [-1.0] * half).astype(np.complex128)


def turn(b, z, k):
    """i^k z."""
    re, im = z
    return ((re, im), (b.fneg(im), re), (b.fneg(re), b.fneg(im)), (im, b.fneg(re)))[k % 4]


def add_turned(b, z, w, power):
    """z + i^power w without a product; z None is 0."""
    if z is None:
        return turn(b, w, power)
    re, im = (w, (w[1], w[0]))[power % 2]
    return (
        (b.fadd, b.fsub, b.fsub, b.fadd)[power % 4](z[0], re),
        (b.fadd, b.fadd, b.fsub, b.fsub)[power % 4](z[1], im),
    )


def projected(ctx, b, psi, value, mu, sign, kind):
    """Code of u - sign G_mu l."""
    e, half, out = parts(b, psi, value), psi.m // 2, []
    minus = splat(b, b.fneg(ctx.cast(b, sign, kind, psi.real)), psi.W)
    for i in range(psi.n):
        for a, (column, k) in enumerate(BLOCKS[psi.m][mu.literal_value]):
            (ur, ui), (lr, li) = e[i * psi.m + a], turn(b, e[i * psi.m + half + column], k)
            out.append((fma(b, minus, lr, ur), fma(b, minus, li, ui)))
    return pack(b, psi.like(psi.n, half), out)


@intrinsic(prefer_literal=True)
def project_at(tyctx, field, lead, x, mu, sign):
    """chi = u - sign G_mu l of field[*lead, x], Mat(Nc, S/2): all there is in (1 - sign gamma_mu) psi.

    mu is a literal; lead is a tuple of leading indices, () for none.
    """
    if not isinstance(mu, types.IntegerLiteral):
        return None
    psi = mat_of(field)
    t = psi.like(psi.n, psi.m // 2)

    def gen(ctx, b, sig, args):
        index = [*(b.extract_value(args[1], k) for k in range(len(lead))), args[2]]
        return projected(ctx, b, psi, read(ctx, b, field, args[0], index, [*lead, x]), mu, args[4], sign)

    return t(field, lead, x, mu, sign), gen


@intrinsic
def gamma5(tyctx, psi):
    """gamma_5 psi."""

    def gen(ctx, b, sig, args):
        e = parts(b, psi, args[0])
        lower = [j >= psi.m // 2 for _ in range(psi.n) for j in range(psi.m)]
        return pack(b, psi, [turn(b, z, 2) if low else z for z, low in zip(e, lower)])

    return psi(psi), gen


@intrinsic
def component(tyctx, psi, k):
    """Spin component k of psi (any integer, the same for all lanes), an Nc x 1 matrix."""
    t = psi.like(psi.n, 1)

    def gen(ctx, b, sig, args):
        e, index = parts(b, psi, args[0]), ctx.cast(b, args[1], k, types.int64)
        out = [e[i * psi.m] for i in range(psi.n)]
        for j in range(1, psi.m):
            here = b.icmp_signed("==", index, I64(j))
            out = [tuple(b.select(here, x, y) for x, y in zip(e[i * psi.m + j], out[i])) for i in range(psi.n)]
        return pack(b, t, out)

    return t(psi, k), gen
