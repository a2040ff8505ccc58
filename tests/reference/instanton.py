"""The gauge field of an instanton from its definition, and links as products of many short steps."""

import numpy as np
from reference.matrices import exponential

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def symbol(a, mu, nu, charge):
    """etabar^a_{mu nu} for charge 1, eta for -1: epsilon_{a i j}, and -delta_{a i} (+delta_{a i}) for nu = time."""
    if mu == nu:
        return 0.0
    if nu == 3:
        return -float(charge) * (a == mu)
    if mu == 3:
        return float(charge) * (a == nu)
    return float((mu - a) * (nu - a) * (nu - mu)) / 2.0  # epsilon of three numbers 0, 1, 2


def potential(x, shape, radius):
    """ln(1 + rho^2/X^2) at distance x from the centre."""
    X = np.array(shape) / np.pi * np.sin(np.pi * np.asarray(x) / np.array(shape))
    return np.log(1.0 + radius**2 / np.sum(X * X))


def field(x, mu, shape, radius, charge):
    """A_mu = -(i/2) sigma^a A^a_mu, A^a_mu = -etabar^a_{mu nu} d_nu ln(1 + rho^2/X^2), derivatives as differences."""
    total = np.zeros((2, 2), dtype=complex)
    for nu in range(4):
        h = 1e-5 * np.eye(4)[nu]
        slope = (potential(x + h, shape, radius) - potential(x - h, shape, radius)) / 2e-5
        for a in range(3):
            total += 0.5j * symbol(a, mu, nu, charge) * slope * SIGMA[a]
    return total


def link(x, mu, shape, radius, charge, steps=120):
    """The path-ordered product from x to x + mu."""
    U, step = np.eye(2, dtype=complex), np.eye(4)[mu] / steps
    for k in range(steps):
        U = U @ exponential(field(x + (k + 0.5) * step, mu, shape, radius, charge) / steps)
    return U
