"""Random fields in lattice order, made by numpy alone."""

import numpy as np
from reference.matrices import dagger, generators


def complex_normal(rng, *shape):
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2.0)


def group_elements(rng, n, *lead):
    """Haar random matrices of U(1) (n = 1) or SU(n)."""
    q, r = np.linalg.qr(complex_normal(rng, *lead, n, n))
    phase = np.einsum("...ii->...i", r)
    q = q * (phase / abs(phase))[..., None, :]
    if n > 1:
        q = q / (np.linalg.det(q) ** (1.0 / n))[..., None, None]
    return q


def links(rng, shape, n):
    """Random links [mu, x, ..., n, n]."""
    return group_elements(rng, n, len(shape), *shape)


def algebra(rng, shape, n):
    """i p^a T^a [mu, x, ..., n, n] with normal p."""
    T = generators(n)
    p = rng.normal(size=(len(shape), *shape, len(T)))
    return 1j * np.einsum("...a,aij->...ij", p, T)


def vector(rng, shape, n):
    """Colour vector [x, ..., n, 1]."""
    return complex_normal(rng, *shape, n, 1)


def gauge_transform(U, G):
    """G(n) U_mu(n) G(n + mu)^dag."""
    return np.array([G @ U[mu] @ dagger(np.roll(G, -1, axis=mu)) for mu in range(len(U))])
