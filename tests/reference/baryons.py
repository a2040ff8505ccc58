"""Baryon correlators from all Wick contractions, spelled out with B^dag in place of Bbar."""

from itertools import permutations

import numpy as np
from reference import wilson

SPACE, TIME = wilson.gammas(4)[:3], wilson.gammas(4)[3]
CHARGE = wilson.gammas(4)[3] @ wilson.gammas(4)[1]
NUCLEON = CHARGE @ wilson.gamma5(4)
"""C gamma_5; C gamma_mu C^-1 = -gamma_mu^T."""


def epsilon():
    found = np.zeros((3, 3, 3))
    for abc in permutations(range(3)):
        found[abc] = np.linalg.det(np.eye(3)[list(abc)])
    return found


def correlator(S, flavours, sink, source, others=None):
    """<B_g(x) B'_d(0)^dag gamma_t>, [x, g, d], B = eps_abc (q1_a^T sink q2_b) q3_c, B' the same with source.

    S: propagators by flavour, [x, colour, spin, colour, spin]; flavours: those of q1, q2, q3, and ``others`` in B'.
    """
    others = others or flavours
    S = {name: np.einsum("xasbt,tu->xasbu", one, TIME) for name, one in S.items()}  # <q q^dag>
    ends, starts = (np.einsum("abc,ij->aibjc", epsilon(), one) for one in (sink, source.conj()))
    first, second, third = (S[name] for name in flavours)
    total = 0
    for order in permutations(range(3)):  # quark i begins as the quark order[i]
        if any(flavours[i] != others[k] for i, k in enumerate(order)):
            continue
        sign = np.linalg.det(np.eye(3)[list(order)])
        a, b, c = (["AI", "BJ", "CK"][k] for k in order)  # colour and spin
        pair = np.einsum(f"aibjc,xai{a},xbj{b}->xc{a}{b}", ends, first, second, optimize=True)
        total = total + sign * np.einsum(f"AIBJC,xc{a}{b},xck{c}->xkK", starts, pair, third, optimize=True)
    return total @ TIME


def nucleon(S):
    """Of (u^T C gamma_5 d) u."""
    return correlator({"u": S, "d": S}, "udu", NUCLEON, NUCLEON)


def delta(S):
    """Of Delta_i = (u^T C gamma_i u) u with spin 3/2."""
    return spin_three_halves(lambda sink, source: correlator({"u": S}, "uuu", sink, source))


OCTET = {
    "lambda": {"uds": 2 / 6**0.5, "usd": 1 / 6**0.5, "dsu": -1 / 6**0.5},
    "sigma": {"usu": 1.0},
    "xi": {"sus": 1.0},
}
"""Terms of the fields with C gamma_5: flavours of eps_abc (q1_a^T Gamma q2_b) q3_c and what it is multiplied by."""
DECUPLET = {
    "sigma_star": {"uus": 1 / 3**0.5, "usu": 2 / 3**0.5},
    "xi_star": {"ssu": 1 / 3**0.5, "sus": 2 / 3**0.5},
    "omega": {"sss": 1.0},
}
"""Those with C gamma_i."""


def strange(S, Z, name):
    """Of a baryon of light quarks u and d with propagator S and strange ones with Z, as of nucleon and Delta."""
    quarks = {"u": S, "d": S, "s": Z}

    def summed(terms, sink, source):
        pairs = [(a, b, x * y) for a, x in terms.items() for b, y in terms.items()]
        return sum(factor * correlator(quarks, a, sink, source, b) for a, b, factor in pairs)

    if name in OCTET:
        return summed(OCTET[name], NUCLEON, NUCLEON)
    return spin_three_halves(lambda sink, source: summed(DECUPLET[name], sink, source))


def spin_three_halves(correlator_of):
    """sum_ij P_ij <B_j Bbar_i>, P_ij = delta_ij - gamma_i gamma_j / 3."""
    total = 0.0
    for i, one in enumerate(SPACE):
        for j, other in enumerate(SPACE):
            P = (i == j) * np.eye(4) - one @ other / 3.0
            total = total + np.einsum("ab,xbc->xac", P, correlator_of(CHARGE @ other, CHARGE @ one))
    return total


def projected(G, shape, sign):
    """sum over space of Re tr (1 + sign gamma_t)/2 G, [t]."""
    times = np.array(wilson.sites(shape))[:, -1]
    return np.bincount(times, 0.5 * np.einsum("ab,xba->x", np.eye(4) + sign * TIME, G).real, shape[-1])
