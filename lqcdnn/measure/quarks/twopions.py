"""Correlators of two pions of isospin 2 from perambulators: direct and crossed quark lines (physics.md 28.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.laplacian import adjoint, products
from lqcdnn.measure.quarks.momenta import Momentum, opposite
from lqcdnn.measure.quarks.perambulators import ComplexArray, Perambulators, as_matrices, sourced, turned

FloatArray = NDArray[np.float64]


def two_pions(
    made: Perambulators, tau: ComplexArray, t0: int, operators: Sequence[Sequence[Momentum]]
) -> FloatArray:
    """C_ij(t, t0) = <O_i(t) O_j(t0)^dag> of O_i = mean over p in operator i of pi(p) pi(-p): [i, j, t].

    pi(p, t) = dbar V V^dag exp(-i p x) gamma_5 V V^dag u. With A_pq = Phi_p(t) tau Phi_q(t0)^dag tau^dag, where
    gamma_5 tau^dag gamma_5 is the quark from t to t0, and pi(p) pi(q)^dag contracted to tr A_pq, the Wick contractions
    of pi(p) pi(-p) [pi(q) pi(-q)]^dag are

    |tr A_pq|^2 + |tr A_p,-q|^2 - 2 Re tr A_pq A_-p,-q,

    as A_-p,-q and A_pq have conjugate traces, and exchange of q and -q gives the conjugate of the last.

    Parameters
    ----------
    made, tau, t0
        Waves; perambulators from t0.
    operators
        Of each operator momenta p, one of p and -p.
    """
    extents = made.lattice.shape[:-1]
    every = list(dict.fromkeys(p for momenta in operators for one in momenta for p in (one, opposite(one, extents))))
    sinks = {p: as_matrices(turned(made.wave(p), tau) if any(p) else tau) for p in every}
    sources = {p: adjoint(as_matrices(sourced(tau, made.wave(p)[t0]) if any(p) else tau)) for p in every}
    found = np.zeros((len(operators), len(operators), len(tau)))
    for i, of_sink in enumerate(operators):
        for j, of_source in enumerate(operators):
            for p in of_sink:
                for q in of_source:
                    found[i, j] += _contracted(sinks, sources, p, q, extents)
            found[i, j] /= len(of_sink) * len(of_source)
    return found


def _contracted(
    sinks: dict[Momentum, ComplexArray],
    sources: dict[Momentum, ComplexArray],
    p: Momentum,
    q: Momentum,
    extents: Sequence[int],
) -> FloatArray:
    """The contractions of pi(p) pi(-p) and pi(q) pi(-q) at all times."""
    minus = opposite(p, extents), opposite(q, extents)
    A, B = products(sinks[p], sources[q]), products(sinks[minus[0]], sources[minus[1]])
    other = A if q == minus[1] else products(sinks[p], sources[minus[1]])
    direct = sum(part**2 for loops in (_traces(A), _traces(other)) for part in (loops.real, loops.imag))
    size = A.shape[1] ** 2
    rows, columns = A.reshape(-1, 1, size), np.ascontiguousarray(B.swapaxes(1, 2)).reshape(-1, size, 1)
    crossed = products(rows, columns)[:, 0, 0].real
    return np.asarray(direct - 2.0 * crossed)


def _traces(A: ComplexArray) -> ComplexArray:
    """tr A[t], added in order."""
    found: ComplexArray = np.diagonal(A, axis1=1, axis2=2).cumsum(axis=1)[:, -1]
    return found
