"""Dense hermitian matrices on small lattices: the staggered normal operator and the trace of an inverse.

Own loops instead of LAPACK: the same bits whatever library, thread count or memory alignment.
"""

from __future__ import annotations

from lqcdnn.kernels.compile import device


@device
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


@device
def add_multiple(x, y, p, q, u, v):
    """x + i y <- x + i y + (p + i q) (u + i v) for rows of numbers."""
    for j in range(x.size):
        x[j] += p * u[j] - q * v[j]
        y[j] += p * v[j] + q * u[j]


@device
def eliminate_rows(a, b, pivots, first, last):
    """Rows ``first`` to ``last`` of the factorization A = L D L^dag of a hermitian matrix A = a + i b, in place.

    Row i ends as D L^dag from the diagonal on and as L^-1 before it; pivots[i] = D_i.  Rows before ``first`` are done.
    """
    n = a.shape[1]
    for i in range(first, last):
        x, y = a[i], b[i]
        x[:i] = 0.0
        y[:i] = 0.0
        for k in range(i):
            p = -a[k, i] / pivots[k]  # -L_ik, from the finished row k by hermiticity
            q = b[k, i] / pivots[k]
            add_multiple(x[:k], y[:k], p, q, a[k, :k], b[k, :k])
            x[k], y[k] = p, q
            add_multiple(x[i:n], y[i:n], p, q, a[k, i:n], b[k, i:n])
        pivots[i] = x[i]


@device
def inverse_trace(a, b, pivots):
    """Tr A^-1 = sum_i sum_(j <= i) |L^-1_ij|^2 / D_i after ``eliminate_rows`` of all rows."""
    total = 0.0
    for i in range(a.shape[0]):
        row = 1.0
        for j in range(i):
            row += a[i, j] * a[i, j] + b[i, j] * b[i, j]
        total += row / pivots[i]
    return total
