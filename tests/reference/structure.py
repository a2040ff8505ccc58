"""Currents with a derivative or a line of links as dense matrices over (site in lattice order, colour, spin)."""

import numpy as np
from reference import wilson


def step(U, mu, boundary):
    """(T psi)(n) = U_mu(n) psi(n + mu), over (site, colour): the hop of Wilson's matrix without its spin."""
    shape, n = U.shape[1:-2], U.shape[-1]
    site = np.arange(int(np.prod(shape)))
    ahead = np.roll(site.reshape(shape), -1, axis=mu).ravel()
    sign = np.where(np.indices(shape)[mu].ravel() == shape[mu] - 1, boundary[mu], 1)
    T = np.zeros((len(site), n, len(site), n), dtype=complex)
    T[site, :, ahead, :] = sign[:, None, None] * U[mu].reshape(-1, n, n)
    return T.reshape(len(site) * n, -1)


def on_slice(shape, n, t, momentum=()):
    """Mean of exp(i q x) and exp(-i q x) on a time slice, in units of 2 pi / L: diagonal over (site, colour)."""
    sites = np.array(wilson.sites(shape))
    q = np.array([2 * np.pi * k / L for k, L in zip(momentum, shape, strict=False)])
    return np.diag(np.repeat((sites[:, -1] == t) * np.cos(sites[:, : len(q)] @ q), n))


def derivative(U, boundary, terms, t, momentum=()):
    """Sum over (mu, Gamma) of qbar Gamma (1/2)(D-> - D<-)_mu q on a time slice."""
    P, total = on_slice(U.shape[1:-2], U.shape[-1], t, momentum), 0.0
    for mu, gamma in terms:
        T = step(U, mu, boundary)
        D = 0.5 * (T - T.conj().T)
        total = total + np.kron(0.5 * (P @ D - D.conj().T @ P), gamma)
    return total


def momentum_fraction(d):
    """-(gamma_t D_t - sum_k gamma_k D_k/(d - 1))."""
    g = wilson.gammas(d)
    return [(k, g[k] / (d - 1)) for k in range(d - 1)] + [(d - 1, -g[-1])]


def helicity_fraction(k):
    """i gamma_k gamma_5 D_t + i gamma_t gamma_5 D_k in d = 4."""
    g, g5 = wilson.gammas(4), wilson.gamma5(4)
    return [(3, 1j * g[k] @ g5), (k, 1j * g[3] @ g5)]


def line(U, boundary, k, z, gamma, t):
    """qbar(y + z e_k) Gamma W q(y) summed over a time slice."""
    T = step(U, k, boundary)
    W = np.linalg.matrix_power(T.conj().T if z > 0 else T, abs(z))
    return np.kron(W @ on_slice(U.shape[1:-2], U.shape[-1], t), gamma)
