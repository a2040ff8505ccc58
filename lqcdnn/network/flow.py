"""The continuum limit of layers: the gradient flow dU/dt = TA(Omega) U of a layer's loops (a neural ODE).

A layer with weights rho is one Euler step of length rho; with plaquette weight 1 the flow is the Wilson flow, and t is
Luscher's flow time (arXiv:1006.4518).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from lqcdnn.config.tables.flows import FlowOptions
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT, plaquette_coefficient
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.kernels.flow import improve_force
from lqcdnn.kernels.layer import rotate_by_sum
from lqcdnn.kernels.links import largest_norm
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.lattice.pool import scratch
from lqcdnn.network.anisotropic import AnisotropicLayer
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.opentime import FixedLayer, OpenLayer
from lqcdnn.network.twisted import TwistedLayer

Stages = tuple[tuple[float, float], ...]

FLOW_SCHEMES: dict[str, Stages] = {
    "euler": ((0.0, 1.0),),
    "rk3": ((0.0, 1 / 4), (-17 / 9, 8 / 9), (-1.0, 3 / 4)),
}
"""(keep, share) of each stage: X_i = keep X_{i-1} + share Z_i, W_{i+1} = exp(X_i) W_i, Z_i = step * TA(Omega[W_i]).

"rk3": arXiv:1006.4518, eq. (C.2).
"""

SECOND_ORDER = (1 / 4, 9 / 4)
"""exp(X_0 / 4 + 9 X_1 / 4) = exp(-Z_0 + 2 Z_1), times W_0: the midpoint rule with the first stages of "rk3"
(arXiv:1301.4388, appendix D)."""

RECTANGLES = {**RECTANGLE_COEFFICIENT, "zeuthen": RECTANGLE_COEFFICIENT["symanzik"]}
"""c1 of the action whose gradient drives each kind of flow."""

SAFETY, LARGEST_GROWTH, SMALLEST_STEP = 0.95, 5.0, 1e-10
"""Of the adaptive step: target as a fraction of the tolerated error, factor between steps, when to give up."""


NOT_FINITE = "are the links finite?"


class Velocity(Protocol):
    """A covariant field Z_mu(n)[U] in the algebra: what a flow dU/dt = Z U follows."""

    lattice: Lattice

    def exponents(self, U: Blocks) -> Blocks:
        """Z_mu(n)."""

    def stage(self, U: Blocks, X: Blocks, keep: float, step: float) -> tuple[Blocks, Blocks]:
        """(exp(X') U, X') with X' = keep X + step Z (keep = 0: whatever X holds)."""


class ZeuthenVelocity:
    """(1 + D*_mu D_mu / 12) applied to the velocity of the Symanzik flow (Ramos and Sint, arXiv:1508.05552).

    Parameters
    ----------
    symanzik
        The layer of the Symanzik flow.
    """

    def __init__(self, symanzik: CovariantLayer) -> None:
        self._symanzik, self.lattice = symanzik, symanzik.lattice

    def exponents(self, U: Blocks) -> Blocks:
        """Z_mu(n)."""
        Z = scratch(U)
        improve_force(Z, self._symanzik.exponents(U), U, self.lattice.neighbours)
        return Z

    def stage(self, U: Blocks, X: Blocks, keep: float, step: float) -> tuple[Blocks, Blocks]:
        """(exp(X') U, X') with X' = keep X + step Z."""
        Z, out = self.exponents(U), scratch(U)
        rotate_by_sum(out, Z, X, keep, step, U)
        return out, Z


def velocity(lattice: Lattice, kind: str, anisotropy: float = 1.0) -> Velocity:
    """Velocity of a kind of flow, one of ``RECTANGLES``: minus the gradient of its action.

    Raises
    ------
    InputError
        A flow that is not defined where time is open, with a twist, or with an anisotropy.
    """
    c1 = RECTANGLES[kind]
    if anisotropy != 1.0:
        if kind == "zeuthen":
            raise InputError("the Zeuthen flow is not defined with an anisotropy")
        return AnisotropicLayer(lattice, c1, anisotropy)
    loops, weights = (("plaquette", "rectangle"), [plaquette_coefficient(c1), c1]) if c1 else (("plaquette",), [1.0])
    layer: CovariantLayer
    if lattice.open_time:
        if kind == "zeuthen":
            raise InputError("the Zeuthen flow is not defined at the ends of open time")
        layer = (OpenLayer if lattice.fixed is None else FixedLayer)(lattice, loops, np.array(weights))
    elif lattice.twist is None:
        layer = CovariantLayer(lattice, loops, weights=np.array(weights))
    else:
        layer = TwistedLayer(lattice, loops, np.array(weights))
    return ZeuthenVelocity(layer) if kind == "zeuthen" else layer


class GradientFlow:
    """dU/dt = TA(Omega[U]) U with the loops and weights of a layer, integrated on the group.

    Parameters
    ----------
    layer
        Gives TA(Omega), or any velocity; plaquette weight 1 alone is the Wilson flow.
    step
        Step of the flow time t, in units of the lattice spacing squared.
    scheme
        ``"rk3"`` (third order, Luscher) or ``"euler"`` (first order: each step is a layer with weights times step).

    Raises
    ------
    InputError
        For an unknown scheme or a step that is not positive.
    """

    def __init__(self, layer: Velocity, step: float, scheme: str = "rk3") -> None:
        if scheme not in FLOW_SCHEMES:
            raise InputError(f"unknown flow scheme {scheme!r}", hint="known: " + ", ".join(FLOW_SCHEMES))
        if not step > 0.0:
            raise InputError(f"the step of a flow is {step}, but must be above 0")
        self.layer, self.lattice = layer, layer.lattice
        self.step, self.scheme = step, scheme

    def forward(self, U: Blocks) -> Blocks:
        """Links after one step; U is left as it is."""
        return self._stages(U, self.step)[0]

    def states(self, U: Blocks, times: Iterable[float]) -> Iterator[Blocks]:
        """Links at increasing flow times, in equal steps of at most ``step`` between two of them."""
        now = 0.0
        for time in times:
            count = math.ceil((time - now) / self.step * (1.0 - 1e-12))
            for _ in range(count):
                U = self._stages(U, (time - now) / count)[0]
            now = time
            yield U

    def _stages(self, U: Blocks, step: float) -> tuple[Blocks, list[Blocks]]:
        """Links after one step, and the exponents X of the last two stages but one (of one stage: of that)."""
        W, X = U, [U]
        for keep, share in FLOW_SCHEMES[self.scheme]:
            W, new = self.layer.stage(W, X[-1], keep, share * step)
            X = [*X[-2:], new]
        return W, X[:-1]


class AdaptiveFlow(GradientFlow):
    """The third-order scheme with a step that follows an error estimate (Fritzsch and Ramos, arXiv:1301.4388).

    d is the largest |V - V'| / N^2 of a link, V of third and V' of second order. A step with d > ``tolerance`` is done
    again; the next is 0.95 (tolerance / d)^(1/3) times as long.

    Parameters
    ----------
    layer
        As for :class:`GradientFlow`.
    step
        The first step.
    tolerance
        Largest d of a step.
    """

    def __init__(self, layer: Velocity, step: float, tolerance: float) -> None:
        super().__init__(layer, step)
        self.tolerance = tolerance

    def states(self, U: Blocks, times: Iterable[float]) -> Iterator[Blocks]:
        """Links at increasing flow times.

        Raises
        ------
        NumericalError
            If no step is short enough: the links hold NaN.
        """
        now, proposed = 0.0, self.step
        for time in times:
            while time - now > 1e-12 * time:
                step = min(proposed, time - now)
                V, exponents = self._stages(U, step)
                d = self._distance(U, V, exponents)
                accepted, growth = d <= self.tolerance, SAFETY * (self.tolerance / max(d, 1e-300)) ** (1.0 / 3.0)
                following = step * min(growth, LARGEST_GROWTH)
                if not following > SMALLEST_STEP:
                    raise NumericalError(f"gradient flow: no step is short enough at t = {now:g}", NOT_FINITE)
                if accepted:
                    U, now = V, now + step
                    following = max(following, proposed) if step < proposed else following
                proposed = following
            now = time
            yield U

    def _distance(self, U: Blocks, V: Blocks, exponents: list[Blocks]) -> float:
        (first, second), difference = exponents, scratch(U)
        rotate_by_sum(difference, second, first, *SECOND_ORDER, U)
        difference["c"] -= V["c"]
        part = np.empty(self.lattice.blocks)
        largest_norm(part, difference)
        return math.sqrt(part.max()) / colors(U) ** 2


def gradient_flow(lattice: Lattice, options: FlowOptions) -> GradientFlow:
    """The flow that options of the input file describe."""
    force = velocity(lattice, options.kind, options.anisotropy or 1.0)
    if options.tolerance is None:
        return GradientFlow(force, options.step)
    return AdaptiveFlow(force, options.step, options.tolerance)
