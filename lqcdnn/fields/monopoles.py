"""Monopoles of abelian links (T. A. DeGrand, D. Toussaint, Phys. Rev. D 22 (1980) 2478), docs/physics/confinement.md.

The angle of a plaquette is theta_P = thetabar_P + 2 pi n_P, -pi < thetabar_P <= pi, n_P the Dirac strings through it.
The flux of thetabar out of a cube is 2 pi m with an integer m: the sum of n over its surface is -m, since that of
theta vanishes.  So m is made of integers, and neither gauge transformations nor turns of a link by 2 pi change it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.clusters import IntArray, ahead, clusters, fluxes_of_cubes, plaquette_planes
from lqcdnn.lattice.geometry import Blocks, Lattice

FloatArray = NDArray[np.float64]
DIAGONAL = 1e-6
"""Entries beside the diagonal up to this come from rounding; links in single precision have them, too."""


def diagonal_angles(lattice: Lattice, U: Blocks, group: Group) -> FloatArray:
    """Angles in [-pi, pi] of the diagonal of links, [mu, x, y, ..., colour].

    Raises
    ------
    InputError
        If links are not diagonal.
    """
    links = lattice.to_user(U)
    for i, j in np.ndindex(group.n, group.n):
        if i != j and np.abs(links[..., i, j]).max() > DIAGONAL:
            raise InputError("monopoles of links that are not diagonal", hint='a [projection.NAME] of kind "abelian"')
    return np.stack([np.arctan2(links[..., i, i].imag, links[..., i, i].real) for i in range(group.n)], axis=-1)


def monopoles(theta: FloatArray) -> IntArray:
    """m of every cube (:func:`fluxes_of_cubes`), [colour, cube, x, y, ...], of angles [mu, x, y, ..., colour].

    Of several colours thetabar adds up to 2 pi times an integer, the most one less than their number: so many of the
    largest (if it is negative: smallest) are moved by 2 pi, and m adds up to 0.
    """
    d = len(theta)
    strings = [_strings(theta, mu, nu) for mu, nu in plaquette_planes(d)]
    n = np.moveaxis(np.array(strings), -1, 0)
    return np.array([-fluxes_of_cubes(of_color, d) for of_color in n])


def _strings(theta: FloatArray, mu: int, nu: int) -> IntArray:
    """n of the plaquettes of a plane, [x, y, ..., colour]."""
    angle = theta[mu] + ahead(theta[nu], mu) - ahead(theta[mu], nu) - theta[nu]
    n = np.ceil(angle / (2.0 * np.pi) - 0.5).astype(np.int64)
    if theta.shape[-1] > 1:
        rest = angle - 2.0 * np.pi * n
        excess = np.rint(rest.cumsum(axis=-1)[..., -1] / (2.0 * np.pi)).astype(np.int64)[..., None]
        rank = np.argsort(np.argsort(-rest, axis=-1, kind="stable"), axis=-1, kind="stable")
        n += rank < excess
        n -= theta.shape[-1] - 1 - rank < -excess
    return np.asarray(n)


def largest_current(currents: IntArray) -> float:
    """Share of the length of all currents k [mu, x, y, z, t] of one colour that the largest cluster has, 0 without any.

    Currents belong to one cluster if they meet in a hypercube.
    """
    shape = currents.shape[1:]
    at = np.argwhere(currents)
    if not len(at):
        return 0.0
    direction, ends = at[:, 0], at[:, 1:]
    starts = ends.copy()  # the current in direction mu through a cube leads from the hypercube behind it
    rows = np.arange(len(at))
    starts[rows, direction] = (starts[rows, direction] - 1) % np.array(shape)[direction]
    first, second = (np.ravel_multi_index(tuple(sites.T), shape) for sites in (starts, ends))
    _, label = np.unique(clusters(first, second), return_inverse=True)
    lengths = np.zeros(label.max() + 1, dtype=np.int64)
    np.add.at(lengths, label, np.abs(currents[tuple(at.T)]))
    return float(lengths.max() / lengths.sum())
