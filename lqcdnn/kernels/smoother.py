"""Minimal residual steps for the even-odd Wilson operator Mhat: the smoother of a multigrid."""

from __future__ import annotations

from lqcdnn.kernels.bicgstab import ordered_dot, products
from lqcdnn.kernels.compile import device
from lqcdnn.kernels.gcr import advance
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.wilson import even_operator, hopping, reduce_residual


@device
def smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps):
    """``steps`` times x += a r, r -= a Mhat r with a = ``relaxation`` <Mhat r, r> / |Mhat r|^2; returns |r|^2."""
    rr = 0.0
    for _ in range(steps):
        ww = even_operator(part, w, t, C, inverse, W, r, nbr, 1.0, half)
        if not ww > 0.0:
            return rr
        products(pairs, w, r, half)
        advance(part, x, r, relaxation * ordered_dot(pairs) / ww, r, w, half)
        rr = ordered_sum(part)
    return rr


@device
def correct_and_smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps):
    """The same after r -= Mhat x."""
    hopping(t, inverse, W, x, nbr, 1.0, half, 2 * half)
    reduce_residual(part, r, 1.0, C, W, x, t, nbr, 1.0, 0, half)
    return smooth(x, r, w, t, pairs, part, C, inverse, W, nbr, half, relaxation, steps)
