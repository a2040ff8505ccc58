"""Matrices of SU(N) in higher representations, by their definitions."""

import numpy as np
from reference.matrices import generators


def adjoint(U):
    """2 tr(T^a U T^b U^dag)."""
    T = generators(U.shape[-1])
    return 2.0 * np.einsum("aij,...jk,bkl,...il->...ab", T, U, T, U.conj(), optimize=True)


def states(n, sign):
    """(e_i e_j + sign e_j e_i) / sqrt(2), i < j, then e_i e_i if the sign allows: [state, i, j]."""
    found, one = [], np.eye(n)
    for i in range(n):
        for j in range(i + 1, n):
            both = np.outer(one[i], one[j])
            found.append((both + sign * both.T) / np.sqrt(2.0))
    return np.array(found + [np.outer(e, e) for e in one if sign > 0])


def two_index(U, sign):
    """<e| U x U |e'>."""
    e = states(U.shape[-1], sign)
    return np.einsum("aij,...ik,...jl,bkl->...ab", e, U, U, e, optimize=True)


def represented(U, representation):
    """Matrices [..., n, n] in a representation."""
    if representation == "fundamental":
        return U
    return adjoint(U) if representation == "adjoint" else two_index(U, 1 if representation == "symmetric" else -1)


def algebra(representation, n):
    """Generators i dR/dt of exp(-i t T^a) at t = 0, by differences of fourth order: [a, dim, dim]."""
    from reference.matrices import exponential

    def at(t):
        return represented(exponential(1j * t * generators(n)), representation)

    h = 1e-3
    return -1j * (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h)
