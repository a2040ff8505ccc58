"""Conjugate gradients for (A + sigma_i) x_i = b, i = 0, 1, ..., in one Krylov space (Jegerlehner, hep-lat/9612014).

The system of the smallest shift, i = 0, is the base; shifts sigma_i >= 0 are counted from it and ascend.  The residual
of each other system is parallel to the base's, r_i = zeta_i r, with

    omega_i = zeta_i(new) / zeta_i = 1 / (1 + alpha sigma_i + alpha beta_ / alpha_ (1 - omega_i_)),
    alpha_i = alpha omega_i,  beta_i = beta omega_i^2,

where _ marks the step before and beta_ = 0 in the first.  zeta_i falls with sigma_i, so systems are dropped from the
end as they converge.  All x_i and p_i follow from the residuals and these numbers: several steps of them are made at
once, so that they come from memory seldom.  Vectors live on the blocks before ``half``, which are those of even sites
or, for operators without even-odd decomposition, all of them; A is a tuple of arrays whose kind decides ``step``.
Five-dimensional vectors are [s5, block], and R is [j, s5, block].
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numba.extending import overload

from lqcdnn.kernels import domainwall, doublet
from lqcdnn.kernels.compile import START, device, driver, inner, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, put, redot, zero
from lqcdnn.kernels.simd.neighbours import add_legs
from lqcdnn.kernels.simd.types import mat_of
from lqcdnn.kernels.staggered import hop_with_norm, massive_hopping, normal_operator
from lqcdnn.kernels.staggered_density import massive_with_norm
from lqcdnn.kernels.wilson import even_operator
from lqcdnn.kernels.wilson import massive_hopping as massive_spin_hopping


def step(A, part, R, new, old, p, q, pp, rr, shift, half):
    """r[new] = r[old] - alpha (A + shift) p, part[s] = |r[new]|^2 of a block; returns alpha = rr / <p, (A + shift) p>.

    ``rr``, ``pp``: |r[old]|^2 and |p|^2.
    """


@overload(step)
def step_of_kind(A, part, R, new, old, p, q, pp, rr, shift, half):
    def staggered(A, part, R, new, old, p, q, pp, rr, shift, half):
        W, legs, mass2, t = A
        alpha = rr / normal_operator(part, q, t, W, p, legs, mass2 + shift, half, START)
        reduce_residual(part, R, new, old, q, alpha, half)
        return alpha

    def wilson(A, part, R, new, old, p, q, pp, rr, shift, half):
        C, inverse, W, V, nbr, t, y = A
        alpha = rr / (even_operator(part, y, t, C, inverse, W, p, nbr, 1.0, half) + shift * pp)
        even_operator(part, q, t, C, inverse, V, y, nbr, -1.0, half)
        reduce_shifted_residual(part, R, new, old, q, p, shift, alpha, half)
        return alpha

    def flavors(A, part, R, new, old, p, q, pp, rr, shift, half):
        T, inverse, W, nbr, (t, u), y = A
        even = half // 2
        alpha = rr / (doublet.even_operator(part, y, t, u, T, inverse, W, p, nbr, 1.0, even) + shift * pp)
        doublet.even_operator(part, q, t, u, T, inverse, W, y, nbr, -1.0, even)
        reduce_shifted_residual(part, R, new, old, q, p, shift, alpha, half)
        return alpha

    def whole(A, part, R, new, old, p, q, pp, rr, shift, half):
        W, nbr, y = A
        massive_spin_hopping(part, y, None, W, p, p, nbr, 1.0, START, half)
        alpha = rr / (ordered_sum(part) + shift * pp)
        massive_spin_hopping(part, q, None, W, y, y, nbr, -1.0, START, half)
        reduce_shifted_residual(part, R, new, old, q, p, shift, alpha, half)
        return alpha

    def fused(A, part, R, new, old, p, q, pp, rr, shift, half):
        W, legs, mass2, t = A
        hop_with_norm(part, t, W, p, legs, half, 2 * half)
        alpha = rr / ((mass2 + shift) * pp + ordered_sum(part))
        reduce_hopped_residual(part, R, new, old, W, t, p, legs, mass2 + shift, alpha, half)
        return alpha

    def density(A, part, R, new, old, p, q, pp, rr, shift, half):
        W, V, nbr, mass, square, y = A
        massive_with_norm(part, y, W, p, nbr, mass, half)
        alpha = rr / (ordered_sum(part) + (square + shift) * pp)
        massive_hopping(q, V, y, nbr, mass, -1.0, START, half)
        reduce_shifted_residual(part, R, new, old, q, p, square + shift, alpha, half)
        return alpha

    def walls(A, part, R, new, old, p, q, pp, rr, shift, half):
        T, W, nbr, t = A
        alpha = rr / (domainwall.even_operator(part, q, t, t, T, W, p, nbr, half) + shift * pp)
        domainwall.hopping(t, T, W, t, nbr, -1.0, half, 2 * half)
        domainwall.reduce_shifted_residual(part, R, new, old, alpha, W, q, t, p, shift, nbr, half)
        return alpha

    if p.ndim == 2:
        return walls
    if mat_of(p).m > 1:
        return {3: whole, 6: flavors}.get(len(A), wilson)
    if len(A) == 6:
        return density
    return fused if mat_of(p).itemsize == 4 else staggered  # in double precision so that bits stay what they were


@inner
def reduce_residual(part, R, new, old, q, alpha, last):
    """r[new] = r[old] - alpha q; part[s] = |r[new]|^2 of a block."""
    for s in prange(last):
        r = add_scaled(at(R, old, s), -alpha, at(q, s))
        put(R, (new, s), r)
        part[s] = redot(r, r)


@inner
def reduce_shifted_residual(part, R, new, old, q, p, shift, alpha, last):
    """r[new] = r[old] - alpha (q + shift p); part[s] = |r[new]|^2 of a block."""
    for s in prange(last):
        r = add_scaled(at(R, old, s), -alpha, add_scaled(at(q, s), shift, at(p, s)))
        put(R, (new, s), r)
        part[s] = redot(r, r)


@inner
def reduce_hopped_residual(part, R, new, old, W, t, p, nbr, mass2, alpha, last):
    """r[new] = r[old] - alpha (mass2 p - D t); part[s] = |r[new]|^2 of a block."""
    for s in prange(last):
        q = mass2 * at(p, s) - add_legs(zero(p), W, s, t, (), nbr)
        r = add_scaled(at(R, old, s), -alpha, q)
        put(R, (new, s), r)
        part[s] = redot(r, r)


def new_direction(part, p, R, new, beta, last):
    """p = r[new] + beta p; part[s] = |p|^2 of a block."""


@overload(new_direction)
def new_direction_of_kind(part, p, R, new, beta, last):
    def one(part, p, R, new, beta, last):
        turn(part, p, R, new, beta, last)

    def walls(part, p, R, new, beta, last):
        turn_rows(part, p, R, new, beta, last)

    return walls if p.ndim == 2 else one


@inner
def turn(part, p, R, new, beta, last):
    """:func:`new_direction` of vectors [block]."""
    for s in prange(last):
        y = add_scaled(at(R, new, s), beta, at(p, s))
        put(p, s, y)
        part[s] = redot(y, y)


@inner
def turn_rows(part, p, R, new, beta, last):
    """:func:`new_direction` of vectors [s5, block]."""
    for s in prange(last):
        norm = 0.0
        for k in range(p.shape[0]):
            y = add_scaled(at(R, new, k, s), beta, at(p, k, s))
            put(p, (k, s), y)
            norm += redot(y, y)
        part[s] = norm


@inner
def advance_shifts(X, P, R, steps, pending, count, last):
    """x_i += alpha_ij p_i, p_i = zeta_ij r[j] + beta_ij p_i for j < pending_i, i < count; steps[j] = rows alpha, zeta,
    beta.  Fields are in pieces, [i, block, piece].
    """
    for s in prange(last):
        for c in range(X.shape[2]):
            for i in range(count):
                x, p = at(X, i, s, c), at(P, i, s, c)
                for j in range(pending[i]):
                    x = add_scaled(x, steps[j, 0, i], p)
                    p = add_scaled(steps[j, 1, i] * at(R, j, s, c), steps[j, 2, i], p)
                put(X, (i, s, c), x)
                put(P, (i, s, c), p)


@device
def recur(steps, pending, sigma, zeta, omega, alpha, beta, carry, count):
    """zeta, omega and the rows of ``steps``, see ``advance_shifts``, of one more step."""
    for i in range(count):
        omega[i] = 1.0 / (1.0 + alpha * sigma[i] + alpha * carry * (1.0 - omega[i]))
        zeta[i] *= omega[i]
        steps[0, i] = alpha * omega[i]
        steps[1, i] = zeta[i]
        steps[2, i] = beta * omega[i] * omega[i]
        pending[i] += 1


@driver
def multishift(
    X, P, R, pieces, p, q, part, A, half, shift, sigma, zeta, omega, state, history, target, pause, done, limit
):
    """Iterations ``done`` to ``limit`` at most; stops when zeta_i^2 |r|^2 <= target for all i, or |r|^2 <= ``pause``.

    ``shift`` is that of the base and p its direction, r[-1] its residual between calls.  X, P and ``pieces`` are x_i,
    p_i and R as ``advance_shifts`` takes them.  zeta, omega and state = (|r|^2, |p|^2, beta_ / alpha_, systems left)
    carry the recurrences into the next call; history[0], history[1] collect alpha and beta.  Returns iterations done.
    """
    rr, pp, carry, count = state[0], state[1], state[2], int(state[3])
    together, waiting, started = R.shape[0], 0, count
    steps, pending = np.empty((together, 3, sigma.size)), np.zeros(sigma.size, np.int64)
    while done < limit:
        while count > 0 and not zeta[count - 1] ** 2 * rr > target:  # also true for NaN
            count -= 1
        if count == 0 or rr <= pause:
            break
        old = waiting - 1 if waiting > 0 else together - 1
        alpha = step(A, part, R, waiting, old, p, q, pp, rr, shift, half)
        new = ordered_sum(part)
        beta = new / rr
        new_direction(part, p, R, waiting, beta, half)
        pp = ordered_sum(part)
        recur(steps[waiting], pending, sigma, zeta, omega, alpha, beta, carry, count)
        history[0, done], history[1, done] = alpha, beta
        rr, carry = new, beta / alpha
        done += 1
        waiting += 1
        if waiting == together:
            advance_shifts(X, P, pieces, steps, pending, started, half)
            pending[:] = 0
            waiting, started = 0, count
    if waiting > 0:
        advance_shifts(X, P, pieces, steps, pending, started, half)
        copy_residual(pieces, together - 1, waiting - 1, half)
    state[0], state[1], state[2], state[3] = rr, pp, carry, count
    return done


@inner
def copy_residual(R, new, old, last):
    """r[new] = r[old], in pieces as ``advance_shifts`` takes them."""
    for s in prange(last):
        for c in range(R.shape[2]):
            put(R, (new, s, c), at(R, old, s, c))


@driver
def eigenvalues_below(history, done, x):
    """Eigenvalues below x of the Lanczos matrix of the base system, by the signs of the pivots of T - x.

    T_kk = 1/alpha_k + beta_(k-1)/alpha_(k-1), T_(k,k+1)^2 = beta_k / alpha_k^2; all lie inside the spectrum.
    """
    below, coupling, carry, pivot = 0, 0.0, 0.0, 1.0
    for k in range(done):
        alpha, beta = history[0, k], history[1, k]
        pivot = 1.0 / alpha + carry - x - coupling / pivot
        if pivot == 0.0:
            pivot = 1e-300
        if pivot < 0.0:
            below += 1
        carry, coupling = beta / alpha, beta / (alpha * alpha)
    return below


@kernel
def combine(out, b, X, constant, weights, last):
    """out = constant b + sum_i weights_i x_i."""
    for s in prange(last):
        y = constant * at(b, s)
        for i in range(weights.size):
            y = add_scaled(y, weights[i], at(X, i, s))
        put(out, s, y)


@kernel
def shifted_residual(part, b, q, x, shift, last):
    """part[s] = |b - q - shift x|^2 of a block."""
    for s in prange(last):
        R = add_scaled(at(b, s) - at(q, s), -shift, at(x, s))
        part[s] = redot(R, R)
