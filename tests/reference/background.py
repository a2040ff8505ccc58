"""Links of U(1) whose plaquettes are all the same, written down site by site."""

from itertools import combinations

import numpy as np


def uniform_links(shape, flux):
    """u[mu, x, ..., 1, 1]; flux: quanta through the planes mu < nu in their order."""
    u = np.ones((len(shape), *shape, 1, 1), dtype=complex)
    for (mu, nu), quanta in zip(combinations(range(len(shape)), 2), flux, strict=True):
        f = 2.0 * np.pi * quanta / (shape[mu] * shape[nu])
        for x in np.ndindex(*shape):
            u[(nu, *x)] *= np.exp(1j * f * x[mu])
            if x[mu] == shape[mu] - 1:
                u[(mu, *x)] *= np.exp(-1j * f * shape[mu] * x[nu])
    return u
