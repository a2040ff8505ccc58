"""A scalar field in the fundamental representation, as a term of the action of the links (physics.md 30)."""

from __future__ import annotations

import numpy as np

from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.scalar import action_parts, add_outer_products
from lqcdnn.lattice.geometry import Blocks, Lattice

SCALAR = "scalar"
"""The term, and the array of checkpoints and configurations with the field, [x, y, ..., component, 1]."""


class ScalarField:
    """phi [block] of N x 1 matrices, shared between the exact Hamiltonian and its guide: 1 in the first component.

    Parameters
    ----------
    lattice, n
        Where, and its number of components.
    """

    def __init__(self, lattice: Lattice, n: int) -> None:
        self.lattice, self.n = lattice, n
        self.phi = uniform(lattice, n)


def uniform(lattice: Lattice, n: int) -> Blocks:
    """phi = (1, 0, ..., 0) on all sites."""
    phi = lattice.zeros(n, 1)
    phi["c"][:, 0, 0, 0, :] = 1.0
    return phi


class ScalarAction:
    """S = sum [|phi|^2 + lambda (|phi|^2 - 1)^2] - 2 kappa sum Re phi(n)^dag U_mu(n) phi(n + mu), phi of its field.

    The field is part of the state of the chain and changes between trajectories (``update.scalar``); a trajectory
    keeps it.

    Parameters
    ----------
    field
        phi.
    kappa, quartic
        Hopping parameter and lambda.
    """

    name = SCALAR

    def __init__(self, field: ScalarField, kappa: float, quartic: float) -> None:
        self.field, self.kappa, self.quartic = field, kappa, quartic
        self.lattice = field.lattice

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """phi is no auxiliary field: nothing is drawn here."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U, phi]."""
        part = np.empty(self.lattice.blocks)
        action_parts(part, self.field.phi, U, self.lattice.neighbours, self.kappa, self.quartic)
        return float(ordered_sum(part))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma -= 2 kappa phi(n + mu) phi(n)^dag."""
        add_outer_products(Sigma, self.field.phi, self.lattice.neighbours, -2.0 * self.kappa)
