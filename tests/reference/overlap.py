"""The overlap operator as a dense matrix, Zolotarev's poles by elliptic functions, and the free propagator."""

import math
from itertools import product

import numpy as np
from reference import wilson


def kernel(U, rho, boundary):
    """gamma_5 (D_W - rho) over (site in lattice order, colour, spin), times 2 kappa = 1 / (d - rho)."""
    d = len(U)
    M = wilson.matrix(U, 0.5 / (d - rho), boundary)
    return gamma5(len(M), d) @ M


def gamma5(rows, d):
    return np.kron(np.eye(rows // d), wilson.gamma5(d))


def dense(U, rho, boundary, mass=0.0):
    """D(m) with the sign by eigenvalues and vectors."""
    values, V = np.linalg.eigh(kernel(U, rho, boundary))
    sign = (V * np.sign(values)) @ V.conj().T
    D = rho * (np.eye(len(V)) + gamma5(len(V), len(U)) @ sign)
    return (1.0 - 0.5 * mass / rho) * D + mass * np.eye(len(V))


def index(U, rho, boundary):
    """n_- - n_+ = Tr sign(H_W) / 2, by counting eigenvalues."""
    return int(np.sign(np.linalg.eigvalsh(kernel(U, rho, boundary))).sum()) // 2


def propagator(D, rho, mass):
    """(1 - D / (2 rho)) D(m)^{-1} for the massless D."""
    one = np.eye(len(D))
    return (one - 0.5 * D / rho) @ np.linalg.inv((1.0 - 0.5 * mass / rho) * D + mass * one)


def free_momenta(shape, rho):
    """D(p) of free quarks for each momentum of a lattice that is antiperiodic in time: (p, spin matrix)."""
    d, g = len(shape), wilson.gammas(len(shape))
    for k in product(*(range(n) for n in shape)):
        p = [2.0 * np.pi * x / n for x, n in zip((*k[:-1], k[-1] + 0.5), shape, strict=True)]
        one = np.eye(d)
        W = (sum(1.0 - np.cos(q) for q in p) - rho) * one + 1j * sum(np.sin(q) * g[mu] for mu, q in enumerate(p))
        size = math.sqrt((W @ W.conj().T)[0, 0].real)
        yield p, rho * (one + W / size)


def free_pion(shape, rho, mass):
    """sum_x tr |S(x, t; 0)|^2 per colour from the sum over momenta."""
    d, V = len(shape), math.prod(shape)
    S = np.zeros((*shape, d, d), dtype=complex)
    grid = np.indices(shape)
    for p, D in free_momenta(shape, rho):
        wave = np.exp(1j * sum(q * n for q, n in zip(p, grid, strict=True)))
        S += wave[..., None, None] * propagator(D, rho, mass) / V
    return (np.abs(S) ** 2).sum(axis=(*range(d - 1), d, d + 1))


def zolotarev_poles(count, ratio):
    """b_i / lower of the best approximation of x^(-1/2) on [lower, ratio lower]: sc^2((2i - 1) K / (2 count + 1)).

    The parameter is 1 - 1/ratio; the amplitude by descending Landen transformations.
    """
    means = [(1.0, ratio**-0.5, math.sqrt(1.0 - 1.0 / ratio))]
    while means[-1][2] > 1e-16:
        a, b, _ = means[-1]
        means.append((0.5 * (a + b), math.sqrt(a * b), 0.5 * (a - b)))
    found = []
    for i in range(1, count + 1):
        angle = 2 ** (len(means) - 1) * 0.5 * math.pi * (2 * i - 1) / (2 * count + 1)
        for a, _, c in reversed(means[1:]):
            angle = 0.5 * (angle + math.asin(c / a * math.sin(angle)))
        found.append(math.tan(angle) ** 2)
    return found
