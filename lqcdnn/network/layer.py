"""One layer of a gauge-covariant network: a stout-like step with trainable loop weights (arXiv:2103.11965)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.errors import InputError
from lqcdnn.kernels import layer as kernels
from lqcdnn.kernels import whole_layer
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.terms import Terms

SHARED, DIRECTION = "shared", "direction"


@dataclass
class LayerTape:
    """Input links and weighted sums C of staples of one forward pass: Q = TA(C U^dag)."""

    U: Blocks
    C: Blocks


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
        If a class does not exist in this dimension or on an extent of 1, the number of weights is wrong, or boundary
        conditions are twisted.
    """

    knows_twist = knows_fixed = False
    """Whether the staples carry their elements of the centre; whether links that are fixed stay as they are."""

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
        if min(lattice.shape) < 2 and any(map(is_polyakov, loops)):
            raise InputError("Polyakov loops of a layer need extents of at least 2")  # their staples are other links
        if lattice.twist is not None and not self.knows_twist:
            raise InputError("layers of a network know of no twist of the boundary conditions")
        if lattice.fixed is not None and not self.knows_fixed:
            raise InputError("layers of a network know of no links that are fixed")
        self.lattice, self.loops, self.sharing = lattice, tuple(loops), sharing
        self.terms = Terms(lattice, self.loops)
        self.weights = np.zeros(self.weights_shape) if weights is None else weights

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """(classes,) or (classes, d)."""
        classes = len(self.loops)
        return (classes,) if self.sharing == SHARED else (classes, self.lattice.d)

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights, an array that cannot be written to: assign another one."""
        return self._weights

    @weights.setter
    def weights(self, values: NDArray[np.float64]) -> None:
        self._weights = np.array(values, dtype=np.float64)
        if self._weights.shape != self.weights_shape:
            raise InputError(f"a layer of {len(self.loops)} loop classes takes weights of shape {self.weights_shape}")
        self._weights.setflags(write=False)
        table = np.empty((len(self.loops), self.lattice.d))
        table[:] = self._weights[:, None] if self.sharing == SHARED else self._weights
        self.terms.use(table)

    def definition(self) -> dict[str, Any]:
        """Loop classes and sharing: what a weights file must agree with."""
        return {"loops": list(self.loops), "sharing": self.sharing}

    def forward(self, U: Blocks) -> tuple[Blocks, LayerTape]:
        """U' and the tape."""
        out, C = scratch(U), scratch(U)
        self._rotate(out, out, U, 0.0, 1.0, C, U)
        return out, LayerTape(U, C)

    def stage(self, U: Blocks, X: Blocks, keep: float, step: float) -> tuple[Blocks, Blocks]:
        """(exp(X') U, X') with X' = keep X + step Q, one stage of a flow (keep = 0: whatever X holds)."""
        out, Z = scratch(U), scratch(U)
        self._rotate(out, Z, X, keep, step, Z, U)
        return out, Z

    def exponents(self, U: Blocks) -> Blocks:
        """Q_mu(n), the algebra field that generates the layer."""
        return self.stage(U, U, 0.0, 1.0)[1]

    def pullback(self, tape: LayerTape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from Sigma' of the output links (extended delta rule)."""
        scaled = scratch(Sigma)
        return self._pull(tape, Sigma, scaled if self.terms.one_direction else scratch(Sigma), scaled)

    def pullback_weights(self, tape: LayerTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/drho_i = sum Re tr(Lambda O^i), in the order of ``weights.ravel()``."""
        V = scratch(Sigma)
        below = self._pull(tape, Sigma, V, scratch(Sigma))
        lattice, C = self.lattice, scratch(Sigma)
        part = np.empty((lattice.blocks, len(self.loops), lattice.d))
        for k, term in enumerate(self._each):
            far, weight = term.add_staples(C, tape.U)
            kernels.contract_staples(part, k, V, C, far, lattice.neighbours, weight)
        table = part.cumsum(axis=0)[-1]  # in block order
        return below, self.shared(table)

    def shared(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives by the weights, in the order of ``weights.ravel()``, from those by class and direction."""
        return (table.cumsum(axis=1)[:, -1] if self.sharing == SHARED else table).ravel()

    @cached_property
    def _each(self) -> list[Terms]:
        """The classes one by one, with weight one."""
        found = [Terms(self.lattice, (name,)) for name in self.loops]
        for term in found:
            term.use(np.ones((1, self.lattice.d)))
        return found

    def _rotate(self, out: Blocks, Z: Blocks, X: Blocks, keep: float, step: float, C: Blocks, U: Blocks) -> None:
        terms, nbr = self.terms, self.lattice.neighbours
        if terms.whole and not terms.make_whole(U):
            far = terms.by_plane(U)
            whole_layer.rotate(out, Z, X, keep, step, C, far, U, nbr, terms.whole_weights, *terms.lines)
        elif terms.rotate_whole(U):
            order = self.lattice.rows(U)
            kernels.rotate_by_whole_staples(out, Z, X, keep, step, C, U, nbr, order, terms.plaquettes)
        else:
            far, weight = terms.add_staples(C, U)
            kernels.rotate_by_staples(out, Z, X, keep, step, C, far, U, nbr, weight)

    def _pull(self, tape: LayerTape, Sigma: Blocks, V: Blocks, scaled: Blocks) -> Blocks:
        """The pullback; V becomes -Lambda U, ``scaled`` its multiples by ``Terms.scale``."""
        below, terms, U, nbr = scratch(Sigma), self.terms, tape.U, self.lattice.neighbours
        if terms.whole and not terms.derive_whole(U):
            far = terms.by_plane(U)
            whole_layer.pull_back(below, V, scaled, Sigma, tape.C, far, U, nbr, terms.whole_weights, *terms.lines)
        else:
            kernels.pullback_exponential(below, V, scaled, terms.scale, Sigma, tape.C, U)
            terms.add_derivatives(below, V, scaled, U)
        return below
