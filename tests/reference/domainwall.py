"""The domain wall operator as a dense matrix over (s5, site in lattice order, colour, spin) (physics.md 3.3)."""

import numpy as np
from reference.staggered import parity

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def gammas(d):
    """gamma_mu and gamma_5 of the chiral basis: d = 4 with blocks -i sigma_k and 1, d = 2 sigma_1, sigma_2."""
    if d == 2:
        return SIGMA[:2], SIGMA[2]
    blocks = [*(-1j * SIGMA), np.eye(2)]
    zero = np.zeros((2, 2))
    return np.array([np.block([[zero, G], [G.conj().T, zero]]) for G in blocks]), np.diag([1, 1, -1, -1])


def wilson(U, boundary, mass):
    """D_W = d + mass - (1/2) sum of (1 - gamma) U delta_{n+mu} + (1 + gamma) U^dag delta_{n-mu}."""
    shape, n, d = U.shape[1:-2], U.shape[-1], len(U)
    gamma, volume = gammas(d)[0], int(np.prod(shape))
    site = np.arange(volume)
    D = np.zeros((volume, n * d, volume, n * d), dtype=complex)
    D[site, :, site, :] = (d + mass) * np.eye(n * d)
    for mu in range(d):
        ahead = np.roll(site.reshape(shape), -1, axis=mu).ravel()
        sign = np.where(np.indices(shape)[mu].ravel() == shape[mu] - 1, boundary[mu], 1)
        links = 0.5 * sign[:, None, None] * U[mu].reshape(volume, n, n)
        back = links.conj().swapaxes(1, 2)
        for target, source, V, spin in ((site, ahead, links, -gamma[mu]), (ahead, site, back, gamma[mu])):
            hop = np.einsum("kab,st->kasbt", V, np.eye(d) + spin)
            D[target, :, source, :] -= hop.reshape(volume, n * d, n * d)
    return D.reshape(volume * n * d, -1)


def step(L5, mass):
    """(L y)_s = y_{s+1}, y_{L5} = -m y_0."""
    L = np.eye(L5, k=1)
    L[-1, 0] += -mass
    return L


def dense(U, boundary, mass, M5, L5, b5=1.0, c5=0.0):
    """D_+ on the diagonal of the fifth dimension, D_- times the chiral steps beside it, -m times them at the walls."""
    W = wilson(U, boundary, -M5)
    d, one = len(U), np.eye(len(W))
    chirality = np.kron(np.eye(len(W) // d), gammas(d)[1])
    plus, minus = (one + chirality) / 2, (one - chirality) / 2
    L = step(L5, mass)
    Dp, Dm = b5 * W + one, c5 * W - one
    return np.kron(np.eye(L5), Dp) + np.kron(L, Dm @ minus) + np.kron(L.T, Dm @ plus)


def reflection(U, L5):
    """gamma_5 R_5."""
    d, size = len(U), int(np.prod(U.shape[1:-1])) * len(U)
    return np.kron(np.eye(L5)[::-1], np.kron(np.eye(size // d), gammas(d)[1]))


def schur(U, boundary, mass, M5, L5, b5=1.0, c5=0.0):
    """Mhat = 1 - T K_eo T K_oe on even sites, from the definitions of T, K and Lambda (docs/physics/domainwall.md)."""
    W, d = wilson(U, boundary, -M5), len(U)
    one = np.eye(len(W))
    chirality = np.kron(np.eye(len(W) // d), gammas(d)[1])
    L = step(L5, mass)
    Lambda = np.kron(L, (one - chirality) / 2) + np.kron(L.T, (one + chirality) / 2)
    every = np.eye(len(Lambda))
    A = b5 * every + c5 * Lambda
    T = A @ np.linalg.inv(every - Lambda + (d - M5) * A)
    TK, even = T @ np.kron(np.eye(L5), (d - M5) * one - W), even_sites(U, L5)
    return np.eye(even.sum()) - TK[np.ix_(even, ~even)] @ TK[np.ix_(~even, even)]


def even_sites(U, L5):
    """Which rows of the matrix belong to even sites."""
    return np.tile(np.repeat(parity(U.shape[1:-2]) == 0, U.shape[-1] * len(U)), L5)


def log_determinant_ratio(U, boundary, mass, *fifth):
    """log |det D(m)|^2 - log |det D(1)|^2."""
    light, heavy = (np.linalg.slogdet(dense(U, boundary, m, *fifth))[1] for m in (mass, 1.0))
    return 2.0 * (light - heavy)


def log_determinant_by_sign(U, boundary, mass, M5, L5, b5=1.0, c5=0.0):
    """The same without the fifth dimension: D(m) = (1 + m)/2 + (1 - m)/2 gamma5 tanh(L5 artanh H).

    H = (b5 + c5) gamma5 D_W / (2 + (b5 - c5) D_W) (Brower, Neff and Orginos, arXiv:1206.5214).
    """
    W = wilson(U, boundary, -M5)
    d, one = len(U), np.eye(len(W))
    chirality = np.kron(np.eye(len(W) // d), gammas(d)[1])
    values, V = np.linalg.eigh((b5 + c5) * chirality @ np.linalg.solve(2.0 * one + (b5 - c5) * W, W))
    up, down = (1.0 + values) ** L5, (1.0 - values) ** L5
    sign = (V * ((up - down) / (up + down))) @ V.conj().T
    return 2.0 * np.linalg.slogdet(0.5 * (1.0 + mass) * one + 0.5 * (1.0 - mass) * chirality @ sign)[1]


def walls(U, L5):
    """(Q, Qbar): q = P_- psi_0 + P_+ psi_{L5-1}; Qbar puts P_+ eta at s = 0 and P_- eta at s = L5 - 1."""
    d, size = len(U), int(np.prod(U.shape[1:-1])) * len(U)
    chirality = np.kron(np.eye(size // d), gammas(d)[1])
    plus, minus = (np.eye(size) + chirality) / 2, (np.eye(size) - chirality) / 2
    first, last = np.eye(L5)[:1], np.eye(L5)[-1:]
    return np.kron(first, minus) + np.kron(last, plus), np.kron(first.T, plus) + np.kron(last.T, minus)


def propagator(U, boundary, mass):
    """S = <q qbar> of a Moebius operator, M5 = 0.9, L5 = 4, b5 = 1.5, c5 = 0.5; c5 is in what Qbar is made of, too."""
    (Q, Qbar), W = walls(U, 4), wilson(U, boundary, -0.9)
    D = dense(U, boundary, mass, 0.9, 4, 1.5, 0.5)
    return Q @ np.linalg.solve(D, np.kron(np.eye(4), np.eye(len(W)) - 0.5 * W) @ Qbar)
