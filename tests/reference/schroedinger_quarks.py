"""Quarks of the Schroedinger functional as dense matrices on the slices 1 to T - 1, and their correlation functions.

Matrices are over (site of space and time between the fixed slices in lattice order, colour, spin), in the mass form.
"""

from itertools import combinations

import numpy as np
from reference import wilson
from reference.matrices import dagger


def matrix(U, mass, csw=0.0, theta=None, boundary=None, ct_tilde=1.0):
    """D + m + what ct_tilde adds, for links [mu, x, ..., t, i, j] of all slices."""
    d, n, last = len(U), U.shape[-1], U.shape[-3] - 1
    shape, g, one = U.shape[1:-2], wilson.gammas(d), np.eye(d)
    inner = [x for x in wilson.sites(shape) if 0 < x[-1] < last]
    number = {x: k for k, x in enumerate(inner)}
    F = {p: wilson.field_strength(U, *p) for p in combinations(range(d), 2)} if csw else {}
    D = np.zeros((len(inner), n, d, len(inner), n, d), dtype=complex)
    for x, k in number.items():
        beside = (x[-1] == 1) + (x[-1] == last - 1)
        D[k, :, :, k] += (mass + d + beside * (ct_tilde - 1.0)) * np.einsum("ij,ab->iajb", np.eye(n), one)
        for mu in range(d):
            y = list(x)
            y[mu] = x[mu] + 1 if mu == d - 1 else (x[mu] + 1) % shape[mu]
            phase = np.exp(1j * theta[mu] / shape[mu]) if theta else 1.0
            if boundary and mu < d - 1 and x[mu] == shape[mu] - 1:
                phase *= boundary[mu]
            if tuple(y) in number:
                there, link = number[tuple(y)], phase * U[(mu, *x)]
                D[k, :, :, there] -= 0.5 * np.einsum("ij,ab->iajb", link, one - g[mu])
                D[there, :, :, k] -= 0.5 * np.einsum("ij,ab->iajb", dagger(link), one + g[mu])
        for (mu, nu), F_p in F.items():
            sigma = 0.5j * (g[mu] @ g[nu] - g[nu] @ g[mu])
            D[k, :, :, k] += 0.5j * csw * np.einsum("ij,ab->iajb", F_p[x], sigma)
    return D.reshape(len(inner) * n * d, -1)


def even_rows(shape, n):
    """Which rows belong to even sites."""
    inner = [x for x in wilson.sites(shape) if 0 < x[-1] < shape[-1] - 1]
    return np.repeat([sum(x) % 2 == 0 for x in inner], n * len(shape))


def inside(psi):
    """The numbers of a spinor [x, ..., t, n, S] between the fixed slices, as the matrix takes them."""
    return psi[..., 1:-1, :, :].reshape(-1)
