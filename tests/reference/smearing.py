"""APE smearing by singular values, and the velocities of flows, from rolled arrays."""

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
