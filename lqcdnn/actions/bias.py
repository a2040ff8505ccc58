"""The bias potential of a collective variable as a term of the action: V(Q) of the links, or of smeared ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.potential import Grid, Potential, Values
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.build import stout_smearing

BIAS = "bias"


class CollectiveVariable(Protocol):
    """A smooth real function Q of the links."""

    lattice: Lattice
    n: int

    def value(self, U: Blocks) -> float:
        """Q[U]."""

    def add_gradient(self, U: Blocks, Sigma: Blocks, slope: Callable[[float], float]) -> None:
        """Sigma += slope(Q) times the derivative, dQ = Re tr(Sigma dU) summed over links."""


class VariablePotential:
    """S = V(Q[U]), Q of the links themselves.

    Parameters
    ----------
    variable
        Q.
    grid
        Of the potential, or a window.

    Attributes
    ----------
    numbers
        Of the potential; they may be assigned to.
    """

    name = BIAS

    def __init__(self, variable: CollectiveVariable, grid: Potential) -> None:
        self.variable, self.grid = variable, grid
        self.lattice: Lattice = variable.lattice
        self.numbers: Values = grid.flat()

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """V(Q[U])."""
        return self.grid.value(self.numbers, self.variable.value(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += V'(Q) dQ/dU."""
        self.variable.add_gradient(U, Sigma, lambda found: self.grid.derivative(self.numbers, found))


class BiasTerm:
    """V(Q) of links after some steps of stout smearing: the bias of metadynamics (arXiv:1508.07270, 2307.04742).

    Its force is V'(Q) dQ/dU, taken back through the smearing.  Without smearing, of the mean plaquette, it is that of
    multicanonical HMC (G. Arnold, K. Schilling, T. Lippert, hep-lat/9808005).

    Parameters
    ----------
    variable
        Q.
    grid
        Of the potential.
    steps, rho
        Of the smearing (Morningstar and Peardon, hep-lat/0311018), isotropic.
    """

    name = BIAS

    def __init__(self, variable: CollectiveVariable, grid: Grid, steps: int = 0, rho: float = 0.1) -> None:
        self.lattice, self.grid = variable.lattice, grid
        self.potential = VariablePotential(variable, grid)
        self._smeared: Composed | None = None
        if steps:
            self._smeared = Composed(self.potential, stout_smearing(self.lattice, steps, rho))

    def variable(self, U: Blocks) -> float:
        """Q of the smeared links."""
        return self.potential.variable.value(U if self._smeared is None else self._smeared.seen(U))

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """V(Q)."""
        return self.grid.value(self.potential.numbers, self.variable(U))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += V'(Q) dQ/dU."""
        (self._smeared or self.potential).add_gradient(U, Sigma)
