"""Whole layers of plaquettes and Polyakov loops, and networks of them, in one call: on small lattices a call from
Python costs as much as a small kernel.

Weights [layer, 2, d]: those of the plaquettes, those of the lines.  ``tape`` [layer, 2, d, block]: the links that each
layer makes, its staples C.
"""

from __future__ import annotations

from lqcdnn.kernels.compile import device
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
from lqcdnn.kernels.plaquette_layer import add_far_derivatives, near_derivatives, near_staples
from lqcdnn.kernels.polyakov_layer import add_line_derivatives, add_line_staples


@device
def rotate(out, Z, X, keep, step, C, far, U, nbr, weight, lines, ranges):
    """C, Z and ``out`` as :func:`rotate_by_staples` makes them, staples included; weights [2, d]."""
    near_staples(C, far, U, nbr, weight[0])
    add_line_staples(C, U, lines, ranges, weight[1])
    rotate_by_staples(out, Z, X, keep, step, C, far, U, nbr, weight[0])


@device
def pull_back(total, keep, Sigma, V, scaled, Sigma_out, C, far, U, nbr, weight, lines, ranges):
    """total = keep total + Sigma of the input links from that of the output links.

    With keep = 0, ``total`` may be Sigma, as Sigma_out may.  V and ``scaled``: see :func:`pullback_exponential`.
    """
    pullback_exponential(Sigma, V, scaled, weight[0], Sigma_out, C, U)
    near_derivatives(Sigma, far, scaled, U, nbr)
    add_line_derivatives(Sigma, V, U, lines, ranges, weight[1])
    add_far_derivatives(total, keep, Sigma, far, nbr)


@device
def rotate_all(tape, far, U, nbr, weight, lines, ranges):
    """The forward pass of a network; its links are tape[-1, 0]."""
    rotate(tape[0, 0], tape[0, 0], tape[0, 0], 0.0, 1.0, tape[0, 1], far, U, nbr, weight[0], lines, ranges)
    for k in range(1, tape.shape[0]):
        out, below = tape[k, 0], tape[k - 1, 0]
        rotate(out, out, out, 0.0, 1.0, tape[k, 1], far, below, nbr, weight[k], lines, ranges)


@device
def pull_back_all(total, keep, work, Sigma, tape, far, U, nbr, weight, lines, ranges):
    """total = keep total + Sigma of the input links of a network from that of its output links.

    ``work`` [3, d, block]; with keep = 0, ``total`` may be work[0].
    """
    S, V, scaled = work[0], work[1], work[2]
    if tape.shape[0] == 1:
        pull_back(total, keep, S, V, scaled, Sigma, tape[0, 1], far, U, nbr, weight[0], lines, ranges)
        return
    last = tape.shape[0] - 1
    pull_back(S, 0.0, S, V, scaled, Sigma, tape[last, 1], far, tape[last - 1, 0], nbr, weight[last], lines, ranges)
    for k in range(last - 1, 0, -1):
        pull_back(S, 0.0, S, V, scaled, S, tape[k, 1], far, tape[k - 1, 0], nbr, weight[k], lines, ranges)
    pull_back(total, keep, S, V, scaled, S, tape[0, 1], far, U, nbr, weight[0], lines, ranges)
