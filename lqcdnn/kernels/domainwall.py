"""Domain wall fermions on half lattices: the hop at all s5, functions of the fifth-dimension shift, fused CG steps.

Spinors are [s5, block].  Lambda = P_- L + P_+ L^T moves by one in the fifth dimension, (L y)_s = y_{s+1} with
y_{L5} = -m y_0, and commutes with everything at a site (physics.md 3.3).  Every matrix at a site is a rational function

    R = (n0 + n1 Lambda) / (d0 - d1 Lambda),   rows [n0/d0, n1/d0, r = d1/d0, f, f r, f r^2, ...], f = -m/(1 + m r^L5),

the f r^k first of gamma_5 = +1, then of -1, which may have another mass.  It is applied exactly in place: down the
fifth dimension for one chirality, up for the other, each from a sum for the wall.  The even-odd operator is
Mhat = 1 - T K_eo T K_oe, K = H/2 with packed links, T such a function; R^dag is R with the fifth dimension reflected,
K^dag = gamma_5 K gamma_5.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import START, device, driver, inner, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import add_scaled, at, load, place, put, redot, room, zero_like
from lqcdnn.kernels.simd.chiral import chiral, pieces, recur_chiral
from lqcdnn.kernels.simd.spinhop import find_legs, hop_along
from lqcdnn.kernels.wilson import add_bonds


@device
def transform(psi, R, s, side):
    """psi = R psi (``side`` 1.0) or R^dag psi (-1.0) on block s.

    x = R y solves x_k = R_0 y_k + v_k, v_{k+1} = c y_k + r v_k, c = R_1 + r R_0, along the way against the shift; v at
    its start is f times what v at its end is when it starts from 0, the sum of c r^(L - 1 - k) y_k.
    """
    L = psi.shape[0]
    c = R[1] + R[2] * R[0]
    for chirality in range(2):
        first, step = (L - 1, -1) if (side > 0.0) == (chirality == 1) else (0, 1)
        for piece in range(pieces(place(psi, 0, s))):
            v = zero_like(chiral(place(psi, 0, s), chirality, piece))
            for k in range(L):
                f = R[L + 2 - k + chirality * L]
                v = add_scaled(v, f, chiral(place(psi, first + step * k, s), chirality, piece))
            v = c * v
            for k in range(L):
                v = recur_chiral(place(psi, first + step * k, s), chirality, piece, v, R[0], c, R[2])


@kernel
def fifth(out, R, psi, side, first, last):
    """out = R psi or R^dag psi on blocks first <= s < last."""
    for s in prange(first, last):
        for k in range(psi.shape[0]):
            put(out, (k, s), at(psi, k, s))
        transform(out, R, s, side)


@kernel
def hopping(out, R, W, psi, nbr, side, first, last):
    """out = R K psi or R^dag K^dag psi."""
    for s in prange(first, last):
        legs = find_legs(W, s, psi, nbr, side)
        for k in range(psi.shape[0]):
            hop_along(place(out, k, s), None, 1.0, legs, psi, (k,), (place(out, k, s),))
        transform(out, R, s, side)


@kernel
def minus_hopping(out, W, x, psi, nbr, side, first, last):
    """out = x - K psi or x - K^dag psi."""
    for s in prange(first, last):
        legs = find_legs(W, s, psi, nbr, side)
        for k in range(psi.shape[0]):
            streams = place(out, k, s), place(x, k, s)
            hop_along(place(out, k, s), place(x, k, s), -1.0, legs, psi, (k,), streams)


@inner
def schur_half(part, out, u, R, W, x, t, nbr, first, last):
    """out = x - R K t and u = R^dag out; part[s] = |out|^2 of a block."""
    for s in prange(first, last):
        legs = find_legs(W, s, t, nbr, 1.0)
        for k in range(x.shape[0]):
            streams = place(out, k, s), place(x, k, s), place(u, k, s)
            hop_along(place(out, k, s), None, 1.0, legs, t, (k,), streams)
        transform(out, R, s, 1.0)
        norm = 0.0
        for k in range(x.shape[0]):
            q = at(x, k, s) - at(out, k, s)
            put(out, (k, s), q)
            put(u, (k, s), q)
            norm += redot(q, q)
        transform(u, R, s, -1.0)
        part[s - first] = norm


@kernel
def reduce_residual(part, r, alpha, W, q, t, nbr, first, last):
    """r -= alpha (q - K^dag t); part[s] = |r|^2 of a block."""
    for s in prange(first, last):
        legs, norm = find_legs(W, s, t, nbr, -1.0), 0.0
        for k in range(q.shape[0]):
            Y = room(t)
            hop_along(Y, place(q, k, s), -1.0, legs, t, (k,), (place(q, k, s), place(r, k, s)))
            X = add_scaled(at(r, k, s), -alpha, load(Y))
            put(r, (k, s), X)
            norm += redot(X, X)
        part[s - first] = norm


@inner
def reduce_shifted_residual(part, R, new, old, alpha, W, q, t, p, shift, nbr, last):
    """r[new] = r[old] - alpha (q - K^dag t + shift p) in R [j, s5, block]; part[s] = |r[new]|^2 of a block."""
    for s in prange(last):
        legs, norm = find_legs(W, s, t, nbr, -1.0), 0.0
        for k in range(q.shape[0]):
            Y = room(t)
            hop_along(Y, place(q, k, s), -1.0, legs, t, (k,), (place(q, k, s), place(R, old, k, s), place(p, k, s)))
            X = add_scaled(at(R, old, k, s), -alpha, add_scaled(load(Y), shift, at(p, k, s)))
            put(R, (new, k, s), X)
            norm += redot(X, X)
        part[s] = norm


@kernel
def advance_direction(x, p, r, alpha, beta, first, last):
    """x += alpha p, then p = r + beta p."""
    for s in prange(first, last):
        for k in range(x.shape[0]):
            P = at(p, k, s)
            put(x, (k, s), add_scaled(at(x, k, s), alpha, P))
            put(p, (k, s), add_scaled(at(r, k, s), beta, P))


@driver
def even_operator(part, out, u, t, R, W, x, nbr, half):
    """out = Mhat x and u = T^dag Mhat x on even sites, t = T K_oe x on odd ones; returns |out|^2."""
    hopping(t, R, W, x, nbr, 1.0, half, 2 * half)
    schur_half(part, out, u, R, W, x, t, nbr, START, half)
    return ordered_sum(part)


@driver
def conjugate_gradients(x, r, p, t, q, u, part, R, W, nbr, half, rr, target, steps):
    """At most ``steps`` iterations of CG for Mhat^dag Mhat; stops when |r|^2 <= target.

    <p, Mhat^dag Mhat p> = |Mhat p|^2 is known before Mhat^dag is applied, hence r is updated where that is summed.
    Returns (iterations done, |r|^2); r and p carry the state into the next call.
    """
    for k in range(steps):
        if not rr > target:  # also true for NaN
            return k, rr
        alpha = rr / even_operator(part, q, u, t, R, W, p, nbr, half)
        hopping(t, R, W, u, nbr, -1.0, half, 2 * half)
        reduce_residual(part, r, alpha, W, q, t, nbr, START, half)
        new = ordered_sum(part)
        advance_direction(x, p, r, alpha, new / rr, START, half)
        rr = new
    return steps, rr


@kernel
def add_hop_derivative(Sigma, X, Y, signs, nbr, factor):
    """Sigma += d/dU of factor Re Y^dag H X, summed over the fifth dimension."""
    for s in prange(Sigma.shape[1]):
        for k in range(X.shape[0]):
            add_bonds(Sigma, X, Y, (k,), signs, nbr, factor, s)
