"""The Wilson hop on blocks of sites, the fused steps of the even-odd operator, and conjugate gradients on them.

M = A - K, K = kappa H, H = sum_mu [(1 - gamma_mu) U_mu(n) delta_{n+mu} + (1 + gamma_mu) U_mu(n-mu)^dag delta_{n-mu}]
(physics.md 3.2).  Packed links hold kappa and the boundary signs.  ``side`` = 1.0 is K, -1.0 is K^dag =
gamma_5 K gamma_5.  A is 1, given as None, or a clover term, [block, chirality] as in ``clover``.

With a twisted mass A + i m gamma_5 stands in the place of A; M^dag has -m.  It is given as (m,) or (A, m), and the
inverse (A - i m gamma_5) (A^2 + m^2)^-1 as (1 / (1 + m^2), -m) or (A, (A^2 + m^2)^-1, -m).

Wilson's parameter r other than 1 puts r - gamma_mu and r + gamma_mu in place of 1 - gamma_mu and 1 + gamma_mu.  With

    r -+ gamma_mu = (r + 1)/2 [(1 -+ gamma_mu) + w (1 +- gamma_mu)],   w = (r - 1)/(r + 1),

K is the sum of two hops of half spinors along the same links, which hold kappa (r + 1)/2: K = K_1 + w K_1^dag.  Kernels
take the links W, or (W, w).

The even-odd operator is Mhat = A_e - K_eo A_o^-1 K_oe on even sites, and det M = det A_o det Mhat.
"""

from __future__ import annotations

from numba import prange, types
from numba.extending import overload

from lqcdnn.kernels.compile import START, driver, inlined, kernel
from lqcdnn.kernels.linalg import advance_direction
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, as_link, ask, at, dag, hop, load, place, project_at, put, re, redot, room
from lqcdnn.kernels.simd.hermitian import ask_chiral, multiply_chiral
from lqcdnn.kernels.simd.spinhop import wilson_hop
from lqcdnn.kernels.simd.twistedmass import add_gamma5
from lqcdnn.kernels.simd.types import mat_of


def of_kind(C, plain, clover, twisted, twisted_clover):
    """Which of four programs is that of a diagonal term of this type."""
    if isinstance(C, types.BaseTuple):
        return twisted_clover if isinstance(C[0], types.Array) else twisted
    return plain if isinstance(C, types.NoneType) else clover


def local_hop(out, base, C, W, s, psi, nbr, side, streams):
    """out = C (base + K psi) on block s; out and base are places, base None is 0; streams as in ``wilson_hop``."""


@overload(local_hop, inline="always")
def local_hop_of_kind(out, base, C, W, s, psi, nbr, side, streams):
    def plain(out, base, C, W, s, psi, nbr, side, streams):
        wilson_hop(out, base, 1.0, W, s, psi, nbr, side, streams)

    def clover(out, base, C, W, s, psi, nbr, side, streams):
        x = room(psi)
        ask_chiral(C, s)
        wilson_hop(x, base, 1.0, W, s, psi, nbr, side, streams)
        multiply_chiral(out, C, s, x)

    def twisted(out, base, C, W, s, psi, nbr, side, streams):
        wilson_hop(out, base, 1.0, W, s, psi, nbr, side, streams)
        add_gamma5(out, out, C[0], out, side * C[0] * C[1])

    def twisted_clover(out, base, C, W, s, psi, nbr, side, streams):
        x, y = room(psi), room(psi)
        ask_chiral(C[1], s)
        ask_chiral(C[0], s)
        wilson_hop(x, base, 1.0, W, s, psi, nbr, side, streams)
        multiply_chiral(y, C[1], s, x)
        multiply_chiral(out, C[0], s, y)
        add_gamma5(out, out, 1.0, y, side * C[2])

    return of_kind(C, plain, clover, twisted, twisted_clover)


def local_minus_hop(out, C, x, W, s, psi, nbr, side, streams):
    """out = C x - K psi on block s; out and x are two places, streams as in ``wilson_hop``."""


@overload(local_minus_hop, inline="always")
def local_minus_hop_of_kind(out, C, x, W, s, psi, nbr, side, streams):
    def plain(out, C, x, W, s, psi, nbr, side, streams):
        wilson_hop(out, x, -1.0, W, s, psi, nbr, side, streams)

    def clover(out, C, x, W, s, psi, nbr, side, streams):
        multiply_chiral(out, C, s, x)
        ask_chiral(C, min(s + 1, C.shape[0] - 1))
        wilson_hop(out, out, -1.0, W, s, psi, nbr, side, streams)

    def twisted(out, C, x, W, s, psi, nbr, side, streams):
        add_gamma5(out, x, 1.0, x, side * C[0])
        wilson_hop(out, out, -1.0, W, s, psi, nbr, side, streams)

    def twisted_clover(out, C, x, W, s, psi, nbr, side, streams):
        multiply_chiral(out, C[0], s, x)
        add_gamma5(out, out, 1.0, x, side * C[1])
        ask_chiral(C[0], min(s + 1, C[0].shape[0] - 1))
        wilson_hop(out, out, -1.0, W, s, psi, nbr, side, streams)

    return of_kind(C, plain, clover, twisted, twisted_clover)


@kernel
def hopping(out, C, W, psi, nbr, side, first, last):
    """out = C K psi on blocks first <= s < last."""
    for s in prange(first, last):
        local_hop(place(out, s), None, C, W, s, psi, nbr, side, (place(out, s),))


@kernel
def source_hopping(out, C, W, b, psi, nbr, side, first, last):
    """out = C (b + K psi)."""
    for s in prange(first, last):
        streams = place(out, s), place(b, s)
        local_hop(place(out, s), place(b, s), C, W, s, psi, nbr, side, streams)


@kernel
def massive_hopping(part, out, C, W, x, psi, nbr, side, first, last):
    """out = C x - K psi; part[s] = |out|^2 of a block."""
    for s in prange(first, last):
        ask(x, s)
        streams = place(out, s), place(x, s)
        local_minus_hop(place(out, s), C, place(x, s), W, s, psi, nbr, side, streams)
        q = at(out, s)
        part[s - first] = redot(q, q)


@kernel
def reduce_residual(part, r, alpha, C, W, x, psi, nbr, side, first, last):
    """r -= alpha (C x - K psi); part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        ask(r, s)
        ask(x, s)
        q, streams = room(psi), (place(r, s), place(x, s))
        local_minus_hop(q, C, place(x, s), W, s, psi, nbr, side, streams)
        R = add_scaled(at(r, s), -alpha, load(q))
        put(r, s, R)
        part[s - first] = redot(R, R)


@driver
def even_operator(part, out, t, C, inverse, W, x, nbr, side, half):
    """out = Mhat x (``side`` 1.0) or Mhat^dag x (-1.0) on even sites; t = A_o^-1 K_oe x; returns |out|^2."""
    hopping(t, inverse, W, x, nbr, side, half, 2 * half)
    massive_hopping(part, out, C, W, x, t, nbr, side, START, half)
    return ordered_sum(part)


@driver
def conjugate_gradients(x, r, p, t, q, part, C, inverse, W, V, nbr, half, rr, target, steps):
    """At most ``steps`` iterations of CG for Mhat^dag Mhat; stops when |r|^2 <= target.

    V are the links of Mhat^dag: W, but for a chemical potential, where they are those of its negative.
    <p, Mhat^dag Mhat p> = |Mhat p|^2 is known before Mhat^dag is applied, hence r is updated where that is summed.
    Returns (iterations done, |r|^2); r and p carry the state into the next call.
    """
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr
        alpha = rr / even_operator(part, q, t, C, inverse, W, p, nbr, 1.0, half)
        hopping(t, inverse, V, q, nbr, -1.0, half, 2 * half)
        reduce_residual(part, r, alpha, C, V, q, t, nbr, -1.0, START, half)
        new = ordered_sum(part)
        advance_direction(x, p, r, alpha, new / rr, START, half)
        rr = new
    return steps, rr


@inlined
def bond(Sigma, X, Y, lead, signs, nbr, factor, s, mu):
    """Sigma_mu(n) += factor sign [(1 - gamma_mu) X(n+mu) Y(n)^dag + (1 + gamma_mu) Y(n+mu) X(n)^dag], spin traced."""
    ask(Sigma, mu, s)
    ahead = hop(nbr, mu, s)
    T = project_at(X, lead, ahead, mu, 1.0) @ dag(project_at(Y, lead, s, mu, 1.0))
    T += project_at(Y, lead, ahead, mu, -1.0) @ dag(project_at(X, lead, s, mu, -1.0))
    put(Sigma, (mu, s), at(Sigma, mu, s) + (factor * re(at(signs, mu, s))) * as_link(Sigma, T))


def add_bonds(Sigma, X, Y, lead, signs, nbr, factor, s):
    """Derivative of factor Re Y^dag H X with respect to the links of block s; ``lead`` as in ``project_at``.

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
