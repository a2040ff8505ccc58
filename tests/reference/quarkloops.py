"""Traces of time slices from dense propagators, and gamma_5 x 1 of staggered fields as a matrix."""

from itertools import permutations
from math import factorial

import numpy as np
from reference import staggered, wilson


def matrices(d):
    """Gamma by channel, components of a vector one by one."""
    gamma, g5, one = wilson.gammas(d), wilson.gamma5(d), np.eye(d)
    space, time = gamma[:-1], gamma[-1]
    return {
        "scalar": [one], "pseudoscalar": [g5], "vector": list(space), "axial": [g @ g5 for g in space],
        "axial_time": [time @ g5], "tensor": [g @ time for g in space],
    }  # fmt: skip


def loops(S, shape, gamma):
    """sum_x tr Gamma S(x, t; x, t), [t], of S over (site in lattice order, colour, spin)."""
    d, V = len(shape), int(np.prod(shape))
    blocks = np.einsum("xiaxib->xab", S.reshape(V, -1, d, V, len(S) // (V * d), d))
    return np.einsum("ab,xba->x", gamma, blocks).reshape(shape).sum(axis=tuple(range(d - 1)))


def disconnected(S, shape, gammas):
    """(1/V) sum_t0 tr Gamma S at t0 + t times tr Gammabar S at t0, mean over the matrices."""
    d, V, found = len(shape), int(np.prod(shape)), 0.0
    time = wilson.gammas(d)[-1]
    for gamma in gammas:
        at, bar = loops(S, shape, gamma), loops(S, shape, time @ gamma.conj().T @ time)
        found = found + np.array([(np.roll(at, -t) * bar).sum() for t in range(shape[-1])]) / (V * len(gammas))
    return found


def symmetric_hops(U, boundary, mu):
    """eta_mu (U_mu delta_{n+mu} + U_mu^dag delta_{n-mu}) / 2 as a matrix."""
    shape, n = U.shape[1:-2], U.shape[-1]
    number = {site: k for k, site in enumerate(staggered.sites(shape))}
    D = np.zeros((len(number), n, len(number), n), dtype=complex)
    for site, k in number.items():
        ahead = number[(*site[:mu], (site[mu] + 1) % shape[mu], *site[mu + 1 :])]
        hop = 0.5 * staggered.eta(site, mu) * (boundary[mu] if site[mu] == shape[mu] - 1 else 1) * U[(mu, *site)]
        D[k, :, ahead] += hop
        D[ahead, :, k] += hop.conj().T
    return D.reshape(len(number) * n, -1)


def staggered_gamma5(U, boundary):
    """Mean of Gamma_p1 ... Gamma_pd over all permutations, with their signs; times -i in d = 2."""
    d = len(U)
    hops = [symmetric_hops(U, boundary, mu) for mu in range(d)]
    total = 0.0
    for order in permutations(range(d)):
        product = np.eye(len(hops[0]))
        for mu in order:
            product = product @ hops[mu]
        total = total + np.linalg.det(np.eye(d)[list(order)]) * product / factorial(d)
    return -1j * total if d == 2 else total
