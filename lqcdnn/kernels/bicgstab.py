"""Stabilised biconjugate gradients (van der Vorst, SIAM J. Sci. Stat. Comput. 13 (1992) 631) for the even-odd Wilson
operator Mhat and its adjoint.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import driver, inner
from lqcdnn.kernels.linalg import dot, times
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import at, put, redot
from lqcdnn.kernels.wilson import even_operator


@driver
def ordered_dot(part):
    """Sum of per-block partials [block, (re, im)] as a complex number."""
    return complex(ordered_sum(part[:, 0]), ordered_sum(part[:, 1]))


@inner
def products(part, x, y, last):
    """part[s] = (Re, Im) of <x, y> on a block."""
    for s in prange(last):
        part[s, 0], part[s, 1] = dot(at(x, s), at(y, s))


@inner
def new_direction(p, r, v, beta, omega, last):
    """p = r + beta (p - omega v)."""
    for s in prange(last):
        P = at(p, s) - times(omega.real, omega.imag, at(v, s))
        put(p, s, at(r, s) + times(beta.real, beta.imag, P))


@inner
def reduce(r, alpha, v, last):
    """r -= alpha v."""
    for s in prange(last):
        put(r, s, at(r, s) - times(alpha.real, alpha.imag, at(v, s)))


@inner
def advance(part, norms, x, r, p, t, shadow, alpha, omega, last):
    """x += alpha p + omega r, then r -= omega t; part = <shadow, r>, norms = |r|^2."""
    for s in prange(last):
        R = at(r, s)
        put(x, s, at(x, s) + times(alpha.real, alpha.imag, at(p, s)) + times(omega.real, omega.imag, R))
        R = R - times(omega.real, omega.imag, at(t, s))
        put(r, s, R)
        part[s, 0], part[s, 1] = dot(at(shadow, s), R)
        norms[s] = redot(R, R)


@driver
def bicgstab(x, r, shadow, p, v, t, work, part, norms, C, inverse, W, nbr, side, half, state, rr, target, steps):
    """At most ``steps`` iterations for Mhat x = b (``side`` 1.0) or Mhat^dag x = b (-1.0).

    Stops when |r|^2 <= target or when it breaks down.
    state = (rho, alpha, omega) and the vectors carry the iteration into the next call; it starts as (|r|^2, 1, 1) with
    p = v = 0 and r = shadow = b - Mhat x.  ``work`` holds odd sites.  Returns (iterations done, |r|^2, broken down?).
    """
    rho, alpha, omega = state[0], state[1], state[2]
    beta = complex(state[3])
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr, False
        new_direction(p, r, v, beta, omega, half)
        even_operator(norms, v, work, C, inverse, W, p, nbr, side, half)
        products(part, shadow, v, half)
        sigma = ordered_dot(part)
        if sigma == 0.0:
            return k, rr, True
        alpha = rho / sigma
        reduce(r, alpha, v, half)
        tt = even_operator(norms, t, work, C, inverse, W, r, nbr, side, half)
        products(part, t, r, half)
        if tt == 0.0:
            return k, rr, True
        omega = ordered_dot(part) / tt
        advance(part, norms, x, r, p, t, shadow, alpha, omega, half)
        new, rr = ordered_dot(part), ordered_sum(norms)
        if new == 0.0 or omega == 0.0:
            return k + 1, rr, rr > target
        beta = (new / rho) * (alpha / omega)
        rho = new
        state[0], state[1], state[2], state[3] = rho, alpha, omega, beta
    return steps, rr, False
