"""Dense hermitian matrices on small lattices: the staggered normal operator and the trace of an inverse."""

from __future__ import annotations

from lqcdnn.kernels.compile import driver


@driver
def even_normal_matrix(a, b, W, nbr, mass2):
    """a + i b = mass2 - D_eo D_oe, [V/2 N, V/2 N] in row order (site, colour), from zero.

    ``W[n, k]``: N x N matrix of the hop from neighbour ``nbr[k, n]`` to n; even sites come first.
    """
    N = W.shape[2]
    for e in range(a.shape[0] // N):
        for i in range(N):
            a[e * N + i, e * N + i] += mass2
        for k in range(nbr.shape[0]):
            o = nbr[k, e]
            for j in range(nbr.shape[0]):
                t = nbr[j, o]
                for i in range(N):
                    for m in range(N):
                        for c in range(N):
                            z = W[e, k, i, c] * W[o, j, c, m]
                            a[e * N + i, t * N + m] -= z.real
                            b[e * N + i, t * N + m] -= z.imag


@driver
def inverse_trace(a, b, pivots):
    """Tr A^-1 = sum_i sum_(j <= i) |L^-1_ij|^2 / D_i of the factors that ``dirac.dense.eliminate`` leaves."""
    total = 0.0
    for i in range(a.shape[0]):
        row = 1.0
        for j in range(i):
            row += a[i, j] * a[i, j] + b[i, j] * b[i, j]
        total += row / pivots[i]
    return total
