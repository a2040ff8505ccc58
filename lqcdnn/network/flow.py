"""The continuum limit of layers: the gradient flow dU/dt = TA(Omega) U of a layer's loops (a neural ODE).

A layer with weights rho is one Euler step of length rho; with plaquette weight 1 the flow is the Wilson flow, and t is
Luscher's flow time (arXiv:1006.4518).
"""

from __future__ import annotations

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.kernels.layer import rotate_links
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.layer import CovariantLayer

Stages = tuple[tuple[float, ...], ...]

FLOW_SCHEMES: dict[str, Stages] = {
    "euler": ((1.0,),),
    "rk3": ((1 / 4,), (-17 / 36, 8 / 9), (17 / 36, -8 / 9, 3 / 4)),
}
"""W_{i+1} = exp(sum_j stages[i][j] Z_j) W_i with Z_j = step * TA(Omega[W_j]); "rk3": arXiv:1006.4518, eq. (C.2)."""


class GradientFlow:
    """dU/dt = TA(Omega[U]) U with the loops and weights of a layer, integrated on the group.

    Parameters
    ----------
    layer
        Gives TA(Omega); plaquette weight 1 alone is the Wilson flow.
    step
        Step of the flow time t, in units of the lattice spacing squared.
    scheme
        ``"rk3"`` (third order, Luscher) or ``"euler"`` (first order: each step is a layer with weights times step).

    Raises
    ------
    InputError
        For an unknown scheme or a step that is not positive.
    """

    def __init__(self, layer: CovariantLayer, step: float, scheme: str = "rk3") -> None:
        if scheme not in FLOW_SCHEMES:
            raise InputError(f"unknown flow scheme {scheme!r}", hint="known: " + ", ".join(FLOW_SCHEMES))
        if not step > 0.0:
            raise InputError(f"the step of a flow is {step}, but must be above 0")
        self.layer, self.lattice = layer, layer.lattice
        self.step, self.scheme = step, scheme

    def forward(self, U: Blocks) -> Blocks:
        """Links after one step; U is left as it is."""
        W, velocities = U, list[Blocks]()
        for coefficients in FLOW_SCHEMES[self.scheme]:
            velocities.append(self.layer.exponents(W))
            Z, out = np.zeros_like(U), np.zeros_like(U)
            for c, Q in zip(coefficients, velocities, strict=True):
                Z["c"] += (c * self.step) * Q["c"]
            rotate_links(out, Z, W)
            W = out
        return W

    def evolve(self, U: Blocks, steps: int) -> Blocks:
        """Links after flow time ``steps * step``."""
        for _ in range(steps):
            U = self.forward(U)
        return U
