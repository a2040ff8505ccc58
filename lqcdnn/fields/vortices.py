"""Centre vortices: plaquettes of links of Z_N that are not 1 (docs/physics/confinement.md)."""

from __future__ import annotations

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.clusters import IntArray, ahead, clusters, plaquette_planes
from lqcdnn.lattice.geometry import Blocks, Lattice

CENTRAL = 1e-6
"""Farther from the centre than this is no rounding; links in single precision are within it."""


def center_numbers(lattice: Lattice, U: Blocks, group: Group) -> IntArray:
    """k of links exp(2 pi i k / N) 1, 0 <= k < N: [mu, x, y, ...].

    Raises
    ------
    InputError
        If links are not in the centre.
    """
    links = lattice.to_user(U)
    first = links[..., 0, 0]
    k = np.rint(np.arctan2(first.imag, first.real) * (group.n / (2.0 * np.pi))).astype(np.int64) % group.n
    central = np.exp(2j * np.pi * np.arange(group.n) / group.n)[k]
    for i, j in np.ndindex(group.n, group.n):
        if np.abs(links[..., i, j] - (central if i == j else 0.0)).max() > CENTRAL:
            raise InputError("vortices of links outside the centre", hint='a [projection.NAME] of kind "center"')
    return np.asarray(k)


def vortices(k: IntArray, n: int) -> IntArray:
    """The number of Z_N of every plaquette, 0 where no vortex is: [plane, x, y, ...]."""
    planes = plaquette_planes(len(k))
    return np.array([(k[mu] + ahead(k[nu], mu) - ahead(k[mu], nu) - k[nu]) % n for mu, nu in planes])


def largest_vortex(found: IntArray) -> float:
    """Share of the plaquettes with a vortex that the largest vortex has, 0 without any.

    Plaquettes belong to one vortex if they are faces of one cube: there their dual ones meet.
    """
    shape = found.shape[1:]
    pairs = []
    planes = plaquette_planes(len(shape))
    for which, axes in enumerate(planes):
        at = np.argwhere(found[which])
        own = np.ravel_multi_index(tuple(at.T), shape) * len(planes) + which
        for axis in (axis for axis in range(len(shape)) if axis not in axes):
            cube = _name(tuple(sorted((*axes, axis))), len(shape))
            for back in (0, 1):
                site = at.copy()
                site[:, axis] = (site[:, axis] - back) % shape[axis]
                pairs.append((own, -1 - (np.ravel_multi_index(tuple(site.T), shape) * len(shape) + cube)))
    first, second = (np.concatenate(column) for column in zip(*pairs, strict=True))
    if not len(first):
        return 0.0
    _, counts = np.unique(clusters(first, second), return_counts=True)
    return float(counts.max() / counts.sum())  # every plaquette stands in as many pairs


def _name(axes: tuple[int, ...], d: int) -> int:
    """A number for the cube of three directions: the direction that it has not, 0 in d = 3."""
    return next((axis for axis in range(d) if axis not in axes), 0)
