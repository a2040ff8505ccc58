"""APE smearing by singular values, Gaussian smearing of quarks, and the velocities of flows, from rolled arrays."""

import numpy as np
from reference.layer import exponents
from reference.loops import perpendicular, transport
from reference.matrices import dagger, polar_unitary


def ape(U, alpha):
    """Space links: polar part of (1 - alpha) U + alpha/(2 (d - 2)) (sum of their staples in space)."""
    d, out = len(U), U.copy()
    for mu in range(d - 1):
        a = mu + 1
        C = sum(transport(U, (s, a, -s)) for s in perpendicular(d, a, d))
        out[mu] = polar_unitary((1.0 - alpha) * U[mu] + alpha / (2 * (d - 2)) * C, U.shape[-1] > 1)
    return out


def improved(U, c1):
    """TA of the loops through each link: plaquettes 1 - 8 c1, rectangles c1."""
    d = len(U)
    return exponents(U, {"plaquette": [1 - 8 * c1] * d, "rectangle": [c1] * d})


def zeuthen(U):
    """(1 + D*D/12) of that of Symanzik's action: the neighbours along the link, parallel transported."""
    Z, out = improved(U, -1 / 12), np.zeros_like(U)
    for mu in range(len(U)):
        ahead = U[mu] @ np.roll(Z[mu], -1, mu) @ dagger(U[mu])
        behind = np.roll(dagger(U[mu]) @ Z[mu] @ U[mu], 1, mu)
        out[mu] = Z[mu] + (ahead + behind - 2 * Z[mu]) / 12
    return out


def quarks(U, boundary, width, steps):
    """(1 + width^2/(4 steps) D)^steps over (site in lattice order, colour), D the covariant Laplacian of space."""
    d, n, shape = len(U), U.shape[-1], U.shape[1:-2]
    size = n * int(np.prod(shape))
    psi = np.eye(size, dtype=complex).reshape(*shape, n, size)
    D = np.zeros_like(psi)
    for mu in range(d - 1):
        last = np.arange(shape[mu]) == shape[mu] - 1
        link = U[mu] * np.where(last, boundary[mu], 1).reshape([-1 if k == mu else 1 for k in range(d + 2)])
        D += link @ np.roll(psi, -1, mu) + np.roll(dagger(link) @ psi, 1, mu) - 2 * psi
    return np.linalg.matrix_power(np.eye(size) + width**2 / (4 * steps) * D.reshape(size, size), steps)
