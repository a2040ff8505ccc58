"""Conjugate gradients for M^dag M + j^2 of staggered quarks at a real chemical potential, on all sites.

M = m + D(mu) and M^dag = m - D(-mu): ``W`` are the packed links of mu, ``V`` those of -mu, whose factors exp(+-mu) are
in them (``dirac.chemical``).
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import START, driver, inner
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, put, redot, zero
from lqcdnn.kernels.simd.neighbours import add_legs
from lqcdnn.kernels.staggered import new_direction, norms


@inner
def massive_with_norm(part, out, W, psi, nbr, mass, last):
    """out = (mass + D) psi; part[s] = |out|^2 of a block."""
    for s in prange(last):
        y = add_scaled(add_legs(zero(psi), W, s, psi, (), nbr), mass, at(psi, s))
        put(out, s, y)
        part[s] = redot(y, y)


@inner
def reduce_residual(part, r, alpha, V, y, p, nbr, mass, square, last):
    """r -= alpha ((mass - D) y + square p); part[s] = |r|^2 of a block."""
    for s in prange(last):
        q = add_scaled(mass * at(y, s) - add_legs(zero(y), V, s, y, (), nbr), square, at(p, s))
        R = add_scaled(at(r, s), -alpha, q)
        put(r, s, R)
        part[s] = redot(R, R)


@driver
def conjugate_gradients(x, r, p, y, part, W, V, nbr, mass, square, rr, target, steps):
    """At most ``steps`` iterations of CG for M^dag M + square; stops when |r|^2 <= target; y: work.

    Returns (iterations done, |r|^2); r and p carry the state into the next call.
    """
    last = part.size
    norms(part, p, START, last)
    pp = ordered_sum(part)
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr
        massive_with_norm(part, y, W, p, nbr, mass, last)
        alpha = rr / (ordered_sum(part) + square * pp)
        reduce_residual(part, r, alpha, V, y, p, nbr, mass, square, last)
        new = ordered_sum(part)
        new_direction(part, x, p, r, alpha, new / rr, START, last)
        pp = ordered_sum(part)
        rr = new
    return steps, rr
