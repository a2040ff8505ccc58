"""Gradient flows of the links: ``[flow.NAME]``, and the keys they share with ``[observables.flow]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.keys import key
from lqcdnn.config.values import Number, Text

FLOW_KINDS = ("wilson", "symanzik", "zeuthen")
FLOW_INTEGRATORS = ("rk3", "adaptive")
MOST_STEPS = 10_000_000
"""Largest flow time, in steps: on small lattices hours of work."""


@dataclass(frozen=True, kw_only=True)
class FlowOptions:
    """Force and integrator of a flow."""

    kind: str = key(Text(FLOW_KINDS), "force: of the Wilson or Symanzik action, or the O(a^2)-improved one", "wilson")
    integrator: str = key(
        Text(FLOW_INTEGRATORS), "third-order Runge-Kutta with equal steps, or with steps from an error estimate", "rk3"
    )
    step: float = key(Number(above=0.0, maximum=0.15), "largest step of rk3, first step of adaptive", 0.02)
    tolerance: float | None = key(
        Number(minimum=1e-13, maximum=1e-2),
        "largest difference of third- and second-order links in a step",
        1e-5,
        when=("integrator", "adaptive"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfig(FlowOptions):
    """``[flow.NAME]``: links at a flow time, for observables with ``links = "NAME"``."""

    time: float = key(Number(above=0.0), "flow time in lattice units; the smoothing radius is sqrt(2 d time)")
