"""A layer of hypercubic exponential (HEX) smearing (Capitani, Durr, Hoelbling, hep-lat/0607006)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.kernels.hypercubic_layer import level_staples, pull_level, smear_level
from lqcdnn.kernels.layer import contract_staples
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.hypercubes import Level, hypercubic_planes
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.layer import SHARED
from lqcdnn.network.terms import NONE


@dataclass
class HexTape:
    """What one forward pass leaves for the pullback.

    Attributes
    ----------
    U
        Input links.
    fields
        [level] fields that a level's staples are made of, outermost first; the last are U.
    C
        [level] weighted sums of staples of the fields that it makes.
    """

    U: Blocks
    fields: list[Blocks]
    C: list[Blocks]


class HexLayer:
    """HYP smearing with exponentials of stout smearing in place of its projections.

    The staples of V_mu;S go into the directions nu other than mu and those in S, r = d - 1 - |S| of them; their sides
    are V_nu;S+mu, their tops V_mu;S+nu.  With A_mu;S the sum of both staples of each nu

        V_mu;S = exp(alpha_l / (2 r) TA(A_mu;S U_mu^dag)) U_mu,    l = 1 + |S|,

    from V_mu;S = U_mu, where S has all directions but mu, to U'_mu, where it has none.  In d = 4 these are the three
    levels of hep-lat/0607006 with alpha_1 / 6, alpha_2 / 4 and alpha_3 / 2; in d = 3 there are two, with alpha_1 / 4
    and alpha_2 / 2; in d = 2 it is stout smearing with rho = alpha_1 / 2.  U'_mu depends on the links of the
    hypercubes around it alone.  With alpha_1 = 0 it is the identity.

    Parameters
    ----------
    lattice
        The lattice.
    sharing
        ``"shared"``: one weight per level; ``"direction"``: one per level and direction of the link that is turned.
    weights
        [levels] or [levels, d], alpha_1 first; default zero.

    Raises
    ------
    InputError
        If the number of weights is wrong.
    """

    def __init__(
        self, lattice: Lattice, sharing: str = SHARED, weights: NDArray[np.float64] | None = None
    ) -> None:
        self.lattice, self.sharing = lattice, sharing
        self._levels = hypercubic_planes(lattice.d)
        self.weights = np.zeros(self.weights_shape) if weights is None else weights

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """(d - 1,) or (d - 1, d)."""
        d = self.lattice.d
        return (d - 1,) if self.sharing == SHARED else (d - 1, d)

    @property
    def weights(self) -> NDArray[np.float64]:
        """alpha of each level, outermost first, an array that cannot be written to: assign another one."""
        return self._weights

    @weights.setter
    def weights(self, values: NDArray[np.float64]) -> None:
        self._weights = np.array(values, dtype=np.float64)
        if self._weights.shape != self.weights_shape:
            raise InputError(f"a layer of HEX smearing takes weights of shape {self.weights_shape}")
        self._weights.setflags(write=False)
        table = np.broadcast_to(self._weights.reshape(self.lattice.d - 1, -1), (self.lattice.d - 1, self.lattice.d))
        self._factors = [self._by_field(level, row) for level, row in zip(self._levels, table, strict=True)]

    def _by_field(self, level: Level, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the staples of each field are multiplied by, from alpha of each direction."""
        return np.tile(row, level.fields // self.lattice.d) / (2 * level.staples)

    def definition(self) -> dict[str, Any]:
        """Kind and sharing: what a weights file must agree with."""
        return {"kind": "hex", "sharing": self.sharing}

    def forward(self, U: Blocks) -> tuple[Blocks, HexTape]:
        """U' and the tape."""
        tape, V = HexTape(U, [], []), U
        for level, factors in zip(reversed(self._levels), reversed(self._factors), strict=True):
            out, C = (self._room(U, level) for _ in range(2))
            smear_level(out, C, V, U, self.lattice.neighbours, level.planes, factors, NONE)
            tape.fields.insert(0, V)
            tape.C.insert(0, C)
            V = out
        return V, tape

    def pullback(self, tape: HexTape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from Sigma' of the output links (extended delta rule)."""
        return self._pull(tape, Sigma, None)

    def pullback_weights(self, tape: HexTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/dalpha, in the order of ``weights.ravel()``."""
        directions = [self._room(tape.U, level) for level in self._levels]
        below = self._pull(tape, Sigma, directions)
        rows = zip(self._levels, tape.fields, directions, strict=True)
        table = np.array([self._contracted(level, V, W) for level, V, W in rows])
        return below, (table.cumsum(axis=1)[:, -1] if self.sharing == SHARED else table).ravel()

    def _pull(self, tape: HexTape, Sigma: Blocks, directions: list[Blocks] | None) -> Blocks:
        """The pullback; ``directions`` [level] become -Lambda U of its fields, if they are given."""
        U, total, part = tape.U, scratch(tape.U), scratch(tape.U)
        for k, (level, V, C, factors) in enumerate(
            zip(self._levels, tape.fields, tape.C, self._factors, strict=True)
        ):
            last = k == len(self._levels) - 1
            scaled = self._room(U, level)
            W = scaled if directions is None else directions[k]
            below = total if last else scratch(V)
            pull_level(
                total, below, W, scaled, part, Sigma, C, V, U, self.lattice.neighbours, level.planes, factors,
                k == 0, last,
            )  # fmt: skip
            Sigma = below
        return total

    def _room(self, U: Blocks, level: Level) -> Blocks:
        """Fields of a level of any content, see ``kernels.hypercubic_layer``; those of the outermost are links."""
        return scratch(U) if level is self._levels[0] else scratch(U, level.fields, blocks=self.lattice.blocks + 1)

    def _contracted(self, level: Level, V: Blocks, W: Blocks) -> NDArray[np.float64]:
        """[d] derivatives by alpha of a level and each direction: sum of Re tr(W^dag C) with C of alpha = 1."""
        lattice, C = self.lattice, self._room(V, level)
        level_staples(C, V, lattice.neighbours, level.planes, self._by_field(level, np.ones(lattice.d)))
        part = np.empty((C.shape[1], level.fields // lattice.d, lattice.d))
        for k in range(part.shape[1]):
            one = slice(k * lattice.d, (k + 1) * lattice.d)
            contract_staples(part, k, W[one], C[one], C, lattice.neighbours, NONE)
        table: NDArray[np.float64] = part[: lattice.blocks].cumsum(axis=0)[-1].cumsum(axis=0)[-1]  # in block order
        return table
