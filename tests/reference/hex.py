"""HEX smearing as the papers write it (hep-lat/0607006), one function a level; exponentials through eigenvectors."""

import numpy as np
from reference.hyp import both_staples
from reference.matrices import dagger, exponential, ta


def turned(link, alpha, staples):
    """exp(alpha (mean of the staples' TA)) link, two staples in each term of the list."""
    return exponential(alpha / (2 * len(staples)) * ta(sum(staples) @ dagger(link))) @ link


def plane(U, mu, nu, alpha):
    """V-bar_mu: staples of thin links in the direction nu alone."""
    return turned(U[mu], alpha[mu], [both_staples(U[nu], U[mu], mu, nu)])


def cube(U, directions, mu, alphas):
    """V~_mu in a cube of three directions: sides and tops were turned in the third direction alone."""
    found = []
    for rho in directions:
        if rho != mu:
            (eta,) = set(directions) - {mu, rho}
            found.append(both_staples(plane(U, rho, eta, alphas[1]), plane(U, mu, eta, alphas[1]), mu, rho))
    return turned(U[mu], alphas[0][mu], found)


def hypercube(U, mu, alphas):
    """V_mu: V~_nu;mu has no staples along mu, V~_mu;nu none along nu."""
    found = []
    for nu in range(4):
        if nu != mu:
            side = cube(U, [k for k in range(4) if k != mu], nu, alphas[1:])
            top = cube(U, [k for k in range(4) if k != nu], mu, alphas[1:])
            found.append(both_staples(side, top, mu, nu))
    return turned(U[mu], alphas[0][mu], found)


def smeared(U, alphas):
    """U'; alphas [level, mu], outermost first."""
    d = len(U)
    if d == 4:
        return np.array([hypercube(U, mu, alphas) for mu in range(4)])
    if d == 3:
        return np.array([cube(U, range(3), mu, alphas) for mu in range(3)])
    return np.array([plane(U, mu, 1 - mu, alphas[0]) for mu in range(2)])
