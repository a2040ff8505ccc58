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
from lqcdnn.kernels import attention as kernels
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
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
        a, rows as in ``kernels.attention``.
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
            raise InputError(f"attention of reach {reach}; allowed: 1 to the smallest extent - 1")
        self.lattice, self.loops, self.sharing, self.reach = lattice, tuple(loops), sharing, reach
        self._layers = [CovariantLayer(lattice, loops, sharing) for _ in PARTS]
        self._networks = [CovariantNetwork([layer]) for layer in self._layers]
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
        a = self._attention(U, query, key)
        C, nbr = scratch(U), self.lattice.neighbours
        clear(C)
        kernels.extended_staples(C, a[:0], self._work(U), a, U, self._directed(value), nbr, self.reach)
        turned_value, attended, out = scratch(U), scratch(U), scratch(U)
        rotate_by_staples(turned_value, turned_value, value, 0.0, 1.0, C, value, value, nbr, NONE)
        kernels.turn_others(attended, turned_value, value, U)
        turned, tape_o = self._networks[OUTPUT].forward(attended)
        kernels.turn_others(out, turned, attended, U)
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
        total, into = scratch(U), scratch(U)
        clear(total)
        kernels.derivative_of_turn(into, attended, U, Sigma)
        below = pull(OUTPUT, into)
        kernels.pull_others(total, below, Sigma, tape.turned[1], attended, U)
        kernels.derivative_of_turn(into, value, U, below)
        of_value, V = scratch(U), scratch(U)
        pullback_exponential(of_value, V, V, np.ones(self.lattice.d), into, tape.C, value)
        kernels.pull_others(total, of_value, below, tape.turned[0], value, U)

        a, b, of_query, of_key = tape.attention, self._numbers(), scratch(U), scratch(U)
        self._add_derivatives(of_value, U[:0], b, a, 1.0, V, value)
        b["c"] *= self._factor(U) * (1.0 + a["c"] ** 2)  # the derivative of the tangent
        clear(of_query)
        clear(of_key)
        self._add_derivatives(of_key, of_query, b[:0], b, 1.0, query, key)
        self._add_derivatives(total, total, b[:0], b, -1.0, U, U)
        for k, Sigma_k in ((QUERY, of_query), (KEY, of_key), (VALUE, of_value)):
            add_multiple(total, pull(k, Sigma_k), 1.0)
        return total

    def _attention(self, U: Blocks, query: Blocks, key: Blocks) -> Blocks:
        """a_{mu,nu,s}(n)."""
        found, nbr = [], self.lattice.neighbours
        for Y, X in ((query, key), (U, U)):
            found.append(self._numbers())
            kernels.extended_staples(U[:0], found[-1], self._work(U), found[-1], Y, self._directed(X), nbr, self.reach)
        kernels.tangents(found[0], *found, self._factor(U))
        return found[0]

    def _add_derivatives(
        self, dX: Blocks, dY: Blocks, products: Blocks, weight: Blocks, factor: float, Y: Blocks, X: Blocks
    ) -> None:
        """dX, dY += derivatives of factor sum weight Re tr(Y_mu^dag V_{nu,s}(X)), these Re tr to ``products``."""
        E, dE = self._directed(X), scratch_rows(X, 2 * self.lattice.d)
        clear(dE)
        nbr, reach = self.lattice.neighbours, self.reach
        kernels.extended_derivatives(dE, dY, products, self._work(X), weight, factor, Y, E, nbr, reach)
        kernels.add_directed(dX, dE, nbr)

    def _numbers(self) -> Blocks:
        """A number for each link, side, length and site, of any content."""
        d = self.lattice.d
        return scratch(momenta(self.lattice, 1), 2 * d * (d - 1) * self.reach)

    def _work(self, U: Blocks) -> Blocks:
        """Room for the kernels of extended staples."""
        return scratch_rows(U, self.reach + kernels.WORK)

    def _directed(self, U: Blocks) -> Blocks:
        """Links to all 2 d sides."""
        E = scratch_rows(U, 2 * self.lattice.d)
        kernels.direct_links(E, U, self.lattice.neighbours)
        return E

    def _factor(self, U: Blocks) -> float:
        """What the difference of traces is multiplied by: its tangent stays finite."""
        return pi / (4.0 * (colors(U) + 0.01))
