"""The topological term at imaginary theta as a term of the action: S = -theta_L Q of the links, or of smeared ones."""

from __future__ import annotations

from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice

THETA = "theta"


class ThetaTerm:
    """S = -theta_L Q[U], theta = i theta_I: exp(-S) is real (H. Panagopoulos, E. Vicari, arXiv:1109.6815).

    Parameters
    ----------
    charge
        Q, a smooth function of the links.
    imaginary
        theta_L.
    """

    name = THETA

    def __init__(self, charge: FieldTheoreticCharge, imaginary: float) -> None:
        self.charge, self.imaginary = charge, imaginary
        self.lattice: Lattice = charge.lattice

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """-theta_L Q."""
        return -self.imaginary * self.charge.value(U)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma -= theta_L dQ/dU."""
        self.charge.add_gradient(U, Sigma, lambda _: -self.imaginary)
