"""Distilled quarks by dense matrices: eigenvectors by numpy, Wick contractions as sums over permutations."""

import itertools

import numpy as np
from reference import smearing
from reference.wilson import gamma5, gammas


def eigenvectors(U, boundary, number):
    """Eigenvalues [t, k] and vectors [t, site of space and colour, k] of minus the covariant Laplacian of space."""
    space, T, n = U.shape[1:-3], U.shape[-3], U.shape[-1]
    sites = int(np.prod(space))
    D = smearing.quarks(U, boundary, 2.0, 1) - np.eye(sites * T * n)
    D = D.reshape(sites, T, n, sites, T, n)
    slices = [np.linalg.eigh(-D[:, t, :, :, t, :].reshape(sites * n, sites * n)) for t in range(T)]
    return np.array([w[:number] for w, _ in slices]), np.array([v[:, :number] for _, v in slices])


class Distilled:
    """Quarks between eigenvectors, of the links U, from a dense S over (site in lattice order, colour, spin)."""

    def __init__(self, S, U, boundary, number):
        self.space, self.T, self.d, n = U.shape[1:-3], U.shape[-3], U.ndim - 3, U.shape[-1]
        self.sites, self.number = int(np.prod(self.space)), number
        self.V = eigenvectors(U, boundary, number)[1].reshape(self.T, self.sites, n, number)
        shape = (self.sites, self.T, n, self.d)
        tau = np.einsum("txck,xtcaysdb,sydl->tskalb", self.V.conj(), S.reshape(*shape, *shape), self.V, optimize=True)
        self.tau = tau.reshape(self.T, self.T, number * self.d, number * self.d)  # [t, t0]
        self.places = np.array(list(np.ndindex(*self.space)))

    def operator(self, gamma, p, t, size=None):
        """Matrix between eigenvectors of qbar Gamma exp(-i p x) q, of the first of them."""
        wave = np.exp(-2j * np.pi * self.places @ (np.array(p) / self.space))
        phi = np.einsum("xck,x,xcl->kl", self.V[t].conj(), wave, self.V[t])
        few = np.arange(self.number) < (size or self.number)
        return np.kron(few[:, None] * phi * few, gamma)

    def barred(self, gamma, p, t, size=None):
        """The same of its adjoint."""
        time = gammas(self.d)[-1]
        bar = time @ gamma.conj().T @ time
        return self.operator(bar, [-k for k in p], t, size)

    def symmetries(self):
        """What exchanges of equal extents and reflections make of momenta, a function each."""
        axes = range(self.d - 1)
        return [
            lambda p, order=order, signs=signs: tuple(s * p[k] for s, k in zip(signs, order, strict=True))
            for order in itertools.permutations(axes)
            if all(self.space[order[i]] == self.space[i] for i in axes)
            for signs in itertools.product((1, -1), repeat=len(axes))
        ]

    def directions(self, p):
        """All momenta that these make of one."""
        return sorted({turn(p) for turn in self.symmetries()})

    def meson(self, gamma, p, dt, sizes=(None, None)):
        """C(dt) of operators with so many eigenvectors at sink and source."""
        found = []
        for q, t0 in itertools.product(self.directions(p), range(self.T)):
            t = (t0 + dt) % self.T
            X, Y = self.operator(gamma, q, t, sizes[0]), self.barred(gamma, q, t0, sizes[1])
            found.append(-np.trace(X @ self.tau[t, t0] @ Y @ self.tau[t0, t]))
        return np.mean(found) / self.sites

    def two_pions(self, p, q, dt):
        """<pi(p) pi(-p) at t, [pi(q) pi(-q)]^dag at t0>: quarks u and antiquarks d in all orders, with their signs."""
        g5, found = gamma5(self.d), []
        for one, other, t0 in itertools.product(self.directions(p), self.directions(q), range(self.T)):
            t = (t0 + dt) % self.T
            X = [self.operator(g5, [s * k for k in one], t) for s in (1, -1)]
            Y = [self.barred(g5, [s * k for k in other], t0) for s in (1, -1)]
            there, back = self.tau[t, t0], self.tau[t0, t]
            for u in itertools.permutations(range(2)):  # sink i takes its u from source u[i]
                for d in itertools.permutations(range(2)):  # source k takes its d from sink d[k]
                    sign = (-1) ** ((u != (0, 1)) + (d != (0, 1)))
                    if d[u[0]] == 0:
                        loops = [X[i] @ there @ Y[u[i]] @ back for i in range(2)]
                        found.append(sign * np.trace(loops[0]) * np.trace(loops[1]))
                    else:
                        found.append(sign * np.trace(X[0] @ there @ Y[u[0]] @ back @ X[1] @ there @ Y[u[1]] @ back))
        return 4 * np.mean(found) / self.sites**2
