"""Whole layers of plaquettes and Polyakov loops in one call: on small lattices a call from Python costs as much as a
small kernel."""

from __future__ import annotations

from lqcdnn.kernels.compile import device
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
from lqcdnn.kernels.plaquette_layer import add_far_derivatives, near_derivatives, near_staples
from lqcdnn.kernels.polyakov_layer import add_line_derivatives, add_line_staples


@device
def rotate(out, Z, X, keep, step, C, far, U, nbr, near, lines, start, extent, own, winding):
    """C, Z and ``out`` as :func:`rotate_by_staples` makes them, staples included."""
    near_staples(C, far, U, nbr, near)
    if start[-1]:
        add_line_staples(C, U, lines, start, extent, own, winding)
    rotate_by_staples(out, Z, X, keep, step, C, far, U, nbr, near)


@device
def pull_back(Sigma, V, scaled, near, Sigma_out, C, far, U, nbr, lines, start, extent, own, winding):
    """Sigma of the input links from that of the output links; V and ``scaled`` as :func:`pullback_exponential`."""
    pullback_exponential(Sigma, V, scaled, near, Sigma_out, C, U)
    near_derivatives(Sigma, far, scaled, U, nbr)
    add_far_derivatives(Sigma, far, nbr)
    if start[-1]:
        add_line_derivatives(Sigma, V, U, lines, start, extent, own, winding)
