"""Maximally abelian and maximal centre gauge, monopoles and vortices in numpy, from what they are defined by."""

from itertools import combinations, permutations

import numpy as np
from reference.matrices import dagger, trace


def functional(z, kind):
    """Mean over links [mu, x, ..., n, n] of sum_i |U_ii|^2 / n, or of |tr U|^2 / n^2."""
    n = z.shape[-1]
    if kind == "center":
        return float(np.mean(np.abs(trace(z)) ** 2)) / n**2
    return float(np.mean(np.sum(np.abs(np.diagonal(z, axis1=-2, axis2=-1)) ** 2, axis=-1))) / n


def around(z, kind):
    """M(n) = sum over the links at n, outwards, of W D(W)^dag."""
    n, total = z.shape[-1], 0
    for mu in range(len(z)):
        for W in (z[mu], dagger(np.roll(z[mu], 1, axis=mu))):
            if kind == "center":
                total = total + W * (trace(W).conj() / n)[..., None, None]
            else:
                total = total + W * np.diagonal(W, axis1=-2, axis2=-1).conj()[..., None, :]
    return total


def theta(z, kind):
    """Mean of tr Delta Delta^dag / n, Delta = M - M^dag without its trace."""
    n, M = z.shape[-1], around(z, kind)
    D = M - dagger(M)
    D = D - np.eye(n) * (trace(D) / n)[..., None, None]
    return float(np.mean(np.sum(np.abs(D) ** 2, axis=(-2, -1)))) / n


def wrapped(theta, mu, nu):
    """Angle of the plaquettes of a plane in (-pi, pi], of angles of links [mu, x, ...]."""
    u = np.exp(1j * theta)
    return np.angle(u[mu] * np.roll(u[nu], -1, mu) * np.roll(u[mu], -1, nu).conj() * u[nu].conj())


def sign(order):
    """Of a permutation."""
    return (-1) ** sum(a > b for a, b in combinations(order, 2))


def charges(theta):
    """Flux of the wrapped angles out of each cube over 2 pi: d = 3 [1, x, ...], d = 4 k_mu [mu, x, ...] by its formula.

    k_mu = (1 / 4 pi) eps_{mu nu rho sigma} Delta_nu theta_{rho sigma}, Delta the forward difference.
    """
    d = len(theta)
    F = {(a, b): wrapped(theta, a, b) for a, b in permutations(range(d), 2)}
    found = []
    for mu in range(d) if d == 4 else (None,):
        total = 0.0
        for nu, a, b in permutations([x for x in range(d) if x != mu]):
            eps = sign((nu, a, b) if mu is None else (mu, nu, a, b))
            total = total + eps * (np.roll(F[a, b], -1, nu) - F[a, b]) / (4.0 * np.pi)
        found.append(total)
    return np.array(found)


def with_strings(n):
    """Angles of links whose plaquettes are as near to 2 pi n as can be, n {(mu, nu): [x, ...]}: least squares."""
    shape = next(iter(n.values())).shape
    d = len(shape)
    k = np.meshgrid(*(2.0 * np.pi * np.arange(L) / L for L in shape), indexing="ij")
    step = [np.exp(1j * one) - 1.0 for one in k]
    laplacian = sum(np.abs(one) ** 2 for one in step)
    laplacian.flat[0] = 1.0
    A = [0.0] * d
    for (mu, nu), values in n.items():
        f = 2.0 * np.pi * np.fft.fftn(values)
        A[nu] = A[nu] + step[mu].conj() * f / laplacian
        A[mu] = A[mu] - step[nu].conj() * f / laplacian
    return np.array([np.fft.ifftn(np.broadcast_to(one, shape)).real for one in A])
