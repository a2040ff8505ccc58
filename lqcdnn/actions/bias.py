"""The bias potential of the topological charge as a term of the action: V(Q) of smeared links."""

from __future__ import annotations

import numpy as np

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.potential import Grid, Values
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.layer import SHARED, CovariantLayer
from lqcdnn.network.model import CovariantNetwork

BIAS = "bias"


class ChargePotential:
    """S = V(Q[U]), Q the field-theoretic charge of the links themselves.

    Parameters
    ----------
    charge
        Q.
    grid
        Of the potential.

    Attributes
    ----------
    numbers
        Of the potential, on the points of the grid; they may be assigned to.
    """

    name = BIAS

    def __init__(self, charge: FieldTheoreticCharge, grid: Grid) -> None:
        self.charge, self.grid = charge, grid
        self.lattice: Lattice = charge.lattice
        self.numbers: Values = grid.flat()

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """V(Q[U])."""
        return self.grid.value(self.numbers, self.charge.value(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += V'(Q) dQ/dU."""
        self.charge.add_gradient(U, Sigma, lambda charge: self.grid.derivative(self.numbers, charge))


class ChargeBias:
    """V(Q) of links after some steps of stout smearing: the bias of metadynamics (arXiv:1508.07270, 2307.04742).

    Its force is V'(Q) dQ/dU, taken back through the smearing.

    Parameters
    ----------
    lattice, n
        Lattice, and number of colours.
    grid
        Of the potential.
    steps, rho
        Of the smearing (Morningstar and Peardon, hep-lat/0311018), isotropic.

    Raises
    ------
    InputError
        As `FieldTheoreticCharge`.
    """

    name = BIAS

    def __init__(self, lattice: Lattice, n: int, grid: Grid, steps: int, rho: float) -> None:
        self.lattice, self.grid = lattice, grid
        self.potential = ChargePotential(FieldTheoreticCharge(lattice, n), grid)
        self._smeared: Composed | None = None
        if steps:
            layers = [CovariantLayer(lattice, ("plaquette",), SHARED, np.array([rho])) for _ in range(steps)]
            self._smeared = Composed(self.potential, CovariantNetwork(layers))

    def variable(self, U: Blocks) -> float:
        """Q of the smeared links."""
        return self.potential.charge.value(U if self._smeared is None else self._smeared.seen(U))

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """V(Q)."""
        return self.grid.value(self.potential.numbers, self.variable(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += V'(Q) dQ/dU."""
        (self._smeared or self.potential).add_gradient(U, Sigma)
