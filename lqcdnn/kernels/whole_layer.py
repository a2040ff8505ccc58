"""Whole layers of plaquettes and Polyakov loops in one call: on small lattices a call from Python costs as much as a
small kernel.  Weights [2, d]: those of the plaquettes, those of the lines."""

from __future__ import annotations

from lqcdnn.kernels.compile import driver
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
from lqcdnn.kernels.plaquette_layer import add_far_derivatives, near_derivatives, near_staples
from lqcdnn.kernels.polyakov_layer import add_line_derivatives, add_line_staples


@driver
def rotate(out, Z, X, keep, step, C, far, U, nbr, weight, lines, ranges):
    """C, Z and ``out`` as :func:`rotate_by_staples` makes them, staples included."""
    near_staples(C, far, U, nbr, weight[0])
    add_line_staples(C, U, lines, ranges, weight[1])
    rotate_by_staples(out, Z, X, keep, step, C, far, U, nbr, weight[0])


@driver
def pull_back(Sigma, V, scaled, Sigma_out, C, far, U, nbr, weight, lines, ranges):
    """Sigma of the input links from that of the output links; V and ``scaled`` as :func:`pullback_exponential`."""
    pullback_exponential(Sigma, V, scaled, weight[0], Sigma_out, C, U)
    near_derivatives(Sigma, far, scaled, U, nbr)
    add_far_derivatives(Sigma, far, nbr)
    add_line_derivatives(Sigma, V, U, lines, ranges, weight[1])
