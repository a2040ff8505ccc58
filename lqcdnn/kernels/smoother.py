"""Minimal residual steps for the even-odd Wilson operator Mhat: the smoother of a multigrid."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.bicgstab import ordered_dot
from lqcdnn.kernels.compile import START, device, driver, inner
from lqcdnn.kernels.gcr import advance
from lqcdnn.kernels.linalg import dot
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import ask, at, place, redot
from lqcdnn.kernels.wilson import hopping, local_minus_hop, reduce_residual


@inner
def operator_products(pairs, part, w, C, W, r, t, nbr, half):
    """w = Mhat r with t = A_o^-1 K_oe r; of a block pairs[s] = (Re, Im) <w, r>, part[s] = |w|^2: both are near."""
    for s in prange(half):
        ask(r, s)
        local_minus_hop(place(w, s), C, place(r, s), W, s, t, nbr, 1.0, (place(w, s), place(r, s)))
        X = at(w, s)
        pairs[s, 0], pairs[s, 1] = dot(X, at(r, s))
        part[s] = redot(X, X)


@device
def smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps):
    """``steps`` times x += a r, r -= a Mhat r with a = ``relaxation`` <Mhat r, r> / |Mhat r|^2; returns |r|^2."""
    rr = 0.0
    for _ in range(steps):
        hopping(t, inverse, W, r, nbr, 1.0, half, 2 * half)
        operator_products(pairs, part, w, C, W, r, t, nbr, half)
        ww = ordered_sum(part)
        if not ww > 0.0:
            return rr
        advance(part, x, r, relaxation * ordered_dot(pairs) / ww, r, w, half)
        rr = ordered_sum(part)
    return rr


@driver
def correct_and_smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps):
    """The same after r -= Mhat x."""
    hopping(t, inverse, W, x, nbr, 1.0, half, 2 * half)
    reduce_residual(part, r, 1.0, C, W, x, t, nbr, 1.0, START, half)
    return smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps)
