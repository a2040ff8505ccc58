r"""A uniform electromagnetic field on a periodic lattice, as angles of the hops of a quark.

.. math:: u_\nu(n) = e^{i f n_\mu},\qquad u_\mu(n) = e^{-i f L_\mu n_\nu}\ \text{for}\ n_\mu = L_\mu - 1,\ \text{or}\ 1,
    \qquad f = 2\pi k/(L_\mu L_\nu)

for each plane mu < nu with k quanta of flux.  Then every plaquette u_mu(n) u_nu(n + mu) u_mu(n + nu)^* u_nu(n)^* of
that plane is exp(i f), also those that cross the boundary, which asks for an integer k (Z. Davoudi, W. Detmold,
arXiv:1507.01908, section II).  Angles of several planes add up: none changes the plaquettes of another plane.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.programs import planes

Flux = tuple[int, ...]
"""Quanta of flux through the planes of a lattice, in the order of :func:`lqcdnn.lattice.programs.planes`."""


def parts_of_turn(lattice: Lattice) -> int:
    """Into how many equal parts a turn is divided, that angles of every uniform field be whole numbers of them."""
    return math.lcm(*(lattice.shape[mu] * lattice.shape[nu] for mu, nu in planes(lattice.d)))


def uniform_angles(lattice: Lattice, flux: Flux, steps: int = 1) -> NDArray[np.int64]:
    """Angles [d, V] of the hops n -> n + steps mu in block order, in whole parts of a turn (:func:`parts_of_turn`).

    Raises
    ------
    ValueError
        If there are more or fewer numbers than planes.
    """
    if len(flux) != len(planes(lattice.d)):
        raise ValueError(f"{len(flux)} numbers of quanta of flux for {len(planes(lattice.d))} planes")
    whole, total = parts_of_turn(lattice), np.zeros((lattice.d, lattice.volume), dtype=np.int64)
    for (mu, nu), quanta in zip(planes(lattice.d), flux, strict=True):
        unit = quanta * (whole // (lattice.shape[mu] * lattice.shape[nu]))
        for passed in range(steps):
            x, y = lattice.coordinates[:, mu], lattice.coordinates[:, nu]
            total[nu] += unit * x
            last = (x + passed) % lattice.shape[mu] == lattice.shape[mu] - 1
            total[mu] -= unit * lattice.shape[mu] * y * last
    return total % whole
