"""One layer of a gauge-covariant network: a stout-like step with trainable loop weights (arXiv:2103.11965)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.kernels import layer as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.lattice.programs import pullback_program, staple_program

SHARED, DIRECTION = "shared", "direction"


@dataclass
class LayerTape:
    """Input links and exponents Q of one forward pass."""

    U: Blocks
    Q: Blocks


class CovariantLayer:
    """U'_mu(n) = exp(Q) U_mu(n), Q = TA(sum_i rho_i C^i_mu(n) U_mu(n)^dag) (physics.md 4).

    With the plaquette class alone this is stout smearing with that rho (hep-lat/0311018); with all weights zero it
    is the identity.

    Parameters
    ----------
    lattice
        The lattice.
    loops
        Loop classes, see ``lattice.loops``.
    sharing
        ``"shared"``: one weight per class; ``"direction"``: one per class and link direction.
    weights
        [classes] or [classes, d]; default zero.

    Raises
    ------
    InputError
        If a class does not exist in this dimension or the number of weights is wrong.
    """

    def __init__(
        self,
        lattice: Lattice,
        loops: tuple[str, ...],
        sharing: str = SHARED,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        missing = [name for name in loops if not loop_exists(name, lattice.d)]
        if missing:
            raise InputError(f"loop class {missing[0]!r} does not exist in d = {lattice.d}")
        self.lattice, self.loops, self.sharing = lattice, tuple(loops), sharing
        self._forward = staple_program(loops, lattice.shape)
        self._backward = pullback_program(loops, lattice.shape)
        self.weights = np.zeros(self.weights_shape) if weights is None else np.array(weights, dtype=np.float64)
        if self.weights.shape != self.weights_shape:
            raise InputError(f"a layer of {len(loops)} loop classes takes weights of shape {self.weights_shape}")

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """(classes,) or (classes, d)."""
        classes = len(self.loops)
        return (classes,) if self.sharing == SHARED else (classes, self.lattice.d)

    def _table(self) -> NDArray[np.float64]:
        """weight[class, direction] as the kernels take it."""
        table = np.empty((len(self.loops), self.lattice.d))
        table[:] = self.weights[:, None] if self.sharing == SHARED else self.weights
        return table

    def exponents(self, U: Blocks) -> Blocks:
        """Q_mu(n), the algebra field that generates the layer."""
        Q = np.empty_like(U)
        nbr, program = self.lattice.neighbours, self._forward
        kernels.layer_exponents(Q, U, nbr, program.program, program.start, self._table())
        return Q

    def forward(self, U: Blocks) -> tuple[Blocks, LayerTape]:
        """U' and the tape."""
        Q, out = self.exponents(U), np.empty_like(U)
        kernels.rotate_links(out, Q, U)
        return out, LayerTape(U, Q)

    def pullback(self, tape: LayerTape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from Sigma' of the output links (extended delta rule)."""
        return self._pull(tape, Sigma)[0]

    def pullback_weights(self, tape: LayerTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/drho_i = sum Re tr(Lambda O^i), in the order of ``weights.ravel()``."""
        below, Lambda = self._pull(tape, Sigma)
        lattice, program = self.lattice, self._forward
        part = np.empty((lattice.blocks, len(self.loops), lattice.d))
        kernels.weight_derivatives(part, Lambda, tape.U, lattice.neighbours, program.program, program.start)
        table = part.cumsum(axis=0)[-1]  # in block order
        return below, (table.cumsum(axis=1)[:, -1] if self.sharing == SHARED else table).ravel()

    def _pull(self, tape: LayerTape, Sigma: Blocks) -> tuple[Blocks, Blocks]:
        below, Lambda = np.empty_like(Sigma), np.empty_like(Sigma)
        kernels.pullback_exponential(below, Lambda, Sigma, tape.Q, tape.U)
        program = self._backward
        kernels.pullback_loops(
            below, Lambda, tape.U, self.lattice.neighbours, program.program, program.start, self._table()
        )
        return below, Lambda
