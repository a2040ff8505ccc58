"""Wilson loops of any size from straight lines of links, each line made from the one that is a link shorter."""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, dag, hop, put, redot


@kernel
def extend_lines(out, line, U, ahead, mu, length):
    """out(n) = line(n) U_mu(n + length mu), the line from n of one link more; ``ahead`` row k is n + k mu."""
    for s in prange(U.shape[1]):
        put(out, s, at(line, s) @ at(U, mu, hop(ahead, length, s)))


@kernel
def loop_sums(part, across, along, far, later, r, t):
    """part[s] = sum over a block of Re tr of the r x t loops; ``far`` row r is n + r mu, ``later`` row t is n + t nu.

    ``across`` and ``along`` are the lines of r links in direction mu and of t links in direction nu.
    """
    for s in prange(part.shape[0]):
        lower = at(across, s) @ at(along, hop(far, r, s))
        upper = at(along, s) @ at(across, hop(later, t, s))
        part[s] = redot(upper, lower)


@kernel
def weighted_loop_sums(part, across, along, far, later, r, t, weight):
    """The same of Re tr of the loops times complex numbers, a field of 1 x 1 matrices: for links of U(1)."""
    for s in prange(part.shape[0]):
        lower = at(across, s) @ at(along, hop(far, r, s))
        upper = at(along, s) @ at(across, hop(later, t, s))
        part[s] = redot(upper, lower @ at(weight, s))


@kernel
def loop_values(out, across, along, far, later, r, t):
    """out(n) = the r x t loop at n, along ``across`` first: for links of U(1)."""
    for s in prange(out.shape[0]):
        lower = at(across, s) @ at(along, hop(far, r, s))
        upper = at(along, s) @ at(across, hop(later, t, s))
        put(out, s, lower @ dag(upper))
