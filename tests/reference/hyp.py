"""Hypercubic smearing as the paper writes it (hep-lat/0103029, eqs. 1 to 3): one function a level, no recursion.

Every product of three fields along a staple is written with rolled arrays; projections go through singular values.
"""

import numpy as np
from reference.matrices import dagger, polar_unitary


def both_staples(side, top, mu, nu):
    """side(n) top(n + nu) side(n + mu)^dag and the same in direction -nu."""
    product = side @ np.roll(top, -1, nu) @ dagger(np.roll(side, -1, mu))
    behind = dagger(side) @ top @ np.roll(side, -1, mu)
    return product + np.roll(behind, 1, nu)


def project(link, alpha, staples):
    """Of (1 - alpha) link + alpha (mean of the staples), two in each term of the list."""
    return polar_unitary((1.0 - alpha) * link + alpha / (2 * len(staples)) * sum(staples), link.shape[-1] > 1)


def plane(U, mu, nus, alpha):
    """V-bar_mu;...: thin staples in the directions ``nus`` that are left; eq. 3 where that is one."""
    return project(U[mu], alpha, [both_staples(U[nu], U[mu], mu, nu) for nu in nus])


def cube(U, directions, mu, alphas):
    """In a cube of three directions: sides and tops that have been smeared in the third direction alone; eq. 2."""
    found = []
    for rho in directions:
        if rho != mu:
            (eta,) = set(directions) - {mu, rho}
            side, top = plane(U, rho, [eta], alphas[1]), plane(U, mu, [eta], alphas[1])
            found.append(both_staples(side, top, mu, rho))
    return project(U[mu], alphas[0], found)


def hypercube(U, mu, alphas):
    """Eq. 1: V~_nu;mu has no staples along mu, V~_mu;nu none along nu."""
    found = []
    for nu in range(4):
        if nu != mu:
            side = cube(U, [k for k in range(4) if k != mu], nu, alphas[1:])
            top = cube(U, [k for k in range(4) if k != nu], mu, alphas[1:])
            found.append(both_staples(side, top, mu, nu))
    return project(U[mu], alphas[0], found)


def hyp(U, alphas, directions="all"):
    """Smeared links; ``alphas`` outermost first."""
    d, out = len(U), U.copy()
    for mu in range(d):
        if (directions == "time" and mu < d - 1) or (directions == "space" and mu == d - 1):
            continue
        inside = range(d - 1) if directions == "space" else range(d)
        if len(inside) == 4:
            out[mu] = hypercube(U, mu, alphas)
        elif len(inside) == 3:
            out[mu] = cube(U, inside, mu, alphas)
        else:
            out[mu] = plane(U, mu, [nu for nu in inside if nu != mu], alphas[0])
    return out
