"""Quarks of the Schroedinger functional as dense matrices on the slices 1 to T - 1, and their correlation functions.

Matrices are over (site of space and time between the fixed slices in lattice order, colour, spin), in the mass form.
"""

from itertools import combinations

import numpy as np
from reference import wilson
from reference.matrices import dagger


def matrix(U, mass, csw=0.0, theta=None, boundary=None, ct_tilde=1.0, exponential=False):
    """D + m + what ct_tilde adds, for links [mu, x, ..., t, i, j] of all slices.

    An exponential clover term multiplies m + d + what ct_tilde adds, and c_sw is over m + d in it.
    """
    d, n, last = len(U), U.shape[-1], U.shape[-3] - 1
    shape, g, one = U.shape[1:-2], wilson.gammas(d), np.eye(d)
    inner = [x for x in wilson.sites(shape) if 0 < x[-1] < last]
    number = {x: k for k, x in enumerate(inner)}
    F = {p: wilson.field_strength(U, *p) for p in combinations(range(d), 2)} if csw else {}
    D = np.zeros((len(inner), n, d, len(inner), n, d), dtype=complex)
    for x, k in number.items():
        beside = (x[-1] == 1) + (x[-1] == last - 1)
        number_here, term = mass + d + beside * (ct_tilde - 1.0), np.zeros((n * d, n * d), dtype=complex)
        for (mu, nu), F_p in F.items():
            sigma = 0.5j * (g[mu] @ g[nu] - g[nu] @ g[mu])
            term += 0.5j * csw * np.kron(F_p[x], sigma)
        if exponential:
            values, vectors = np.linalg.eigh(term / (mass + d))
            term = number_here * (vectors * np.exp(values)) @ dagger(vectors)
        else:
            term += number_here * np.eye(n * d)
        D[k, :, :, k] += term.reshape(n, d, n, d)
        for mu in range(d):
            y = list(x)
            y[mu] = x[mu] + 1 if mu == d - 1 else (x[mu] + 1) % shape[mu]
            phase = np.exp(1j * theta[mu] / shape[mu]) if theta else 1.0
            if boundary and mu < d - 1 and x[mu] == shape[mu] - 1:
                phase *= boundary[mu]
            if tuple(y) in number:
                there, link = number[tuple(y)], phase * U[(mu, *x)]
                D[k, :, :, there] -= 0.5 * np.einsum("ij,ab->iajb", link, one - g[mu])
                D[there, :, :, k] -= 0.5 * np.einsum("ij,ab->iajb", dagger(link), one + g[mu])
    return D.reshape(len(inner) * n * d, -1)


def even_rows(shape, n):
    """Which rows belong to even sites."""
    inner = [x for x in wilson.sites(shape) if 0 < x[-1] < shape[-1] - 1]
    return np.repeat([sum(x) % 2 == 0 for x in inner], n * len(shape))


def inside(psi):
    """The numbers of a spinor [x, ..., t, n, S] between the fixed slices, as the matrix takes them."""
    return psi[..., 1:-1, :, :].reshape(-1)


def classical_log_determinant(L, last, lower, upper, csw, theta, mass=0.0):
    """ln |det D| of quarks in four dimensions in the classical field, which is constant in space, momentum by momentum.

    A link of space at time t is exp(i a_t), a_t = phi(t) / L, every plaquette with time exp(-i (a_(t+1) - a_t)).
    """
    g, one = wilson.gammas(4), np.eye(4)
    space = np.stack(np.meshgrid(*(2.0 * np.pi * np.arange(L) / L,) * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    sigma = sum(0.5j * (g[k] @ g[3] - g[3] @ g[k]) for k in range(3))
    total = 0.0
    for a, b in zip(lower, upper, strict=True):
        D = np.zeros((len(space), last - 1, 4, last - 1, 4), dtype=complex)
        for t in range(1, last):
            q = space + theta / L + (a * (last - t) + b * t) / (last * L)
            D[:, t - 1, :, t - 1] += (mass + 4.0 - np.cos(q).sum(axis=1))[:, None, None] * one
            D[:, t - 1, :, t - 1] += 1j * np.einsum("pk,kab->pab", np.sin(q), g[:3])
            D[:, t - 1, :, t - 1] += 0.5 * csw * np.sin((b - a) / (last * L)) * sigma
            if t + 1 < last:
                D[:, t - 1, :, t] -= 0.5 * (one - g[3])
                D[:, t, :, t - 1] -= 0.5 * (one + g[3])
        total += np.linalg.slogdet(D.reshape(len(space), 4 * (last - 1), -1))[1].sum()
    return total


class Boundary:
    """Quarks from both boundaries of dense matrices D, and what is made of them; traces as in the papers."""

    def __init__(self, U, D, ct_tilde=1.0) -> None:
        self.d, self.n, self.V = len(U), U.shape[-1], int(np.prod(U.shape[1:-3]))
        self.slices, one, g = U.shape[-3] - 2, np.eye(self.d), wilson.gammas(self.d)
        self.g, self.g5 = g, wilson.gamma5(self.d)
        time = np.moveaxis(U[-1], -3, 0).reshape(self.slices + 2, self.V, self.n, self.n)
        self.time, self.plus, self.minus = time, (one + g[-1]) / 2, (one - g[-1]) / 2
        self.S = np.linalg.inv(D).reshape(self.V, self.slices, self.n, self.d, self.V, self.slices, self.n, self.d)
        first = dagger(time[0])
        self.H = ct_tilde * np.einsum("xtiaykb,ykj,bc->txiajc", self.S[:, :, :, :, :, 0], first, self.plus)
        self.upper = ct_tilde * np.einsum("xtiaykb,ykj,bc->txiajc", self.S[:, :, :, :, :, -1], time[-2], self.minus)
        last = dagger(time[-2])
        self.K = ct_tilde / self.V * np.einsum("xji,ab,xibkc->jakc", last, self.plus, self.H[-1])

    def bilinear(self, sink, source, upper=False):
        """(1/2) tr [sink H source g5 H^dag g5] by slices, mean over space."""
        H, g5 = self.upper if upper else self.H, self.g5
        M = np.einsum("ab,txibjc,cd->txiajd", sink, H, source @ g5)
        return 0.5 * np.einsum("txiajd,txibjd,ba->t", M, H.conj(), g5).real / self.V

    def f1(self):
        return 0.5 * (np.abs(self.K) ** 2).sum()

    def three_point(self, left, right):
        """(1/2) Re tr [g5 left^dag g5 right K^dag]: left and right spinors of all colours [site, i, a, j, c]."""
        g5 = self.g5
        M = np.einsum("ab,xicjb,cd,xidke->xjake", g5, left.conj(), g5, right)
        return 0.5 * np.einsum("xjake,jake->", M, self.K.conj()).real

    def local_current(self):
        return [
            self.three_point(self.upper[t], np.einsum("ab,xibjc->xiajc", self.g[-1], self.H[t])) / self.V
            for t in range(self.slices)
        ]

    def conserved_current(self):
        """From the slices 1, 2, ... to the next one: (1/2) [qbar (g_t - 1) U q(+t) + qbar(+t) (g_t + 1) U^dag q]."""
        found, one, gt = [], np.eye(self.d), self.g[-1]
        for t in range(self.slices - 1):
            U = self.time[t + 1]
            ahead = np.einsum("ab,xij,xjbkc->xiakc", 0.5 * (gt - one), U, self.H[t + 1])
            back = np.einsum("ab,xji,xjbkc->xiakc", 0.5 * (gt + one), U.conj(), self.H[t])
            found.append((self.three_point(self.upper[t], ahead) + self.three_point(self.upper[t + 1], back)) / self.V)
        return found
