"""Gauge actions and flow velocities of anisotropic lattices, loop by loop."""

import numpy as np
from reference.loops import plaquette_sum, trace, transport


def missing(U, mu, nu, long):
    """sum over sites of 1 - Re tr W/N, W with ``long`` links along mu and one along nu."""
    a, b = mu + 1, nu + 1
    W = transport(U, (a,) * long + (b,) + (-a,) * long + (-b,))
    return np.sum(1.0 - trace(W).real / U.shape[-1])


def wilson_type(U, beta, c1, xi):
    """beta [1/xi (planes of space) + xi (planes with time)] of c0 plaquettes and c1 rectangles, hep-lat/0301029."""
    d, total = len(U), 0.0
    for mu in range(d):
        for nu in range(d):
            weight = xi if d - 1 in (mu, nu) else 1.0 / xi
            if mu < nu:
                total += weight * (1.0 - 8.0 * c1) * missing(U, mu, nu, 1)
            if mu != nu and c1:
                total += weight * c1 * missing(U, mu, nu, 2)
    return beta * total


def improved_in_space(U, beta, xi, us=1.0, ut=1.0):
    """S_II of hep-lat/9704011."""
    space, t = range(len(U) - 1), len(U) - 1
    inside = [(i, j) for i in space for j in space if i != j]
    total = sum(5.0 / (3.0 * us**4) * missing(U, i, j, 1) for i, j in inside if i < j) / xi
    total -= sum(1.0 / (12.0 * us**6) * missing(U, i, j, 2) for i, j in inside) / xi
    total += xi * sum(4.0 / (3.0 * us**2 * ut**2) * missing(U, i, t, 1) for i in space)
    total -= xi * sum(1.0 / (12.0 * us**4 * ut**2) * missing(U, i, t, 2) for i in space)
    return beta * total


def plaquettes(U):
    """Means of Re tr P/N over planes without and with time."""
    d, sites = len(U), np.prod(U.shape[1:-2]) * U.shape[-1]
    of_space = [(mu, nu) for nu in range(d - 1) for mu in range(nu)]
    of_time = [(mu, d - 1) for mu in range(d - 1)]
    return [plaquette_sum(U, planes) / (sites * len(planes)) for planes in (of_space, of_time)]
