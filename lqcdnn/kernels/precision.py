"""Between precisions: blocks of doubles to blocks of singles, which may be several times as wide, and back."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel


@kernel
def narrow(out, x, source, factor):
    """out = factor x in single precision, fields [block, entry, lane]; block b of out is the blocks source[b] of x."""
    W = x.shape[2]
    for b in prange(out.shape[0]):
        for g in range(source.shape[1]):
            for k in range(out.shape[1]):
                for j in range(W):
                    out[b, k, g * W + j] = factor * x[source[b, g], k, j]


@kernel
def add_widened(x, d, source, factor):
    """x += factor d in double precision; shapes as in ``narrow``."""
    W = x.shape[2]
    for b in prange(d.shape[0]):
        for g in range(source.shape[1]):
            for k in range(d.shape[1]):
                for j in range(W):
                    x[source[b, g], k, j] += factor * d[b, k, g * W + j]
