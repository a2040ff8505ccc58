"""Wick contractions of three quarks at two points (C. Gattringer, C. B. Lang, QCD on the Lattice, 2010, chapter 6).

For B = eps_abc (q_a^T Gamma q'_b) q_c and Bbar' = B'^dag gamma_t = eps_abc qbar_c (qbar'_b Gammabar' qbar_a^T),
Gammabar' = gamma_t Gamma'^dag gamma_t^T, with flavours q and q', G_gd = <B_g(x) Bbar'_d(0)> is T1 + T2,

T1 = eps_abc eps_ABC [Gamma S' Gammabar']_aA of colours bB  S_aA of colours aA  S_gd of colours cC,
T2 = -eps_abc eps_ABC [Gamma S' Gammabar']_aA of colours bB  S_ad of colours aC  S_gA of colours cA.

Of one flavour alone, q' = q, and symmetric Gamma, as C gamma_i is, it is 2 T1 + 4 T2: exchanging the two quarks in the
brackets of either point changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices

Matrix = NDArray[np.complex128]

COLOURS = 3
EPSILON = [(abc, (-1.0) ** sum(abc[i] > abc[j] for j in range(3) for i in range(j))) for abc in permutations(range(3))]
"""eps_abc where it is not zero."""


def charge_conjugation() -> Matrix:
    """C = gamma_t gamma_y with C gamma_mu C^-1 = -gamma_mu^T, in d = 4."""
    gamma = gamma_matrices(4)
    return np.asarray(gamma[3] @ gamma[1])


def parity_projector(sign: int) -> Matrix:
    """P = (1 + sign gamma_t)/2."""
    return np.asarray(0.5 * (np.eye(4) + sign * gamma_matrices(4)[3]))


def adjoint(Gamma: Matrix) -> Matrix:
    """Gammabar = gamma_t Gamma^dag gamma_t^T."""
    time = gamma_matrices(4)[3]
    return np.asarray(time @ Gamma.conj().T @ time.T)


def nucleon(S: Matrix, other: Matrix) -> Matrix:
    """G of (q^T C gamma_5 q') q, summed over sites: [g, d].

    Parameters
    ----------
    S, other
        Propagators of q and q' from the origin, [colour, spin, colour and spin of the source, site].
    """
    Gamma = charge_conjugation() @ gamma_5(4)
    T1, T2 = contractions(S, sandwiched(Gamma, other, Gamma))
    return T1 + T2


def delta(S: Matrix) -> Matrix:
    """sum_ij P_ij G_ji of Delta_i = (q^T C gamma_i q) q, summed over sites: [g, d].

    P_ij = delta_ij - gamma_i gamma_j/3 leaves spin 3/2 at zero momentum.
    """
    space, C = gamma_matrices(4)[:3], charge_conjugation()
    total = np.zeros((4, 4), dtype=np.complex128)
    for i, j in product(range(3), repeat=2):
        projector = (i == j) * np.eye(4) - space[i] @ space[j] / 3.0
        T1, T2 = contractions(S, sandwiched(C @ space[j], S, C @ space[i]))
        total += np.einsum("ab,bc->ac", projector, 2.0 * T1 + 4.0 * T2)
    return total


def sandwiched(Gamma: Matrix, S: Matrix, source: Matrix) -> Matrix:
    """Gamma S Gammabar' on the spins, for Gamma at the sink and Gamma' at the source."""
    left = np.einsum("xy,byBzs->bxBzs", Gamma, S)
    return np.asarray(np.einsum("bxBzs,zw->bxBws", left, adjoint(source)))


def contractions(S: Matrix, D: Matrix) -> tuple[Matrix, Matrix]:
    """T1 and T2 summed over sites, D the product [Gamma S' Gammabar'].

    The sums over colours run over the 36 products of two permutations, those over sites and spins in a fixed order.
    """
    T1, T2 = (np.zeros((4, 4), dtype=np.complex128) for _ in range(2))
    for c, C in product(range(COLOURS), repeat=2):
        pair, exchanged = _diquarks(S, D, c, C)
        T1 += np.einsum("s,gds->gd", pair, S[c, :, C])
        T2 -= np.einsum("gAs,Ads->gd", S[c, :, C], exchanged)
    return T1, T2


def _diquarks(S: Matrix, D: Matrix, c: int, C: int) -> tuple[Matrix, Matrix]:
    """What stands beside the quark with colours c and C: in T1, C is that of the last quark, in T2 of the first one."""
    pair = np.zeros(S.shape[-1], dtype=np.complex128)
    exchanged = np.zeros((4, 4, S.shape[-1]), dtype=np.complex128)
    for ((a, b, _), sign), ((A, B, _), other) in product(_with_last(c), _with_last(C)):
        pair += sign * other * np.einsum("xys,xys->s", S[a, :, A], D[b, :, B])
    for ((a, b, _), sign), ((_, B, last), other) in product(_with_last(c), _with_first(C)):
        exchanged += sign * other * np.einsum("xAs,xds->Ads", D[b, :, B], S[a, :, last])
    return pair, exchanged


def _with_last(c: int) -> Sequence[tuple[tuple[int, ...], float]]:
    return [one for one in EPSILON if one[0][2] == c]


def _with_first(a: int) -> Sequence[tuple[tuple[int, ...], float]]:
    return [one for one in EPSILON if one[0][0] == a]
