"""Wick contractions of three quarks at two points (C. Gattringer, C. B. Lang, QCD on the Lattice, 2010, chapter 6).

For B = eps_abc (q_a^T Gamma q'_b) q_c and Bbar' = B'^dag gamma_t = eps_abc qbar_c (qbar'_b Gammabar' qbar_a^T),
Gammabar' = gamma_t Gamma'^dag gamma_t^T, with flavours q and q', G_gd = <B_g(x) Bbar'_d(0)> is T1 + T2,

T1 = eps_abc eps_ABC [Gamma S' Gammabar']_aA of colours bB  S_aA of colours aA  S_gd of colours cC,
T2 = -eps_abc eps_ABC [Gamma S' Gammabar']_aA of colours bB  S_ad of colours aC  S_gA of colours cA.

Of one flavour alone, q' = q, and symmetric Gamma, as C gamma_i is, it is 2 T1 + 4 T2: exchanging the two quarks in the
brackets of either point changes nothing.

With flavours u = d and s all G are sums of T1 and T2 with other quarks in them, T1_fgh and T2_fgh: f is the first quark
of the sink, of colour a, g that in the brackets with Gamma, h the last one of the sink, of colour c. The fields are

Lambda = [2 (u^T Gamma d) s + (u^T Gamma s) d - (d^T Gamma s) u] / sqrt(6),
Sigma = (u^T Gamma s) u,  Xi = (s^T Gamma u) s

with Gamma = C gamma_5 (D. B. Leinweber, R. M. Woloshyn, T. Draper, Phys. Rev. D 43 (1991) 1659), and with C gamma_i

Sigma* = [(u^T Gamma u) s + 2 (u^T Gamma s) u] / sqrt(3),  Xi* = [(s^T Gamma s) u + 2 (s^T Gamma u) s] / sqrt(3),

Omega = (s^T Gamma s) s (the same, Phys. Rev. D 46 (1992) 3067). C gamma_5 is antisymmetric, so that (q^T Gamma q') with
its colours changes its sign with its quarks exchanged, and the second quark of one term can be put in the place of that
of another. All have the norm of nucleon and Delta: with equal masses G is that of nucleon or Delta on every
configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations, product

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
    ((T1, T2),) = contractions(S, sandwiched(Gamma, other, Gamma), S)
    return T1 + T2


def delta(S: Matrix) -> Matrix:
    """G of Delta_i = (q^T C gamma_i q) q with spin 3/2, summed over sites: [g, d] (see :func:`spin_three_halves`)."""
    (found,) = spin_three_halves(lambda pairs: [of_one_flavour(*contractions(S, pairs["u"], S)[0])], {"u": S})
    return found


def octet(S: Matrix, strange: Matrix) -> dict[str, Matrix]:
    """G of Lambda, Sigma and Xi of light and strange quarks: [g, d] by name (parameters as of :func:`nucleon`)."""
    Gamma, quarks = charge_conjugation() @ gamma_5(4), {"u": S, "s": strange}
    T1, T2 = by_flavours(quarks, {name: sandwiched(Gamma, one, Gamma) for name, one in quarks.items()})
    mixed = 4.0 * (T1["uus"] + T2["uus"] + T2["suu"])
    return {
        "lambda": (mixed + 2.0 * T1["usu"] - 2.0 * T2["usu"]) / 6.0,
        "sigma": T1["usu"] + T2["usu"],
        "xi": T1["sus"] + T2["sus"],
    }


def decuplet(S: Matrix, strange: Matrix) -> dict[str, Matrix]:
    """G of Sigma*, Xi* and Omega with spin 3/2: [g, d] by name (parameters as of :func:`nucleon`)."""
    quarks = {"u": S, "s": strange}

    def of_pairs(pairs: dict[str, Matrix]) -> list[Matrix]:
        T1, T2 = by_flavours(quarks, pairs)
        two = [
            (2.0 * T1[f + f + h] + 4.0 * (T1[f + h + f] + T2[f + h + f] + T2[f + f + h] + T2[h + f + f])) / 3.0
            for f, h in ("us", "su")
        ]
        return [*two, of_one_flavour(T1["sss"], T2["sss"])]

    found = spin_three_halves(of_pairs, quarks)
    return dict(zip(("sigma_star", "xi_star", "omega"), found, strict=True))


def of_one_flavour(T1: Matrix, T2: Matrix) -> Matrix:
    """G of (q^T Gamma q) q with symmetric Gamma."""
    return 2.0 * T1 + 4.0 * T2


def spin_three_halves(G: Callable[[dict[str, Matrix]], list[Matrix]], quarks: dict[str, Matrix]) -> list[Matrix]:
    """sum_ij P_ij G_ji of fields with C gamma_i; P_ij = delta_ij - gamma_i gamma_j/3 is spin 3/2 at zero momentum.

    G is linear in D_ji = [C gamma_j S Gammabar_i], and gamma_i gamma_j is 1 or antisymmetric: what is added is
    2/3 sum_i D_ii and, times -gamma_i gamma_j/3 for i < j, D_ji - D_ij.

    Parameters
    ----------
    G
        Several of them, [g, d] each, from the brackets D of each flavour.
    quarks
        Propagators of these flavours.
    """
    space, C = gamma_matrices(4)[:3], charge_conjugation()

    def bracket(S: Matrix, j: int, i: int) -> Matrix:
        return sandwiched(C @ space[j], S, C @ space[i])

    total = G({q: 2.0 / 3.0 * np.add.reduce([bracket(S, i, i) for i in range(3)]) for q, S in quarks.items()})
    for i, j in combinations(range(3), 2):
        found = G({q: bracket(S, j, i) - bracket(S, i, j) for q, S in quarks.items()})
        turn = space[i] @ space[j] / -3.0
        total = [old + np.einsum("ab,bc->ac", turn, new) for old, new in zip(total, found, strict=True)]
    return total


def sandwiched(Gamma: Matrix, S: Matrix, source: Matrix) -> Matrix:
    """Gamma S Gammabar' on the spins, for Gamma at the sink and Gamma' at the source: they have one entry in a row."""
    found, after = np.zeros_like(S), adjoint(source)
    for (x, y), (z, w) in product(np.argwhere(Gamma), np.argwhere(after)):
        found[:, x, :, w] += (Gamma[x, y] * after[z, w]) * S[:, y, :, z]
    return found


def by_flavours(quarks: dict[str, Matrix], pairs: dict[str, Matrix]) -> tuple[dict[str, Matrix], dict[str, Matrix]]:
    """T1_fgh and T2_fgh of all flavours, by their letters."""
    T1, T2 = dict[str, Matrix](), dict[str, Matrix]()
    for f, g in product(quarks, pairs):
        found = contractions(quarks[f], pairs[g], *quarks.values())
        for h, (one, other) in zip(quarks, found, strict=True):
            T1[f + g + h], T2[f + g + h] = one, other
    return T1, T2


def contractions(first: Matrix, D: Matrix, *last: Matrix) -> list[tuple[Matrix, Matrix]]:
    """T1 and T2 summed over sites, of each of the last quarks; D the product [Gamma S' Gammabar'].

    The sums over colours run over the 36 products of two permutations, those over sites and spins in a fixed order.
    """
    found = [(np.zeros((4, 4), dtype=np.complex128), np.zeros((4, 4), dtype=np.complex128)) for _ in last]
    for c, C in product(range(COLOURS), repeat=2):
        pair, exchanged = _diquarks(first, D, c, C)
        for (T1, T2), S in zip(found, last, strict=True):
            T1 += np.einsum("s,gds->gd", pair, S[c, :, C])
            T2 -= np.einsum("gAs,Ads->gd", S[c, :, C], exchanged)
    return found


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
