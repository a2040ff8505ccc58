"""Functions of small matrices, through eigenvectors and singular values."""

import numpy as np


def dagger(z):
    return z.conj().swapaxes(-1, -2)


def trace(z):
    return np.einsum("...ii->...", z)


def ta(z):
    """Antihermitian part; traceless for N > 1."""
    n, a = z.shape[-1], 0.5 * (z - dagger(z))
    return a - trace(a)[..., None, None] / n * np.eye(n) if n > 1 else a


def eigen(Q):
    """(lambda, V) with Q = V diag(i lambda) V^dag."""
    return np.linalg.eigh(-1j * Q)


def exponential(Q):
    """e^Q of antihermitian Q."""
    lam, V = eigen(Q)
    return np.einsum("...ik,...k,...jk->...ij", V, np.exp(1j * lam), V.conj())


def exponential_derivative(Q, M):
    """int_0^1 ds e^{(1-s)Q} M e^{sQ}: in the eigenbasis M_ij times the mean of e^{i((1-s) lambda_i + s lambda_j)}."""
    lam, V = eigen(Q)
    mean, half = 0.5 * (lam[..., :, None] + lam[..., None, :]), 0.5 * (lam[..., :, None] - lam[..., None, :])
    factor = np.exp(1j * mean) * np.sinc(half / np.pi)
    return V @ (factor * (dagger(V) @ M @ V)) @ dagger(V)


def polar_unitary(z, special):
    """Nearest unitary matrix by singular values; its determinant's phase taken off if ``special``."""
    left, _s, right = np.linalg.svd(z)
    u = left @ right
    if special:
        u = u * np.exp(-1j * np.angle(np.linalg.det(u)) / z.shape[-1])[..., None, None]
    return u


def generators(n):
    """T^a with tr T^a T^b = delta/2, from the definition: off-diagonal pairs in order, then the diagonal ones."""
    if n == 1:
        return np.ones((1, 1, 1), dtype=complex)
    found = []
    for i in range(n):
        for j in range(i + 1, n):
            E = np.zeros((n, n), dtype=complex)
            E[i, j] = 1.0
            found += [(E + E.T) / 2, (E - E.T) / 2j]
    for k in range(1, n):
        found.append(np.diag([1.0] * k + [-k] + [0.0] * (n - k - 1)) / np.sqrt(2 * k * (k + 1)))
    return np.array(found)


def extended(z):
    """Extended precision, where the machine has it."""
    return z.astype(np.clongdouble)


def matmul(a, b):
    """Matrix product in any precision (``@`` has no fast one for extended numbers)."""
    return (a[..., :, :, None] * b[..., None, :, :]).sum(axis=-2)


def precise_exponential(Q, halvings=12, terms=12):
    """e^Q by Taylor's series of Q / 2^halvings and squaring, in extended precision."""
    X = extended(Q) / 2**halvings
    one = np.eye(Q.shape[-1], dtype=X.dtype)
    E = np.broadcast_to(one, X.shape)
    for k in range(terms, 0, -1):
        E = one + matmul(X, E) / k
    for _ in range(halvings):
        E = matmul(E, E)
    return E


def precise_derivative(Q, M):
    """The integral of ``exponential_derivative`` as a block of exp [[Q, M], [0, Q]] (Van Loan 1978)."""
    n = Q.shape[-1]
    block = np.zeros((*Q.shape[:-2], 2 * n, 2 * n), dtype=complex)
    block[..., :n, :n] = block[..., n:, n:] = Q
    block[..., :n, n:] = M
    return precise_exponential(block)[..., :n, n:]
