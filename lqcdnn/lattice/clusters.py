"""Cells of the lattice: integers on plaquettes and on the cubes that they bound, and what hangs together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def ahead(field: NDArray[np.generic], mu: int) -> NDArray[np.generic]:
    """The field [x, y, ...] one step ahead."""
    return np.roll(field, -1, axis=mu)


def plaquette_planes(d: int) -> tuple[tuple[int, int], ...]:
    """Planes (mu, nu), mu < nu, in order."""
    return tuple(combinations(range(d), 2))


def fluxes_of_cubes(plaquettes: IntArray, d: int) -> IntArray:
    """Sum of integers on plaquettes over the surface of each cube, outwards.

    Parameters
    ----------
    plaquettes
        [plane, x, y, ...] as in :func:`plaquette_planes`, the plaquette in the plane (mu, nu) from x on.
    d
        Number of dimensions, 3 or 4.

    Returns
    -------
    cubes
        [cube, x, y, ...]: d = 3 one cube at each site, d = 4 for each direction mu the cube of the other three, with
        the sign of eps_{mu a b c}: a current, sum_mu [k_mu(x + mu) - k_mu(x)] = 0 as the surface of a cube has none.
    """
    plane = {axes: plaquettes[i] for i, axes in enumerate(plaquette_planes(d))}
    found = np.zeros((1 if d == 3 else d, *plaquettes.shape[1:]), dtype=np.int64)
    for which in range(len(found)):
        a, b, c = (axis for axis in range(d) if d == 3 or axis != which)
        for direction, axes, sign in ((a, (b, c), 1), (b, (a, c), -1), (c, (a, b), 1)):
            found[which] += sign * (-1) ** which * (ahead(plane[axes], direction) - plane[axes])
    return found


def clusters(first: IntArray, second: IntArray) -> IntArray:
    """For each pair (first[i], second[i]) the smallest number of all that hang together with it by pairs."""
    _, pairs = np.unique(np.concatenate((first, second)), return_inverse=True)
    a, b = pairs[: len(first)], pairs[len(first) :]
    label = np.arange(len(first) * 2)
    while True:
        least, before = np.minimum(label[a], label[b]), label.copy()
        np.minimum.at(label, a, least)
        np.minimum.at(label, b, least)
        label = label[label]
        if np.array_equal(label, before):
            return np.asarray(label[a])
