"""Field transformations: invertible gauge-covariant networks whose Jacobian is known (arXiv:0907.5491, physics.md 10).

A layer turns the links of one direction and parity at a time by the plaquette staples around them, as a layer of
stout smearing does with all links at once; the links of a layer are all turned once.  Weights are constants, or
each link has its own (``localweights``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.transformations import MOST_COLORS, largest_weight
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.kernels import masked as kernels
from lqcdnn.kernels.links import add_multiple, copy, ordered_sum
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.layer import DIRECTION, SHARED
from lqcdnn.network.localweights import LocalLayer
from lqcdnn.timing import clock


@dataclass
class MaskedLayer:
    """The weights of a layer: [1], the same for all directions, or [1, d]."""

    weights: NDArray[np.float64]

    @property
    def largest(self) -> float:
        """The largest weight without its sign."""
        return float(np.abs(self.weights).max())

    def by_direction(self, d: int) -> NDArray[np.float64]:
        """[d], a copy: kernels would be compiled once more for a view that may not be written to."""
        return np.broadcast_to(self.weights.reshape(-1), (d,)).copy()

    def definition(self) -> dict[str, Any]:
        """What a weights file must agree with."""
        sharing = SHARED if self.weights.ndim == 1 else DIRECTION
        return {"loops": ["plaquette"], "sharing": sharing, "masked": True}

    def turn(self, logs: NDArray[np.float64], U: Blocks, lattice: Lattice, weights: NDArray[np.float64]) -> None:
        """Turn all links in place; logs [2 d, half of the blocks or 0]: sums of log J over a block."""
        kernels.turn_layer(logs, U, lattice.neighbours, weights)

    def turn_back(self, failed: NDArray[np.uint8], U: Blocks, lattice: Lattice, weights: NDArray[np.float64]) -> None:
        """Undo :meth:`turn`; failed [2 d, half of the blocks]: where the iteration goes on."""
        kernels.turn_layer_back(failed, U, lattice.neighbours, weights)

    def pull(
        self,
        Sigma: Blocks,
        U: Blocks,
        before: Blocks,
        lattice: Lattice,
        weights: NDArray[np.float64],
        factor: float,
        learn: bool,
    ) -> NDArray[np.float64]:
        """Sigma of the links ``before`` from that of the links U behind, in place; U becomes ``before``.

        Returns the derivatives by the weights, of S + factor log J, which cost nothing here.
        """
        d, part = lattice.d, np.empty((2 * lattice.d, lattice.half))
        order = lattice.planes(U)
        kernels.pull_layer(part, Sigma, scratch(Sigma), U, before, lattice.neighbours, order, weights, factor)
        by_direction = part.reshape(d, -1).cumsum(axis=1)[:, -1]  # in a fixed order
        return by_direction.cumsum()[-1:] if self.weights.ndim == 1 else by_direction


@dataclass
class TransformationTape:
    """Input links of each layer, and the output of the last."""

    inputs: list[Blocks]
    output: Blocks


class FieldTransformation:
    """U = F(V), one to one, a LinkMap with a Jacobian.

    Parameters
    ----------
    lattice
        With even extents: links of both parities take turns.
    layers
        One for each layer: its constant weights, [1], the same for all directions, or [1, d]; or a LocalLayer.

    Raises
    ------
    InputError
        If an extent is odd, or there is no layer.
    """

    def __init__(self, lattice: Lattice, layers: Sequence[NDArray[np.float64] | LocalLayer]) -> None:
        if not lattice.has_parity:
            raise InputError("a field transformation needs even extents: links of even and odd sites take turns")
        if not layers:
            raise InputError("a field transformation needs a layer")
        self.lattice = lattice
        self.layers = [
            layer if isinstance(layer, LocalLayer) else MaskedLayer(np.array(layer, dtype=np.float64))
            for layer in layers
        ]
        self._note()

    @property
    def theta(self) -> NDArray[np.float64]:
        """All weights as one vector, layer by layer."""
        return np.concatenate([layer.weights.ravel() for layer in self.layers])

    @theta.setter
    def theta(self, values: NDArray[np.float64]) -> None:
        ends = np.cumsum([layer.weights.size for layer in self.layers])[:-1]
        parts = np.split(np.array(values, dtype=np.float64), ends)
        for layer, part in zip(self.layers, parts, strict=True):
            layer.weights = part.reshape(layer.weights.shape)
        self._note()

    def _note(self) -> None:
        """Largest weight and the weights by direction, which each force needs."""
        self._largest = float(np.array([layer.largest for layer in self.layers]).max())  # NaN if one is
        self._by_direction = [layer.by_direction(self.lattice.d) for layer in self.layers]

    def definition(self) -> list[dict[str, Any]]:
        """What a weights file must agree with, layer by layer."""
        return [layer.definition() for layer in self.layers]

    def forward(self, V: Blocks) -> tuple[Blocks, TransformationTape]:
        """U = F(V) and the tape."""
        return self._forward(V, None)

    def forward_with_jacobian(self, V: Blocks) -> tuple[Blocks, float]:
        """U = F(V) and log |det dU/dV|, by invariant vector fields of the group.

        Raises
        ------
        NumericalError
            As :meth:`forward`, if a weight is too large for the layer to be one to one.
        """
        logs: list[float] = []
        U, _tape = self._forward(V, logs)
        return U, math.fsum(logs)

    def _forward(self, V: Blocks, logs: list[float] | None) -> tuple[Blocks, TransformationTape]:
        self._check(V)
        with clock("transformation"):
            inputs, d = [], self.lattice.d
            part = np.empty((2 * d, 0 if logs is None else self.lattice.half))
            for layer, weights in zip(self.layers, self._by_direction, strict=True):
                inputs.append(V)
                U = scratch(V)
                copy(U, V)
                layer.turn(part, U, self.lattice, weights)
                if logs is not None:
                    logs.append(float(ordered_sum(part.ravel())))
                V = U
        return V, TransformationTape(inputs, V)

    def inverse(self, U: Blocks) -> Blocks:
        """V with F(V) = U, to rounding.

        Raises
        ------
        NumericalError
            As :meth:`forward`, or if an iteration does not converge (a link that is not a number).
        """
        self._check(U)
        with clock("transformation"):
            V, failed = scratch(U), np.empty((2 * self.lattice.d, self.lattice.half), dtype=np.uint8)
            copy(V, U)
            for layer, weights in zip(reversed(self.layers), reversed(self._by_direction), strict=True):
                layer.turn_back(failed, V, self.lattice, weights)
                if failed.any():
                    raise NumericalError("a field transformation could not be inverted: a link is not a number")
        return V

    def pullback(self, tape: TransformationTape, Sigma: Blocks) -> Blocks:
        """Sigma of the input links from Sigma' of the output links, without the Jacobian."""
        return self.pullback_all(tape, Sigma, 0.0, learn=False)[0]

    def add_pullback(self, total: Blocks, tape: TransformationTape, Sigma: Blocks) -> None:
        """total += the pullback."""
        add_multiple(total, self.pullback(tape, Sigma), 1.0)

    def pullback_weights(self, tape: TransformationTape, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback and dS/dtheta, without the Jacobian."""
        return self.pullback_all(tape, Sigma, 0.0)

    def pullback_all(
        self, tape: TransformationTape, Sigma: Blocks, factor: float, learn: bool = True
    ) -> tuple[Blocks, NDArray[np.float64]]:
        """Sigma of V and the derivatives by the weights, of S[F(V)] + factor log |det dU/dV|.

        Unless ``learn``, those by weights of a network within are 0.
        """
        with clock("transformation"):
            below, U, derivatives = scratch(Sigma), scratch(tape.output), []
            copy(below, Sigma)
            copy(U, tape.output)
            backward = zip(reversed(self.layers), reversed(self._by_direction), reversed(tape.inputs), strict=True)
            for layer, weights, before in backward:
                derivatives.append(layer.pull(below, U, before, self.lattice, weights, factor, learn))
        return below, np.concatenate(derivatives[::-1])

    def _check(self, U: Blocks) -> None:
        n, limit = colors(U), largest_weight(self.lattice.d)
        if n > MOST_COLORS:
            raise InputError(f"a field transformation of SU({n}) is not implemented: its Jacobian is, up to SU(3)")
        if not self._largest < limit:
            raise NumericalError(
                f"a weight of a field transformation is {self._largest:.4g}: layers are one to one below {limit:.4g}",
                hint="more layers with smaller weights; in a training, a smaller train.rate",
            )
