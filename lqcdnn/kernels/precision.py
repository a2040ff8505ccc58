"""Between precisions: blocks of doubles to blocks of singles, which may be several times as wide, and back; links to
whole numbers of 16 bits.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd.conversion import TOGETHER, add_widened_lanes, put_narrowed, put_shortened


@kernel
def narrow(out, x, source, factor):
    """out = factor x in single precision, fields [block, entry, lane]; block b of out is the blocks source[b] of x."""
    W = x.shape[2]
    whole = W - W % TOGETHER  # a vector at a time: left to the compiler, these loops take four times as long
    for b in prange(out.shape[0]):
        for g in range(source.shape[1]):
            s = source[b, g]
            for k in range(out.shape[1]):
                for j in range(0, whole, TOGETHER):
                    put_narrowed(out, (b, k, g * W + j), x, (s, k, j), factor)
                for j in range(whole, W):
                    out[b, k, g * W + j] = factor * x[s, k, j]


@kernel
def shorten(out, x, source, factor, inverse, numbers):
    """out = factor x to the nearest whole number of 16 bits, shapes as in ``narrow``; of every ``numbers`` the last is
    the factor of a third row (``two_row_dtype``), of which ``inverse`` times it is taken.
    """
    W = x.shape[2]
    whole = W - W % TOGETHER
    for b in prange(out.shape[0]):
        for g in range(source.shape[1]):
            s = source[b, g]
            for k in range(out.shape[1]):
                f = inverse if k % numbers == numbers - 1 else factor
                for j in range(0, whole, TOGETHER):
                    put_shortened(out, (b, k, g * W + j), x, (s, k, j), f)
                for j in range(whole, W):
                    out[b, k, g * W + j] = round(f * x[s, k, j])


@kernel
def add_widened(x, d, source, factor):
    """x += factor d in double precision; shapes as in ``narrow``."""
    W = x.shape[2]
    whole = W - W % TOGETHER
    for b in prange(d.shape[0]):
        for g in range(source.shape[1]):
            s = source[b, g]
            for k in range(d.shape[1]):
                for j in range(0, whole, TOGETHER):
                    add_widened_lanes(x, (s, k, j), d, (b, k, g * W + j), factor)
                for j in range(whole, W):
                    x[s, k, j] += factor * d[b, k, g * W + j]
