"""A Hamiltonian of V for links U = F(V): the potential S[F(V)] - log |det dF/dV| (arXiv:0907.5491, physics.md 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.composed import Remembered
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.timing import clock

JACOBIAN = "jacobian"
"""Name of the term -log |det dF/dV|."""


class TransformedHamiltonian(Hamiltonian):
    """K + S_1[F(V)] + S_2[F(V)] + ... - log |det dF/dV|.

    The force of several terms is one pullback of the sum of their gradients.  The Jacobian is a term of its own, for
    integrators with several time scales.

    Parameters
    ----------
    of
        Whose terms see F(V).
    transformation
        F.
    """

    def __init__(self, of: Hamiltonian, transformation: FieldTransformation) -> None:
        super().__init__(of.lattice, of.group, of.terms)
        self.of, self.transformation = of, transformation
        self._seen = Remembered(transformation.forward_with_jacobian)

    @property
    def names(self) -> list[str]:
        """Those of all terms and the Jacobian."""
        return [*super().names, JACOBIAN]

    def seen(self, V: Blocks) -> tuple[Blocks, float]:
        """F(V) and log |det dF/dV|, not computed again for V and weights of the last time."""
        return self._seen(V, self.transformation.theta)

    def draw(self, U: Blocks, stream: Stream) -> dict[str, float]:
        """Heat bath of the auxiliary fields at F(V)."""
        return self.of.draw(self.seen(U)[0], stream)

    def potential(self, U: Blocks, known: Mapping[str, float] | None = None) -> dict[str, float]:
        """Value of each term by name, and of the Jacobian."""
        links, log_jacobian = self.seen(U)
        return self.of.potential(links, known) | {JACOBIAN: -log_jacobian}

    def gradient(self, U: Blocks, names: Sequence[str]) -> Blocks:
        """Sigma of the named terms, dS = Re tr(Sigma dV), [d, block]."""
        return self.gradients(U, names, learn=False)[0]

    def gradients(self, V: Blocks, names: Sequence[str], learn: bool = True) -> tuple[Blocks, NDArray[np.float64]]:
        """Sigma of the named terms and, if ``learn``, their derivatives by the weights of the transformation."""
        U, tape = self.transformation.forward(V)
        others = [name for name in names if name != JACOBIAN]
        if others:
            Sigma = self.of.gradient(U, others)
        else:
            Sigma = scratch(U)
            kernels.clear(Sigma)
        return self.transformation.pullback_all(tape, Sigma, -1.0 if JACOBIAN in names else 0.0, learn)

    def kick(self, P: Blocks, U: Blocks, names: Sequence[str], eps: float) -> None:
        """P <- P + eps F, F = force_factor TA(V Sigma) of the named terms."""
        Sigma = self.gradient(U, names)
        with clock("forces"):
            kernels.kick(P, U, Sigma, eps * self.group.force_factor)
