"""Landau and Coulomb gauge in numpy: the functional, its maximum by another algorithm, propagators from their sums."""

import numpy as np
from reference.matrices import dagger, exponential, generators, polar_unitary, ta, trace


def transformed(z, G):
    """G(n) U_mu(n) G(n + mu)^dag of links [mu, x, ..., n, n]."""
    return np.array([G @ z[mu] @ dagger(np.roll(G, -1, axis=mu)) for mu in range(len(z))])


def functional(z, directions):
    """Mean Re tr U / N over the links of the first directions."""
    return float(np.mean([trace(z[mu]).real for mu in range(directions)])) / z.shape[-1]


def divergence(z, directions):
    """sum_mu [U_mu(n) - U_mu(n - mu) - h.c.], traceless for N > 1."""
    return 2.0 * ta(sum(z[mu] - np.roll(z[mu], 1, axis=mu) for mu in range(directions)))


def theta(z, directions):
    D = divergence(z, directions)
    return float(np.sum(np.abs(D) ** 2)) / (z.shape[-1] * np.prod(z.shape[1:-2]))


def local_step(w, omega):
    """The matrix a by which G(n) goes on, W = w; for N > 2 from the best of the subgroups one after the other."""
    n, total, before = len(w), np.eye(len(w), dtype=complex), w
    if n == 1:
        a = (1.0 - omega) + omega * w.conj() / abs(w)
        return a / abs(a)
    for i in range(n - 1):
        for j in range(i + 1, n):
            rows = np.ix_((i, j), (i, j))
            block = w[rows]
            q = 0.5 * (block + dagger(block)[::-1, ::-1].T * np.array([[1, -1], [-1, 1]]))
            q = q / np.sqrt(np.linalg.det(q).real)
            boost = omega if n == 2 else 1.0
            a = (1.0 - boost) * np.eye(2) + boost * dagger(q)
            step = np.eye(n, dtype=complex)
            step[rows] = a / np.sqrt(np.linalg.det(a).real)
            w, total = step @ w, step @ total
    if n == 2:
        return total
    unitary = polar_unitary((1.0 - omega) * np.eye(n) + omega * total, special=False)
    near = abs(np.linalg.det(unitary) - 1.0) < 1e-2
    farther = polar_unitary(unitary, special=True)
    return farther if near and trace(farther @ before).real >= trace(before).real else total


def sweep(z, G, directions, omega, colors):
    """A turn for every site, colour after colour; colors [x, ...] are numbers."""
    G = G.copy()
    for color in np.unique(colors):
        for x in zip(*np.nonzero(colors == color), strict=True):
            K = 0
            for mu in range(directions):
                ahead, behind = list(x), list(x)
                ahead[mu], behind[mu] = (x[mu] + 1) % z.shape[mu + 1], x[mu] - 1
                K = K + z[(mu, *x)] @ dagger(G[tuple(ahead)]) + dagger(z[(mu, *behind)]) @ dagger(G[tuple(behind)])
            G[x] = local_step(G[x] @ K, omega) @ G[x]
    return G


def ascended(z, directions, steps=200, alpha=0.08):
    """Links after steepest ascent with Fourier acceleration (C. T. H. Davies et al., Phys. Rev. D 37 (1988) 1581)."""
    axes = tuple(range(directions))
    shape = z.shape[1:-2]
    waves = np.meshgrid(*((2.0 * np.sin(np.pi * np.arange(n) / n)) ** 2 for n in shape), indexing="ij")
    squares = sum(waves[:directions])
    weight = 4.0 * directions / np.where(squares < 1e-9, 4.0 * directions, squares)
    for _ in range(steps):
        D = np.fft.ifftn(np.fft.fftn(divergence(z, directions), axes=axes) * weight[..., None, None], axes=axes)
        z = transformed(z, exponential(-0.5 * alpha * (D - dagger(D)) / 2.0))
    return z


def vector_fields(z):
    """A^a_mu(x) [mu, a, x, ...] from (U - U^dag)/2i without its trace = A^a T^a."""
    n = z.shape[-1]
    A, norm = ta(z) / 1j, 2.0 if n > 1 else 1.0
    return np.array([[norm * trace(T @ A[mu]).real for T in generators(n)] for mu in range(len(z))])


def propagator(z, momentum, directions, temporal=False):
    """D(p) of one momentum of the lattice of the first directions from the sum over sites, mean over the others."""
    shape = z.shape[1 : directions + 1]
    phase = np.ones(())
    for k, n in zip(momentum, shape, strict=True):
        phase = np.multiply.outer(phase, np.exp(-2j * np.pi * k * np.arange(n) / n))
    A = z[-1:].reshape(1, *z.shape[1:-2], -1) if temporal else vector_fields(z[:directions])
    A = np.moveaxis(A, -1, 1) if temporal else A
    phase = phase.reshape(*shape, *(1,) * (A.ndim - 2 - directions))
    sums = np.sum(A * phase, axis=tuple(range(2, 2 + directions)))
    generators_ = max(1, z.shape[-1] ** 2 - 1)
    found = np.sum(np.abs(sums) ** 2, axis=(0, 1)) / (np.prod(shape) * generators_)
    if temporal:
        return float(np.mean(found)) * (2.0 if z.shape[-1] > 1 else 1.0)
    return float(np.mean(found)) / (directions - 1 if any(momentum) else directions)


def faddeev_popov(z, directions):
    """The matrix M^ab(n, m) from derivatives of the divergence of links, [n, a, m, b]; n in lattice order.

    Of the divergence in components, A = A^a T^a; symmetric if the links are in the gauge.
    """
    n, shape = z.shape[-1], z.shape[1:-2]
    T, volume, norm = generators(n), int(np.prod(shape)), 2.0 if n > 1 else 1.0
    M = np.zeros((volume, len(T), volume, len(T)))
    for m, b in np.ndindex(volume, len(T)):
        omega = np.zeros((volume, n, n), dtype=complex)
        omega[m] = T[b]
        omega = omega.reshape(*shape, n, n)
        change = 0
        for mu in range(directions):
            X = omega @ z[mu] - z[mu] @ np.roll(omega, -1, axis=mu)
            dA = (X + dagger(X)) / 2.0
            change = change + dA - np.roll(dA, 1, axis=mu)
        M[:, :, m, b] = np.array([norm * trace(t @ change).real.ravel() for t in T]).T
    return M
