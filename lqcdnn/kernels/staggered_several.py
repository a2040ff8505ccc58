"""Conjugate gradients for several right-hand sides of the staggered operator: fields [i, block].

The links of a block are read once for all of them, where the matrices of a block lie side by side (``Lattice.stack``).
Each system goes through the same operations as alone (``staggered.conjugate_gradients``).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import device, driver, inner, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import at, redot
from lqcdnn.kernels.staggered import hop_at, reduce_at, turn_at


@kernel
def norms(part, psi, first, last):
    """part[i, s] = |psi_i|^2 of a block."""
    for s in prange(first, last):
        for i in range(psi.shape[0]):
            y = at(psi, i, s)
            part[i, s - first] = redot(y, y)


@kernel
def hop_with_norms(part, out, W, psi, nbr, systems, first, last):
    """out_i = D psi_i for i in ``systems``; part[i, s] = |out_i|^2 of a block."""
    for s in prange(first, last):
        for i in systems:
            part[i, s - first] = hop_at(out, W, psi, nbr, (i,), s)


@kernel
def reduce_residuals(part, r, alpha, W, t, p, nbr, mass2, systems, first, last):
    """r_i -= alpha_i (mass2 p_i - D t_i); part[i, s] = |r_i|^2 of a block."""
    for s in prange(first, last):
        for i in systems:
            part[i, s - first] = reduce_at(r, alpha[i], W, t, p, nbr, mass2, (i,), s)


@inner
def new_directions(part, x, p, r, alpha, beta, systems, first, last):
    """x_i += alpha_i p_i, then p_i = r_i + beta_i p_i; part[i, s] = |p_i|^2 of a block."""
    for s in prange(first, last):
        for i in systems:
            part[i, s - first] = turn_at(x, p, r, alpha[i], beta[i], (i,), s)


@device
def sums(out, part, systems):
    """out_i = the sum of part[i] for i in ``systems``."""
    for i in systems:
        out[i] = ordered_sum(part[i])


@driver
def conjugate_gradients(x, r, p, t, part, W, nbr, mass2, half, parity, rr, target, done, limit, steps):
    """At most ``steps`` iterations for each system with |r_i|^2 > target_i and done_i < limit_i, the iterations of it.

    r, p and rr_i = |r_i|^2 carry the state into the next call.
    """
    first, other = parity * half, (1 - parity) * half
    alpha, beta, pp, new = np.empty(rr.size), np.empty(rr.size), np.empty(rr.size), np.empty(rr.size)
    norms(part, p, first, first + half)
    sums(pp, part, np.arange(rr.size))
    for _ in range(steps):
        systems = np.flatnonzero((rr > target) & (done < limit))  # none that is NaN
        if systems.size == 0:
            break
        hop_with_norms(part, t, W, p, nbr, systems, other, other + half)
        sums(new, part, systems)
        for i in systems:
            alpha[i] = rr[i] / (mass2 * pp[i] + new[i])
        reduce_residuals(part, r, alpha, W, t, p, nbr, mass2, systems, first, first + half)
        sums(new, part, systems)
        for i in systems:
            beta[i] = new[i] / rr[i]
            rr[i] = new[i]
            done[i] += 1
        new_directions(part, x, p, r, alpha, beta, systems, first, first + half)
        sums(pp, part, systems)
