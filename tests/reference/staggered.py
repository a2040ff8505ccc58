"""The staggered operator as explicit loops over sites and as a dense matrix (physics.md 3.1)."""

from itertools import product

import numpy as np
from reference.matrices import dagger


def sites(shape):
    return product(*(range(n) for n in shape))


def eta(site, mu):
    return (-1) ** sum(site[:mu])


def hop(U, psi, boundary):
    """D psi, site by site."""
    shape, out = U.shape[1:-2], np.zeros_like(psi)
    for n in sites(shape):
        for mu, length in enumerate(shape):
            ahead = (*n[:mu], (n[mu] + 1) % length, *n[mu + 1 :])
            behind = (*n[:mu], (n[mu] - 1) % length, *n[mu + 1 :])
            forward = boundary[mu] if n[mu] == length - 1 else 1
            backward = boundary[mu] if n[mu] == 0 else 1
            out[n] += 0.5 * eta(n, mu) * forward * (U[(mu, *n)] @ psi[ahead])
            out[n] -= 0.5 * eta(n, mu) * backward * (U[(mu, *behind)].conj().T @ psi[behind])
    return out


def dense_hop(U, boundary):
    """D as a matrix over (site in lattice order, colour)."""
    shape, n = U.shape[1:-2], U.shape[-1]
    number = {site: k for k, site in enumerate(sites(shape))}
    D = np.zeros((len(number), n, len(number), n), dtype=complex)
    for site, k in number.items():
        for mu, length in enumerate(shape):
            ahead = (*site[:mu], (site[mu] + 1) % length, *site[mu + 1 :])
            sign = 0.5 * eta(site, mu) * (boundary[mu] if site[mu] == length - 1 else 1)
            D[k, :, number[ahead], :] += sign * U[(mu, *site)]
            D[number[ahead], :, k, :] -= sign * U[(mu, *site)].conj().T
    return D.reshape(len(number) * n, -1)


def parity(shape):
    """0 on even, 1 on odd sites, in lattice order."""
    return np.array([sum(site) % 2 for site in sites(shape)])


def signs(shape, boundary):
    """eta_mu(n) with the boundary sign of the hop n -> n + mu: [mu, x, ...]."""
    out = np.empty((len(shape), *shape))
    for n in sites(shape):
        for mu, length in enumerate(shape):
            out[(mu, *n)] = eta(n, mu) * (boundary[mu] if n[mu] == length - 1 else 1)
    return out


def solve(U, b, mass, boundary):
    """(m^2 - D^2)^{-1} b by dense linear algebra."""
    D = dense_hop(U, boundary)
    x = np.linalg.solve(mass**2 * np.eye(len(D)) - D @ D, b.reshape(-1))
    return x.reshape(b.shape)


def conjugate_gradient_steps(U, b, mass, boundary, tolerance):
    """Steps Hestenes and Stiefel's iteration needs to |r| <= tolerance |b|, with a dense matrix."""
    D = dense_hop(U, boundary)
    A = mass**2 * np.eye(len(D)) - D @ D
    r = p = b.reshape(-1)
    rr, steps = np.vdot(r, r).real, 0
    target = tolerance**2 * rr
    while rr > target:
        Ap = A @ p
        r = r - rr / np.vdot(p, Ap).real * Ap
        new = np.vdot(r, r).real
        p, rr, steps = r + new / rr * p, new, steps + 1
    return steps


def action_gradient(U, phi, mass, boundary, side):
    """Sigma of phi^dag (m^2 - D^2)^{-1} phi for phi on one parity (``side``).

    dS = 2 Re X^dag dD Y with X = (m^2 - D^2)^{-1} phi and Y = D X.
    """
    shape = U.shape[1:-2]
    mask = (parity(shape) == side).reshape(*shape, 1, 1)
    X = solve(U, phi * mask, mass, boundary)
    Y, Sigma = hop(U, X, boundary), np.empty_like(U)
    for mu, sign in enumerate(signs(shape, boundary)):
        X_ahead, Y_ahead = np.roll(X, -1, mu), np.roll(Y, -1, mu)
        Sigma[mu] = sign[..., None, None] * (Y_ahead @ dagger(X) - X_ahead @ dagger(Y))
    return Sigma


def dense_hops(U, boundary):
    """D of many configurations as matrices, links [mu, x, ..., configuration, i, j]."""
    shape, (count, n) = U.shape[1:-3], U.shape[-3:-1]
    number = {site: k for k, site in enumerate(sites(shape))}
    D = np.zeros((count, len(number), n, len(number), n), dtype=complex)
    for site, k in number.items():
        for mu, length in enumerate(shape):
            j = number[(*site[:mu], (site[mu] + 1) % length, *site[mu + 1 :])]
            sign = 0.5 * eta(site, mu) * (boundary[mu] if site[mu] == length - 1 else 1)
            D[:, k, :, j] += sign * U[(mu, *site)]
            D[:, j, :, k] -= sign * dagger(U[(mu, *site)])
    return D.reshape(count, len(number) * n, -1)


def log_determinants(U, mass, boundary):
    """log det (m^2 - D_eo D_oe) on the even sites (one field), links [mu, x, ..., configuration, i, j]."""
    shape, n, D = U.shape[1:-3], U.shape[-1], dense_hops(U, boundary)
    even = np.repeat(parity(shape) == 0, n)
    hop_back = D[:, even][:, :, ~even] @ D[:, ~even][:, :, even]
    return np.linalg.slogdet(mass**2 * np.eye(even.sum()) - hop_back)[1]
