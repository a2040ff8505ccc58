"""A gauge-covariant layer with attention (Nagai, Ohno, Tomiya, arXiv:2501.16955)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.kernels.attention import WORK, derivative_of_turn, pull_others, turn_others
from lqcdnn.kernels.attention_layer import attend, attend_near, pull_attended, pull_attended_near
from lqcdnn.kernels.links import add_multiple, clear
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.pool import scratch, scratch_rows
from lqcdnn.network.layer import SHARED, CovariantLayer
from lqcdnn.network.model import CovariantNetwork, Tape
from lqcdnn.network.terms import NONE

PARTS = QUERY, KEY, VALUE, OUTPUT = range(4)
"""Order of the sets of weights."""


@dataclass
class AttentionTape:
    """What one forward pass leaves for the pullback.

    Attributes
    ----------
    U
        Input links.
    links
        U^Q, U^K, U^V, U^A.
    tapes
        Those of the four layers of the usual kind, the last of U^A.
    attention
        a, rows as in ``kernels.attention``, of reach one as in ``kernels.attention_near``.
    C
        Sum of a times extended staples of U^V.
    turned
        U^V turned by the exponential of U^A, U^A turned by that of the output.
    """

    U: Blocks
    links: tuple[Blocks, Blocks, Blocks, Blocks]
    tapes: tuple[Tape, Tape, Tape, Tape]
    attention: Blocks
    C: Blocks
    turned: tuple[Blocks, Blocks]


class AttentionLayer:
    """U' = exp(Q_rho[U^A]) U, where U^A weights extended staples with what gauge-invariant loops say of each.

    U^X = exp(Q_X[U]) U for X = Q, K, V (query, key, value), Q_X that of a :class:`~lqcdnn.network.layer.CovariantLayer`
    with weights of its own.  With V_{nu,s} the staple that goes s links to a side nu of U_mu, one along mu and s back,

        a_{mu,nu,s}(n) = tan(pi / (4 (N + 0.01)) (Re tr[U^Q_mu V_{nu,s}(U^K)^dag] - Re tr[U_mu V_{nu,s}(U)^dag]))
        U^A = exp(TA(sum_{nu,s} a_{mu,nu,s} V_{nu,s}(U^V) U^V_mu^dag)) U

    over both sides in all directions nu other than mu and s = 1, ..., reach.  With all weights zero it is the identity.

    Parameters
    ----------
    lattice
        The lattice.
    loops, sharing
        Of each of the four sets of weights, as in :class:`~lqcdnn.network.layer.CovariantLayer`.
    reach
        The largest s.
    weights
        [4, classes] or [4, classes, d], query, key, value, output; default zero.

    Raises
    ------
    InputError
        If a class does not exist in this dimension, the reach is not below all extents, or the number of weights is
        wrong.
    """

    def __init__(
        self,
        lattice: Lattice,
        loops: tuple[str, ...],
        reach: int,
        sharing: str = SHARED,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        if not 1 <= reach < min(lattice.shape):  # longer staples wind around the lattice
            most = min(lattice.shape) - 1
            raise InputError(f"attention of reach {reach}; allowed: 1 to {most}, less than the smallest extent")
        self.lattice, self.loops, self.sharing, self.reach = lattice, tuple(loops), sharing, reach
        self._layers = [CovariantLayer(lattice, loops, sharing) for _ in PARTS]
        self._networks = [CovariantNetwork([layer]) for layer in self._layers]
        self._unit, self._number = np.ones(lattice.d), momenta(lattice, 1)[:0].copy()
        self.weights = np.zeros(self.weights_shape) if weights is None else weights

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """(4, classes) or (4, classes, d)."""
        return (len(PARTS), *self._layers[0].weights_shape)

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights, an array that cannot be written to: assign another one."""
        return self._weights

    @weights.setter
    def weights(self, values: NDArray[np.float64]) -> None:
        self._weights = np.array(values, dtype=np.float64)
        if self._weights.shape != self.weights_shape:
            found = f"a layer of {len(self.loops)} loop classes with attention"
            raise InputError(f"{found} takes weights of shape {self.weights_shape}")
        self._weights.setflags(write=False)
        for layer, part in zip(self._layers, self._weights, strict=True):
            layer.weights = part

    def definition(self) -> dict[str, Any]:
        """Loop classes, sharing and reach: what a weights file must agree with."""
        return self._layers[0].definition() | {"attention": self.reach}

    def forward(self, U: Blocks) -> tuple[Blocks, AttentionTape]:
        """U' and the tape."""
        (query, tape_q), (key, tape_k), (value, tape_v) = (self._networks[k].forward(U) for k in PARTS[:OUTPUT])
        a, C, turned_value, attended = self._numbers(), scratch(U), scratch(U), scratch(U)
        nbr, factor = self.lattice.neighbours, self._factor(U)
        if self.reach == 1:
            attend_near(attended, turned_value, C, a, query, key, value, U, nbr, self.lattice.rows(U), factor, NONE)
        else:
            b, E, work = self._numbers(), scratch_rows(U, 2 * self.lattice.d), scratch_rows(U, self.reach + WORK)
            attend(
                attended, turned_value, C, a, b, E, work, query, key, value, U, nbr, self.reach, factor, U[:0], a[:0],
                NONE,
            )  # fmt: skip
        turned, tape_o = self._networks[OUTPUT].forward(attended)
        out = scratch(U)
        turn_others(out, turned, attended, U)
        links, tapes = (query, key, value, attended), (tape_q, tape_k, tape_v, tape_o)
        return out, AttentionTape(U, links, tapes, a, C, (turned_value, turned))

    def pullback(self, tape: AttentionTape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from Sigma' of the output links (extended delta rule)."""
        return self._pull(tape, Sigma, lambda k, into: self._networks[k].pullback(tape.tapes[k], into))

    def pullback_weights(self, tape: AttentionTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/drho, in the order of ``weights.ravel()``."""
        found = [NONE] * len(PARTS)

        def pull(k: int, into: Blocks) -> Blocks:
            below, found[k] = self._networks[k].pullback_weights(tape.tapes[k], into)
            return below

        return self._pull(tape, Sigma, pull), np.concatenate(found)

    def _pull(self, tape: AttentionTape, Sigma: Blocks, pull: Callable[[int, Blocks], Blocks]) -> Blocks:
        """The pullback; pull(k, Sigma) is that of the k-th layer of the usual kind."""
        U, (query, key, value, attended) = tape.U, tape.links
        total, into, of_query, of_key, of_value, V = (scratch(U) for _ in range(6))
        clear(total)
        derivative_of_turn(into, attended, U, Sigma)
        below = pull(OUTPUT, into)
        pull_others(total, below, Sigma, tape.turned[1], attended, U)
        d, nbr, factor, b = self.lattice.d, self.lattice.neighbours, self._factor(U), self._numbers()
        if self.reach == 1:
            far, far_query = (scratch_rows(U, d * (d - 1)) for _ in range(2))
            pull_attended_near(
                total, of_query, of_key, of_value, V, into, b, self._at_corners(d * (d - 1) // 2), far, far_query,
                below, tape.turned[0], tape.C, tape.attention, query, key, value, U, nbr, self.lattice.rows(U), factor,
                self._unit,
            )  # fmt: skip
        else:
            E, dE, work = *(scratch_rows(U, 2 * d) for _ in range(2)), scratch_rows(U, self.reach + WORK)
            pull_attended(
                total, of_query, of_key, of_value, V, into, b, E, dE, work, below, tape.turned[0], tape.C,
                tape.attention, query, key, value, U, nbr, self.reach, factor, self._unit, U[:0], b[:0],
            )  # fmt: skip
        for k, Sigma_k in ((QUERY, of_query), (KEY, of_key), (VALUE, of_value)):
            add_multiple(total, pull(k, Sigma_k), 1.0)
        return total

    def _numbers(self) -> Blocks:
        """A number for each link, side, length and site, of any content."""
        d = self.lattice.d
        rows = 2 * d * (d - 1) * self.reach
        return scratch(self._number, rows) if self.reach > 1 else self._at_corners(rows)

    def _at_corners(self, rows: int) -> Blocks:
        """Numbers of plaquettes, of any content, those of a block side by side: kernels use them all at once."""
        return scratch(self._number, self.lattice.blocks, blocks=rows).T

    def _factor(self, U: Blocks) -> float:
        """What the difference of traces is multiplied by: its tangent stays finite."""
        return pi / (4.0 * (colors(U) + 0.01))
