"""Conjugate gradients for (A + sigma_i) x_i = b, i = 0, 1, ..., in one Krylov space (Jegerlehner, hep-lat/9612014).

The system of the smallest shift, i = 0, is the base; shifts sigma_i >= 0 are counted from it and ascend.  The residual
of each other system is parallel to the base's, r_i = zeta_i r, with

    omega_i = zeta_i(new) / zeta_i = 1 / (1 + alpha sigma_i + alpha beta_ / alpha_ (1 - omega_i_)),
    alpha_i = alpha omega_i,  beta_i = beta omega_i^2,

where _ marks the step before and beta_ = 0 in the first.  zeta_i falls with sigma_i, so systems are dropped from the
end as they converge.  All vectors live on even sites; A is a tuple of arrays whose kind decides ``normal_product``.
"""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, put, redot
from lqcdnn.kernels.simd.types import mat_of
from lqcdnn.kernels.staggered import normal_operator
from lqcdnn.kernels.wilson import even_operator


def normal_product(A, part, q, p, shift, half):
    """q = (A + shift) p on even sites; returns Re <p, q>."""


@overload(normal_product)
def normal_product_of_kind(A, part, q, p, shift, half):
    def staggered(A, part, q, p, shift, half):
        W, legs, mass2, t = A
        return normal_operator(part, q, t, W, p, legs, mass2 + shift, half, 0)

    def wilson(A, part, q, p, shift, half):
        C, inverse, W, nbr, t, y = A
        product = even_operator(part, y, t, C, inverse, W, p, nbr, 1.0, half)
        even_operator(part, q, t, C, inverse, W, y, nbr, -1.0, half)
        add_shift(part, q, p, shift, half)
        return product + shift * ordered_sum(part)

    return staggered if mat_of(p).m == 1 else wilson


@kernel
def add_shift(part, q, p, shift, last):
    """q += shift p; part[s] = |p|^2 of a block."""
    for s in prange(last):
        x = at(p, s)
        put(q, s, add_scaled(at(q, s), shift, x))
        part[s] = redot(x, x)


@kernel
def reduce_residual(part, r, q, alpha, last):
    """r -= alpha q; part[s] = |r|^2 of a block."""
    for s in prange(last):
        R = add_scaled(at(r, s), -alpha, at(q, s))
        put(r, s, R)
        part[s] = redot(R, R)


@kernel
def advance_shifts(X, P, r, steps, count, last):
    """x_i += alpha_i p_i, p_i = zeta_i r + beta_i p_i for i < count; steps = rows alpha, zeta, beta."""
    for s in prange(last):
        R = at(r, s)
        for i in range(count):
            p = at(P, i, s)
            put(X, (i, s), add_scaled(at(X, i, s), steps[0, i], p))
            put(P, (i, s), add_scaled(steps[1, i] * R, steps[2, i], p))


@device
def multishift(X, P, r, q, part, A, half, shift, sigma, steps, omega, state, history, target, done, limit):
    """Iterations ``done`` to ``limit`` at most; stops when zeta_i^2 |r|^2 <= target for all i.

    ``shift`` is that of the base; steps[1], omega and state = (|r|^2, beta_ / alpha_, systems left) carry the
    recurrences into the next call; history[0], history[1] collect alpha and beta.  Returns iterations done.
    """
    rr, carry, count = state[0], state[1], int(state[2])
    while done < limit:
        while count > 0 and not steps[1, count - 1] ** 2 * rr > target:  # also true for NaN
            count -= 1
        if count == 0:
            break
        alpha = rr / normal_product(A, part, q, P[0], shift, half)
        reduce_residual(part, r, q, alpha, half)
        new = ordered_sum(part)
        beta = new / rr
        for i in range(count):
            omega[i] = 1.0 / (1.0 + alpha * sigma[i] + alpha * carry * (1.0 - omega[i]))
            steps[0, i] = alpha * omega[i]
            steps[1, i] *= omega[i]
            steps[2, i] = beta * omega[i] * omega[i]
        advance_shifts(X, P, r, steps, count, half)
        history[0, done], history[1, done] = alpha, beta
        rr, carry = new, beta / alpha
        done += 1
    state[0], state[1], state[2] = rr, carry, count
    return done


@device
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
