"""Energy densities from products of rolled arrays."""

from functools import reduce

import numpy as np
from reference.loops import planes, plaquette_sum
from reference.matrices import dagger, ta, trace


def product(*factors):
    return reduce(np.matmul, factors)


def field_strength(links, mu, nu):
    """F = (Q - Q^dag) / 8 without its trace (U(1) keeps it), Q the four plaquettes around each site."""
    a, b = links[mu], links[nu]
    down, left = np.roll(a, 1, nu), np.roll(b, 1, mu)
    a_left, b_down = np.roll(a, 1, mu), np.roll(b, 1, nu)
    leaves = (
        product(a, np.roll(b, -1, mu), dagger(np.roll(a, -1, nu)), dagger(b)),
        product(b, dagger(np.roll(a_left, -1, nu)), dagger(left), a_left),
        product(dagger(a_left), dagger(np.roll(left, 1, nu)), np.roll(a_left, 1, nu), b_down),
        product(dagger(b_down), down, np.roll(b_down, -1, mu), dagger(a)),
    )
    return ta(sum(leaves)) / 4.0


def clover_energy(links, which=None):
    """(1/V) sum_n sum_{mu<nu} -tr F^2 over ``which`` planes; half of it for U(1), where T = 1."""
    which = planes(len(links)) if which is None else which
    total = 0.0
    for mu, nu in which:
        F = field_strength(links, mu, nu)
        total -= trace(F @ F).real.mean()
    return total if links.shape[-1] > 1 else 0.5 * total


def plaquette_energy(links):
    """(1/V) sum over plaquettes of 2 Re tr(1 - P); half of it for U(1)."""
    n, d, volume = links.shape[-1], len(links), int(np.prod(links.shape[1:-2]))
    total = 2.0 * (n * d * (d - 1) / 2 - plaquette_sum(links, planes(d)) / volume)
    return total if n > 1 else 0.5 * total
