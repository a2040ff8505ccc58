"""The hops and the plaquette force as plain loops over complex128 arrays, in the way numba is usually written.

Arrays are [site, direction, n, n] and [site, n], sites in the order of ``lattice.coordinates``; tables [2 d, site].
"""

import numba
import numpy as np

from lqcdnn.kernels.simd.spin import gamma_matrices


@numba.njit
def staggered_hop(out, U, psi, signs, nbr, first, last):
    """out = D psi on sites first <= x < last; signs[mu, x] = eta times boundary sign."""
    d, n = U.shape[1], U.shape[2]
    for x in range(first, last):
        for a in range(n):
            out[x, a] = 0.0
        for mu in range(d):
            up, down = nbr[mu, x], nbr[d + mu, x]
            for a in range(n):
                total = 0.0j
                for b in range(n):
                    total += signs[mu, x] * U[x, mu, a, b] * psi[up, b]
                    total -= signs[mu, down] * np.conj(U[down, mu, b, a]) * psi[down, b]
                out[x, a] += 0.5 * total


@numba.njit
def wilson_hop(out, U, psi, plus, minus, nbr, kappa, first, last):
    """out = kappa H psi with matrices plus[mu] = 1 + gamma_mu, minus[mu] = 1 - gamma_mu; psi[x, color, spin]."""
    d, n, spins = U.shape[1], U.shape[2], psi.shape[2]
    for x in range(first, last):
        for a in range(n):
            for i in range(spins):
                out[x, a, i] = 0.0
        for mu in range(d):
            up, down = nbr[mu, x], nbr[d + mu, x]
            for a in range(n):
                for j in range(spins):
                    forward, backward = 0.0j, 0.0j
                    for b in range(n):
                        forward += U[x, mu, a, b] * psi[up, b, j]
                        backward += np.conj(U[down, mu, b, a]) * psi[down, b, j]
                    for i in range(spins):
                        out[x, a, i] += kappa * (minus[mu, i, j] * forward + plus[mu, i, j] * backward)


@numba.njit
def multiply(out, x, y):
    n = x.shape[0]
    for a in range(n):
        for b in range(n):
            total = 0.0j
            for c in range(n):
                total += x[a, c] * y[c, b]
            out[a, b] = total


@numba.njit
def multiply_conjugate(out, x, y):
    """out = x y^dag."""
    n = x.shape[0]
    for a in range(n):
        for b in range(n):
            total = 0.0j
            for c in range(n):
                total += x[a, c] * np.conj(y[b, c])
            out[a, b] = total


@numba.njit
def conjugate_multiply(out, x, y):
    """out = x^dag y."""
    n = x.shape[0]
    for a in range(n):
        for b in range(n):
            total = 0.0j
            for c in range(n):
                total += np.conj(x[c, a]) * y[c, b]
            out[a, b] = total


@numba.njit
def plaquette_gradient(Sigma, U, nbr, coefficient):
    """Sigma_mu(x) = coefficient C_mu(x)^dag, C the sum of both staples over nu."""
    d, n = U.shape[1], U.shape[2]
    C, s, t = np.zeros((n, n), np.complex128), np.zeros((n, n), np.complex128), np.zeros((n, n), np.complex128)
    for x in range(U.shape[0]):
        for mu in range(d):
            C[:] = 0.0
            ahead = nbr[mu, x]
            for nu in range(d):
                if nu != mu:
                    multiply_conjugate(s, U[nbr[nu, x], mu], U[ahead, nu])
                    multiply(t, U[x, nu], s)
                    C += t
                    down = nbr[d + nu, x]
                    multiply(s, U[down, mu], U[nbr[mu, down], nu])
                    conjugate_multiply(t, U[down, nu], s)
                    C += t
            for a in range(n):
                for b in range(n):
                    Sigma[x, mu, a, b] = coefficient * np.conj(C[b, a])


def projectors(d):
    """(1 + gamma_mu, 1 - gamma_mu), arrays [d, S, S]."""
    gamma = gamma_matrices(d)
    return np.eye(gamma.shape[1]) + gamma, np.eye(gamma.shape[1]) - gamma


def site_major(lattice, field):
    """Blocks [*lead, block] as complex [site, *lead, n, m], contiguous."""
    z = lattice.to_user(field)
    z = z.reshape(*field.shape[:-1], lattice.volume, *z.shape[-2:])[..., lattice._user, :, :]
    return np.ascontiguousarray(np.moveaxis(z, -3, 0))
