"""APE smearing of the space links (Albanese et al., Phys. Lett. B192 (1987) 163) with projection onto the group."""

from __future__ import annotations

import math

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.links import determinant, unchanged, without_small_phase
from lqcdnn.kernels.loops import next_block, staples_among
from lqcdnn.kernels.simd import (
    add_scaled,
    at,
    colors,
    cplx,
    dag,
    im,
    lane_div,
    lane_max,
    lane_sqrt,
    norm2,
    one_like,
    put,
    re,
    scale,
    zero_like,
)
from lqcdnn.kernels.simd.functions import circle, where_less

HALVINGS = 6
"""Times an angle is halved before the series of the arcsine."""
LARGEST_STEPS = 100
"""Of Newton's iteration; singular values down to 1e-16 need them."""


@device
def unitary_part(X):
    """X (X^dag X)^(-1/2) of X with singular values in (0, sqrt 3), by X <- X (3 - X^dag X) / 2."""
    for _ in range(LARGEST_STEPS):
        D = dag(X) @ X - one_like(X)
        X = X - 0.5 * (X @ D)
        if lane_max(norm2(D)) < 1e-20:  # the error of the new X is the square of that of the old
            break
    return X


@device
def angle(c):
    """arg c in (-pi, pi] of a number of modulus 1."""
    x, y = re(c), im(c)
    one, zero = one_like(x), zero_like(x)
    for _ in range(HALVINGS):  # the square root of c is (1 + c) / |1 + c|
        u = one + x
        u = where_less(u, 1e-3 * one, lane_div(y * y, one - x), u)  # next to -1 rounding is all that is left of 1 + x
        x, y = where_less(u, 1e-33 * one, zero, u), where_less(u, 1e-33 * one, one, y)
        norm = lane_sqrt(x * x + y * y)
        x, y = lane_div(x, norm), lane_div(y, norm)
    y2 = y * y
    series = (945.0 / 42240.0) * one
    for coefficient in (105.0 / 3456.0, 15.0 / 336.0, 3.0 / 40.0, 1.0 / 6.0, 1.0):
        series = add_scaled(coefficient * one, y2, series)
    return 2.0**HALVINGS * (y * series)


def without_phase(X):
    """Unitary X divided by the N-th root of its determinant with the smallest angle."""


@overload(without_phase, jit_options={"error_model": "numpy"})
def without_phase_of_kind(X):
    return unchanged if X.quaternion else divided_by_phase


def divided_by_phase(X):
    theta = angle(determinant(X))
    cos, sin = circle(add_scaled(0.5 * one_like(theta), -0.5 / (math.pi * colors(X)), theta))
    return without_small_phase(scale(cplx(cos, sin), X))


@kernel
def smear_space_links(out, U, nbr, alpha, special):
    """Space links: the projection of (1 - alpha) U + alpha/(2 (d - 2)) (sum of their space staples); time links: U."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        for mu in range(d - 1):
            C = staples_among(U, nbr, mu, s, d - 1, next_block(U, s), None)
            X = unitary_part(add_scaled((1.0 - alpha) * at(U, mu, s), 0.5 * alpha / (d - 2), C))
            if special:
                X = without_phase(X)
            put(out, (mu, s), X)
        put(out, (d - 1, s), at(U, d - 1, s))
