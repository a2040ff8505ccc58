"""Topological charges written out, and fields whose charge is known."""

from itertools import permutations

import numpy as np
from reference.loops import planes, plaquette, transport
from reference.matrices import dagger, trace


def torus_angles(shape, fluxes):
    """Link angles [mu, x, ...] of constant plaquette angles 2 pi k / (L_mu L_nu), fluxes = {(mu, nu): k}."""
    n = np.indices(shape)
    angles = np.zeros((len(shape), *shape))
    for (mu, nu), k in fluxes.items():
        omega = 2.0 * np.pi * k / (shape[mu] * shape[nu])
        angles[nu] += omega * n[mu]
        angles[mu] -= np.where(n[mu] == shape[mu] - 1, omega * shape[mu] * n[nu], 0.0)
    return angles


def diagonal(angles, charges):
    """Links exp(i angle diag(charges))."""
    return np.exp(1j * angles[..., None, None] * np.array(charges)) * np.eye(len(charges))


def sign(permutation):
    """+1 for an even permutation, -1 for an odd one."""
    swaps = sum(a > b for i, a in enumerate(permutation) for b in permutation[i + 1 :])
    return -1 if swaps % 2 else 1


def leaves(U, mu, nu, sides, corners):
    """Mean over loops around a site in a plane, both orientations of the sides, divided by their area."""
    found = []
    for m, n in {sides, sides[::-1]}:
        for a, b in ((mu + 1, nu + 1), (nu + 1, -mu - 1), (-mu - 1, -nu - 1), (-nu - 1, mu + 1))[:corners]:
            found.append(transport(U, (a,) * m + (b,) * n + (-a,) * m + (-b,) * n))
    return sum(found) / (len(found) * sides[0] * sides[1])


def loop_charge(U, sides=(1, 1), corners=4):
    """The sum over sites of the density."""
    return loop_density(U, sides, corners).sum()


def loop_density(U, sides=(1, 1), corners=4):
    """-(1/32 pi^2) sum over all permutations of sign tr F_{mu nu} F_{rho sigma} [x, ...], F traceless for N > 1."""
    N, F = U.shape[-1], {}
    for mu, nu in planes(4):
        Q = leaves(U, mu, nu, sides, corners)
        antihermitian = 0.5 * (Q - dagger(Q))
        if N > 1:
            antihermitian = antihermitian - (trace(antihermitian) / N)[..., None, None] * np.eye(N)
        F[mu, nu], F[nu, mu] = antihermitian, -antihermitian
    total = sum(sign(p) * trace(F[p[:2]] @ F[p[2:]]) for p in permutations(range(4)))
    return -total.real / (32.0 * np.pi**2)


def angle_charge(U):
    """(1/2 pi) sum of the plaquette angles of two-dimensional U(1)."""
    return float(np.angle(plaquette(U, 0, 1)).sum() / (2.0 * np.pi))


def reflected(U, mu):
    """The field in a mirror: n_mu -> -n_mu."""
    out = np.empty_like(U)
    for nu in range(len(U)):
        out[nu] = np.roll(np.flip(U[nu], mu), 1, mu)
    out[mu] = dagger(np.flip(U[mu], mu))
    return out


def constant_charge(shape, fluxes, charges, loops):
    """What loops of a field of ``torus_angles`` give: m x n loops have the angle m n times that of the plaquette.

    ``loops`` = {(m, n): coefficient}.
    """
    total = 0.0
    for (m, n), coefficient in loops.items():
        f = {}
        for p in planes(4):
            omega = 2.0 * np.pi * fluxes.get(p, 0) / (shape[p[0]] * shape[p[1]])
            f[p] = np.sin(m * n * omega * np.array(charges)) / (m * n)
            if len(charges) > 1:
                f[p] = f[p] - f[p].mean()
        products = f[0, 1] @ f[2, 3] - f[0, 2] @ f[1, 3] + f[0, 3] @ f[1, 2]
        total += coefficient * np.prod(shape) * products / (4.0 * np.pi**2)
    return total
