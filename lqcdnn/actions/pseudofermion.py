"""Staggered pseudofermions, even-odd (physics.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels.links import ordered_sum, real_products
from lqcdnn.lattice.geometry import Blocks, Lattice


@dataclass
class PseudofermionField:
    """phi, shared by the exact action that draws it and the guide that only sees it.

    Parameters
    ----------
    phi
        Colour vector [block].
    index
        Which pseudofermion this is: its own random numbers.
    """

    phi: Blocks
    index: int


class StaggeredAction:
    """S = phi^dag (m^2 - D^2)^{-1} phi on the even sites (one field: 4 flavours in d = 4) or on all sites (twice).

    Parameters
    ----------
    operator
        D + m; its links are set to those the action is asked about.
    field
        phi; the same object in the exact action and in its guide.
    parities
        (EVEN,) or (EVEN, ODD).
    tolerance, md_tolerance
        Relative residual for heat bath and value, and for the gradient.
    max_iterations
        Limit of a solve.
    """

    def __init__(
        self,
        operator: StaggeredOperator,
        field: PseudofermionField,
        parities: tuple[int, ...] = (EVEN,),
        tolerance: float = 1e-10,
        md_tolerance: float = 1e-10,
        max_iterations: int = 10000,
    ) -> None:
        self.operator, self.field, self.parities = operator, field, parities
        self.tolerance, self.md_tolerance, self.max_iterations = tolerance, md_tolerance, max_iterations
        self.name = f"fermion.{field.index + 1}"
        self.lattice: Lattice = operator.lattice
        self._x, self._y = operator.vector(), operator.vector()

    def draw(self, U: Blocks, stream: Stream) -> None:
        """phi = (m - D) r on the sites of the action, r complex Gaussian on all sites."""
        r = gaussian_vector(self.lattice, self.operator.n, stream, PSEUDOFERMION + self.field.index)
        self.operator.set_links(U)
        self.field.phi["c"] = 0.0
        for parity in self.parities:
            self.operator.apply(self.field.phi, r, dagger=True, parity=parity)

    def value(self, U: Blocks) -> float:
        """S[U]."""
        self.operator.set_links(U)
        self._x["c"] = 0.0
        for parity in self.parities:
            self.operator.solve(self._x, self.field.phi, parity, self.tolerance, self.max_iterations)
        part = np.empty(self.lattice.blocks)
        real_products(part, self.field.phi, self._x)
        return float(ordered_sum(part))

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """dS = 2 Re <X, dD (D X)>, X = (m^2 - D^2)^{-1} phi: one solve per parity."""
        op = self.operator
        op.set_links(U)
        for parity in self.parities:
            op.solve(self._x, self.field.phi, parity, self.md_tolerance, self.max_iterations)
            self._y["c"] = self._x["c"]
            op.hop(self._y, self._x, parity=ODD if parity == EVEN else EVEN)
            op.add_derivative(Sigma, self._y, parity)
