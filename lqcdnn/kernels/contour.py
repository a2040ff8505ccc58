"""Numbers of shifted integration contours: functions of shifts, and weights of loops at each site."""

from __future__ import annotations

import math

from numba import prange

from lqcdnn.kernels.compile import kernel


@kernel
def hyperbolic(less, sines, shifts):
    """less = cosh(shifts) - 1 = 2 sinh(shifts / 2)^2, sines = sinh(shifts); all of one dimension."""
    for n in prange(shifts.size):
        half = math.sinh(0.5 * shifts[n])
        less[n] = 2.0 * half * half
        sines[n] = math.sinh(shifts[n])


@kernel
def complex_weights(out, x, y, factor, offset):
    """out[n, re / im] = exp(factor (x + i y) - offset)."""
    for n in prange(x.size):
        size = math.exp(factor * x[n] - offset)
        out[n, 0] = size * math.cos(factor * y[n])
        out[n, 1] = size * math.sin(factor * y[n])
