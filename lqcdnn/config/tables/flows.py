"""Gradient flows of the links: ``[flow.NAME]``, and the keys they share with ``[observables.flow]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import Number, Text
from lqcdnn.config.tables.gauge_actions import RECTANGLE_COEFFICIENT, plaquette_coefficient

FLOW_KINDS = (*RECTANGLE_COEFFICIENT, "zeuthen")
FLOW_INTEGRATORS = ("rk3", "adaptive")
MOST_STEPS = 10_000_000
"""Largest flow time, in steps: on small lattices hours of work."""
LARGEST_DECAY = 2.4
"""Of the rk3 integrator in a step; beyond 2.51 what decays grows."""


@dataclass(frozen=True, kw_only=True)
class FlowOptions:
    """Force and integrator of a flow."""

    kind: str = key(Text(FLOW_KINDS), "force: of a named gauge action, or the O(a^2)-improved one", "wilson")
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
    anisotropy: float | None = key(
        Number(above=0.0),
        "spacing of space in units of that of time; flow times in units of the former squared",
        None,
        derived="action.gauge.anisotropy, else 1",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfig(FlowOptions):
    """``[flow.NAME]``: links at a flow time, for observables with ``links = "NAME"``."""

    time: float = key(Number(above=0.0), "flow time in lattice units; the smoothing radius is sqrt(2 d time)")


def largest_step(kind: str, d: int, anisotropy: float = 1.0) -> float:
    """The largest step of rk3 with which no wave grows.

    The shortest waves, of momentum pi in every direction, decay the fastest: to first order with the rate
    4 (d - 1 + xi^2) (1 - 8 c1), the Zeuthen flow's operator 1 + D*_mu D_mu / 12 with 1 - 4 / 12 of that of the
    Symanzik flow.

    Parameters
    ----------
    kind
        One of ``FLOW_KINDS``.
    d
        Number of directions.
    anisotropy
        xi; waves in time count its square times.
    """
    zeuthen = kind == "zeuthen"
    rate = 4.0 * (d - 1 + anisotropy**2) * plaquette_coefficient(RECTANGLE_COEFFICIENT["symanzik" if zeuthen else kind])
    return LARGEST_DECAY / (rate * 2.0 / 3.0 if zeuthen else rate)
