"""Propagators of photons as sums over all momenta, and mesons to second order in the charge by dense matrices."""

import numpy as np


def propagator(shape, gauge="feynman", zero_modes="QED_L"):
    """<A_mu(x) A_nu(y)>, [mu, site, nu, site], sites in lattice order."""
    d, sites = len(shape), np.array(list(np.ndindex(*shape)))
    found = np.zeros((d, len(sites), d, len(sites)), dtype=complex)
    for k in sites:
        p = 2.0 * np.pi * k / np.array(shape)
        hat = 2.0 * np.sin(p / 2.0)
        space, whole = (hat[:-1] ** 2).sum(), (hat**2).sum()
        if whole < 1e-12 or (zero_modes == "QED_L" and space < 1e-12):
            continue
        D = np.eye(d, dtype=complex) / whole
        if gauge == "coulomb":
            step = np.exp(1j * p[:-1]) - 1.0
            D[:-1, :-1] -= np.outer(step, step.conj()) / (space * whole)
            D[-1, -1] = 1.0 / space
        wave = np.exp(1j * sites @ p)
        found += np.einsum("mn,x,y->mxny", D, wave, wave.conj()) / len(sites)
    assert abs(found.imag).max() < 1e-12
    return found.real


def second_order(shape, hops, inverse, charges):
    """The coefficient of e^2 in <sum_x tr S_1(x, t; 0)^dag S_2(x, t; 0)>, S of free quarks in photon fields.

    Tadpoles, self-energies and the exchange between both, with the Feynman propagator: V[A] = dM/de and W[A] =
    (1/2) d^2M/de^2, contracted mode by mode.

    Parameters
    ----------
    hops
        hops(factors) [mu, x, ...]: the part of M, linear in the factors of links forward and their conjugates backward.
    inverse
        M^{-1} without photons, rows and columns of sites in lattice order and components.
    charges
        Those of S_1 and S_2.
    """
    d, V, T = len(shape), int(np.prod(shape)), shape[-1]
    values, modes = np.linalg.eigh(propagator(shape).reshape(d * V, -1))
    S, of_time, n = inverse, np.zeros(T), len(inverse) // V

    def contracted(left, right):
        products = (left.conj() * right).reshape(*shape, n, n).real
        return np.moveaxis(products, len(shape) - 1, 0).reshape(T, -1).sum(axis=1)

    for value, mode in zip(values, modes.T, strict=True):
        if value > 1e-12:
            A = np.sqrt(value) * mode.reshape(d, *shape)
            V1, W = hops(1j * A), hops(-0.5 * A * A + 0j)
            first, second = (-S @ V1 @ S)[:, :n], (S @ V1 @ S @ V1 @ S - S @ W @ S)[:, :n]
            q1, q2 = charges
            of_time += q2**2 * contracted(S[:, :n], second) + q1**2 * contracted(second, S[:, :n])
            of_time += q1 * q2 * contracted(first, first)
    return of_time
