"""The two chiralities of a spinor in the basis of ``spin``: gamma_5 = 1 above, -1 below."""

from __future__ import annotations

from numba.extending import intrinsic

from lqcdnn.kernels.simd.emit import pack, parts


def half(psi, side):
    """(type, code) of the components of one chirality."""
    m = psi.m // 2
    t = psi.like(psi.n, m)

    def gen(ctx, b, sig, args):
        e = parts(b, psi, args[0])
        return pack(b, t, [e[i * psi.m + side * m + a] for i in range(psi.n) for a in range(m)])

    return t, gen


@intrinsic
def upper(tyctx, psi):
    """P_+ psi, gamma_5 = 1, as an Nc x S/2 matrix."""
    t, gen = half(psi, 0)
    return t(psi), gen


@intrinsic
def lower(tyctx, psi):
    """P_- psi, gamma_5 = -1, as an Nc x S/2 matrix."""
    t, gen = half(psi, 1)
    return t(psi), gen


@intrinsic
def join(tyctx, up, low):
    """The spinor with these two chiralities."""
    m = up.m
    t = up.like(up.n, 2 * m)

    def gen(ctx, b, sig, args):
        e = [parts(b, up, args[0]), parts(b, low, args[1])]
        return pack(b, t, [e[side][i * m + a] for i in range(up.n) for side in (0, 1) for a in range(m)])

    return t(up, low), gen
