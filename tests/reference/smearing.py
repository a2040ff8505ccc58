"""APE smearing by singular values, and the velocity of the Zeuthen flow, from rolled arrays."""

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


def symanzik(U):
    """TA of the loops through each link: plaquettes 5/3, rectangles -1/12."""
    d = len(U)
    return exponents(U, {"plaquette": [5 / 3] * d, "rectangle": [-1 / 12] * d})


def zeuthen(U):
    """(1 + D*D/12) of it: the neighbours along the link, parallel transported."""
    Z, out = symanzik(U), np.zeros_like(U)
    for mu in range(len(U)):
        ahead = U[mu] @ np.roll(Z[mu], -1, mu) @ dagger(U[mu])
        behind = np.roll(dagger(U[mu]) @ Z[mu] @ U[mu], 1, mu)
        out[mu] = Z[mu] + (ahead + behind - 2 * Z[mu]) / 12
    return out
