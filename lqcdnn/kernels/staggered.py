"""The staggered operator D on half lattices, its derivative, and the fused steps of conjugate gradients.

D = (1/2) sum_mu eta_mu(n) [U_mu(n) delta_{n+mu} - U_mu(n-mu)^dag delta_{n-mu}] (physics.md 3.1).  Packed links
``W[block, k]`` (``packing``) hold phase, sign and factor 1/2 for all 2d neighbours of a site: the hop is one sum.
``nbr`` is the table of neighbours that a lattice makes.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import driver, inlined, inner, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, as_link, at, dag, hop, put, re, redot, zero
from lqcdnn.kernels.simd.neighbours import add_legs


@kernel
def hopping(out, W, psi, nbr, first, last):
    """out = D psi on blocks first <= s < last."""
    for s in prange(first, last):
        put(out, s, add_legs(zero(psi), W, s, psi, (), nbr))


@kernel
def massive_hopping(out, W, psi, nbr, mass, sign, first, last):
    """out = (mass + sign D) psi."""
    for s in prange(first, last):
        put(out, s, add_scaled(sign * add_legs(zero(psi), W, s, psi, (), nbr), mass, at(psi, s)))


@inner
def normal_half(part, out, W, t, p, nbr, mass2, first, last):
    """out = mass2 p - D t; part[s] = Re <p, out> of a block."""
    for s in prange(first, last):
        x = at(p, s)
        q = mass2 * x - add_legs(zero(p), W, s, t, (), nbr)
        put(out, s, q)
        part[s - first] = redot(x, q)


@driver
def normal_operator(part, out, t, W, p, nbr, mass2, half, parity):
    """out = (mass2 - D D) p on one parity (t: work on the other); returns Re <p, out>."""
    first, other = parity * half, (1 - parity) * half
    hopping(t, W, p, nbr, other, other + half)
    normal_half(part, out, W, t, p, nbr, mass2, first, first + half)
    return ordered_sum(part)


@inlined
def hop_at(out, W, psi, nbr, lead, s):
    """out = D psi on a block; returns |out|^2."""
    y = add_legs(zero(psi), W, s, psi, lead, nbr)
    put(out, (*lead, s), y)
    return redot(y, y)


@inlined
def reduce_at(r, alpha, W, t, p, nbr, mass2, lead, s):
    """r -= alpha (mass2 p - D t) on a block; returns |r|^2."""
    where = (*lead, s)
    q = mass2 * at(p, *where) - add_legs(zero(p), W, s, t, lead, nbr)
    R = add_scaled(at(r, *where), -alpha, q)
    put(r, where, R)
    return redot(R, R)


@inlined
def turn_at(x, p, r, alpha, beta, lead, s):
    """x += alpha p, then p = r + beta p on a block; returns |p|^2."""
    where = (*lead, s)
    old = at(p, *where)
    put(x, where, add_scaled(at(x, *where), alpha, old))
    new = add_scaled(at(r, *where), beta, old)
    put(p, where, new)
    return redot(new, new)


@inner
def norms(part, p, first, last):
    """part[s] = |p|^2 of a block."""
    for s in prange(first, last):
        x = at(p, s)
        part[s - first] = redot(x, x)


@kernel
def hop_with_norm(part, out, W, psi, nbr, first, last):
    """out = D psi; part[s] = |out|^2 of a block."""
    for s in prange(first, last):
        part[s - first] = hop_at(out, W, psi, nbr, (), s)


@kernel
def reduce_residual(part, r, alpha, W, t, p, nbr, mass2, first, last):
    """r -= alpha (mass2 p - D t); part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        part[s - first] = reduce_at(r, alpha, W, t, p, nbr, mass2, (), s)


@kernel
def new_direction(part, x, p, r, alpha, beta, first, last):
    """x += alpha p, then p = r + beta p; part[s] = |p|^2 of a block."""
    for s in prange(first, last):
        part[s - first] = turn_at(x, p, r, alpha, beta, (), s)


@driver
def conjugate_gradients(x, r, p, t, part, W, nbr, mass2, half, parity, rr, target, steps):
    """At most ``steps`` iterations of CG for mass2 - D D on one parity; stops when |r|^2 <= target.

    <p, (mass2 - D D) p> = mass2 |p|^2 + |D p|^2 is known before D is applied again, hence r is updated where that is
    done.  Returns (iterations done, |r|^2); r and p carry the state into the next call.
    """
    first, other = parity * half, (1 - parity) * half
    norms(part, p, first, first + half)
    pp = ordered_sum(part)
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr
        hop_with_norm(part, t, W, p, nbr, other, other + half)
        alpha = rr / (mass2 * pp + ordered_sum(part))
        reduce_residual(part, r, alpha, W, t, p, nbr, mass2, first, first + half)
        new = ordered_sum(part)
        new_direction(part, x, p, r, alpha, new / rr, first, first + half)
        pp = ordered_sum(part)
        rr = new
    return steps, rr


@kernel
def add_outer_products(Sigma, X, signs, nbr, factor, half):
    """Sigma_mu(n) += +-factor eta_mu(n) X(n + mu) X(n)^dag, + on the first half (even sites), - on the second.

    The derivative of Re <X_e, D X_o> terms (physics.md 3.1): with X = A^{-1} phi on one parity and D X on the other.
    """
    for s in prange(Sigma.shape[1]):
        side = factor if s < half else -factor
        x = dag(at(X, s))
        for mu in range(Sigma.shape[0]):
            outer = as_link(Sigma, at(X, hop(nbr, mu, s)) @ x)
            put(Sigma, (mu, s), at(Sigma, mu, s) + (side * re(at(signs, mu, s))) * outer)
