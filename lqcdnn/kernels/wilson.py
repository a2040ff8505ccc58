"""The Wilson hop on blocks of sites, the fused steps of the even-odd operator, and conjugate gradients on them.

M = A - K, K = kappa H, H = sum_mu [(1 - gamma_mu) U_mu(n) delta_{n+mu} + (1 + gamma_mu) U_mu(n-mu)^dag delta_{n-mu}]
(physics.md 3.2).  Packed links hold kappa and the boundary signs.  ``side`` = 1.0 is K, -1.0 is K^dag =
gamma_5 K gamma_5.  A is 1, given as None, or a clover term, given as its chiral blocks (see ``clover``).

The even-odd operator is Mhat = A_e - K_eo A_o^-1 K_oe on even sites, and det M = det A_o det Mhat.
"""

from __future__ import annotations

from numba import njit, prange, types
from numba.extending import overload

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.linalg import advance_direction
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import (
    add_leg,
    add_scaled,
    at,
    chiral_blocks,
    dag,
    hop,
    load,
    project_at,
    put,
    re,
    redot,
    room,
    store,
    zero,
)
from lqcdnn.kernels.simd.types import mat_of


@njit(inline="always")
def leg(acc, W, s, psi, lead, nbr, k, mu, sign):
    """acc <- acc + (1 - sign gamma_mu) W[s, k] psi(neighbour k); inlined, so that mu stays a literal."""
    add_leg(acc, W, s, k, psi, lead, hop(nbr, k, s), mu, sign)


def wilson_hop(W, s, psi, lead, nbr, side):
    """K psi (``side`` 1.0) or K^dag psi (-1.0) on block s.

    ``lead`` are the leading indices of psi as a tuple: () for psi[block], (s5,) for psi[s5, block].
    """


@overload(wilson_hop, inline="always")
def wilson_hop_of_dimension(W, s, psi, lead, nbr, side):
    def two(W, s, psi, lead, nbr, side):
        acc = room(psi)
        store(acc, zero(psi))
        leg(acc, W, s, psi, lead, nbr, 0, 0, side)
        leg(acc, W, s, psi, lead, nbr, 2, 0, -side)
        leg(acc, W, s, psi, lead, nbr, 1, 1, side)
        leg(acc, W, s, psi, lead, nbr, 3, 1, -side)
        return load(acc)

    def four(W, s, psi, lead, nbr, side):
        acc = room(psi)
        store(acc, zero(psi))
        leg(acc, W, s, psi, lead, nbr, 0, 0, side)
        leg(acc, W, s, psi, lead, nbr, 4, 0, -side)
        leg(acc, W, s, psi, lead, nbr, 1, 1, side)
        leg(acc, W, s, psi, lead, nbr, 5, 1, -side)
        leg(acc, W, s, psi, lead, nbr, 2, 2, side)
        leg(acc, W, s, psi, lead, nbr, 6, 2, -side)
        leg(acc, W, s, psi, lead, nbr, 3, 3, side)
        leg(acc, W, s, psi, lead, nbr, 7, 3, -side)
        return load(acc)

    return two if mat_of(psi).m == 2 else four


def local(C, s, psi):
    """C(n) psi; C None is the identity."""


@overload(local, inline="always")
def local_of_kind(C, s, psi):
    if isinstance(C, types.NoneType):
        return lambda C, s, psi: psi
    return lambda C, s, psi: chiral_blocks(C, s, psi)


@kernel
def hopping(out, C, W, psi, nbr, side, first, last):
    """out = C K psi on blocks first <= s < last."""
    for s in prange(first, last):
        put(out, s, local(C, s, wilson_hop(W, s, psi, (), nbr, side)))


@kernel
def source_hopping(out, C, W, b, psi, nbr, side, first, last):
    """out = C (b + K psi)."""
    for s in prange(first, last):
        put(out, s, local(C, s, at(b, s) + wilson_hop(W, s, psi, (), nbr, side)))


@kernel
def massive_hopping(part, out, C, W, x, psi, nbr, side, first, last):
    """out = C x - K psi; part[s] = |out|^2 of a block."""
    for s in prange(first, last):
        q = local(C, s, at(x, s)) - wilson_hop(W, s, psi, (), nbr, side)
        put(out, s, q)
        part[s - first] = redot(q, q)


@kernel
def reduce_residual(part, r, alpha, C, W, x, psi, nbr, side, first, last):
    """r -= alpha (C x - K psi); part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        q = local(C, s, at(x, s)) - wilson_hop(W, s, psi, (), nbr, side)
        R = add_scaled(at(r, s), -alpha, q)
        put(r, s, R)
        part[s - first] = redot(R, R)


@device
def even_operator(part, out, t, C, inverse, W, x, nbr, side, half):
    """out = Mhat x (``side`` 1.0) or Mhat^dag x (-1.0) on even sites; t = A_o^-1 K_oe x; returns |out|^2."""
    hopping(t, inverse, W, x, nbr, side, half, 2 * half)
    massive_hopping(part, out, C, W, x, t, nbr, side, 0, half)
    return ordered_sum(part)


@device
def conjugate_gradients(x, r, p, t, q, part, C, inverse, W, nbr, half, rr, target, steps):
    """At most ``steps`` iterations of CG for Mhat^dag Mhat; stops when |r|^2 <= target.

    <p, Mhat^dag Mhat p> = |Mhat p|^2 is known before Mhat^dag is applied, hence r is updated where that is summed.
    Returns (iterations done, |r|^2); r and p carry the state into the next call.
    """
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr
        alpha = rr / even_operator(part, q, t, C, inverse, W, p, nbr, 1.0, half)
        hopping(t, inverse, W, q, nbr, -1.0, half, 2 * half)
        reduce_residual(part, r, alpha, C, W, q, t, nbr, -1.0, 0, half)
        new = ordered_sum(part)
        advance_direction(x, p, r, alpha, new / rr, 0, half)
        rr = new
    return steps, rr


@njit(inline="always")
def bond(Sigma, X, Y, lead, signs, nbr, factor, s, mu):
    """Sigma_mu(n) += factor sign [(1 - gamma_mu) X(n+mu) Y(n)^dag + (1 + gamma_mu) Y(n+mu) X(n)^dag], spin traced."""
    ahead = hop(nbr, mu, s)
    T = project_at(X, lead, ahead, mu, 1.0) @ dag(project_at(Y, lead, s, mu, 1.0))
    T += project_at(Y, lead, ahead, mu, -1.0) @ dag(project_at(X, lead, s, mu, -1.0))
    put(Sigma, (mu, s), at(Sigma, mu, s) + (factor * re(at(signs, mu, s))) * T)


def add_bonds(Sigma, X, Y, lead, signs, nbr, factor, s):
    """Derivative of factor Re Y^dag H X with respect to the links of block s; ``lead`` as in ``wilson_hop``.

    (1 -+ gamma_mu)^2 = 2 (1 -+ gamma_mu) lets both spinors be projected.
    """


@overload(add_bonds, inline="always")
def add_bonds_of_dimension(Sigma, X, Y, lead, signs, nbr, factor, s):
    def two(Sigma, X, Y, lead, signs, nbr, factor, s):
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 0)
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 1)

    def four(Sigma, X, Y, lead, signs, nbr, factor, s):
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 0)
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 1)
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 2)
        bond(Sigma, X, Y, lead, signs, nbr, factor, s, 3)

    return two if mat_of(X).m == 2 else four


@kernel
def add_hop_derivative(Sigma, X, Y, signs, nbr, factor):
    """Sigma += d/dU of factor Re Y^dag H X."""
    for s in prange(Sigma.shape[1]):
        add_bonds(Sigma, X, Y, (), signs, nbr, factor, s)
