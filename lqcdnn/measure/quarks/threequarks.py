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

All T1 and T2 follow from the products

R_gAvz = sum over sites and colours of [S_h]_gA of colours cC  Z_vz of the same,
Z_vz = eps_abc eps_ABC [Gamma S_g]_xv of colours bB  [S_f]_xz of colours aA, summed over x:

T1_gd = R_gdvz Gammabar'_vz and T2_gd = R_gAvd Gammabar'_vA, for whatever matrix at the source. With Gamma^T = +-Gamma
exchanging f and g is exchanging v and z, with the same sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.contractions import diquarks
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.timesums import Wave, in_pairs, time_sums, weighted

Matrix = NDArray[np.complex128]

COLOURS, SPINS = 3, 4


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


class Propagator:
    """S of a quark from one source, and S^*, as kernels read them: pairs of spins of the source side by side.

    Parameters
    ----------
    lattice
        Where it is.
    columns
        Spinor fields for each colour and, running faster, each spin of the source.
    """

    def __init__(self, lattice: Lattice, columns: Sequence[Blocks]) -> None:
        self.lattice, width = lattice, lattice.width
        self.plain, self.conjugate = (
            aligned_zeros((lattice.blocks, COLOURS, COLOURS, SPINS, SPINS // 2), field_dtype(1, 2, width))
            for _ in range(2)
        )
        numbers, others = (one["c"].reshape(-1, 3, 3, 4, 4, 2, width) for one in (self.plain, self.conjugate))
        for k, column in enumerate(columns):
            numbers[:, :, k // SPINS, :, k % SPINS] = column["c"]
        np.multiply(numbers, [[1.0], [-1.0]], out=others)


class ThreeQuarks:
    """The products R of quarks with the same source, by their letters.

    Parameters
    ----------
    quarks
        Propagators: "u", and "s" where baryons have strange quarks.
    """

    def __init__(self, quarks: dict[str, Propagator]) -> None:
        self._quarks, self._lattice = quarks, quarks["u"].lattice
        shape = self._lattice.blocks, COLOURS, COLOURS, SPINS // 2, SPINS // 2
        self._room = aligned_zeros(shape, field_dtype(2, 2, self._lattice.width))

    def products(self, Gamma: Matrix, pair: str, last: str, waves: Sequence[Wave] = (None,)) -> list[Matrix]:
        """R_fgh of the matrix at the sink for f and g of the pair and each h, then each wave: [t, g, A, v, z].

        Parameters
        ----------
        Gamma
            One entry in each row, all of them real or all imaginary.
        pair, last
            Letters.
        waves
            Weights of the sites of space in the sum.
        """
        f, g = (self._quarks[letter] for letter in pair)
        rows, Z = abs(Gamma).argmax(axis=1), self._room
        entries = Gamma[np.arange(SPINS), rows]
        signs = np.ascontiguousarray((entries / entries[0]).real)
        diquarks(Z, g.conjugate, f.plain, rows, signs)
        Y = in_pairs(Z["c"].reshape(len(Z), COLOURS**2, SPINS**2, 2, -1))
        found = []
        for letter in last:
            for wave in waves:
                X = weighted(self._lattice, self._quarks[letter].conjugate, None if wave is None else wave.conj())
                R = time_sums(self._lattice, [(X.reshape(len(Z), COLOURS**2, -1), Y)])
                R = R.reshape(-1, SPINS, SPINS, 2, 2, 2, 2).swapaxes(4, 5)  # v and z from pairs of both
                found.append(entries[0] * R.reshape(-1, *(SPINS,) * 4))
        return found


def first_term(R: Matrix, source: Matrix) -> Matrix:
    """T1 of R with Gamma' at the source, [t, g, d]."""
    return np.asarray(np.einsum("tgdvz,vz->tgd", R, adjoint(source)))


def second_term(R: Matrix, source: Matrix) -> Matrix:
    """T2 of R with Gamma' at the source, [t, g, d]."""
    return np.asarray(np.einsum("tgAvd,vA->tgd", R, adjoint(source)))


def exchanged(R: Matrix) -> Matrix:
    """R of symmetric Gamma with the quarks f and g exchanged; of an antisymmetric one -R."""
    return R.swapaxes(3, 4)


def nucleon(quarks: ThreeQuarks, waves: Sequence[Wave] = (None,)) -> list[Matrix]:
    """G of (u^T C gamma_5 d) u with d = u, summed over space with each of the weights: [t, g, d]."""
    Gamma = charge_conjugation() @ gamma_5(4)
    return [first_term(R, Gamma) + second_term(R, Gamma) for R in quarks.products(Gamma, "uu", "u", waves)]


def delta(quarks: ThreeQuarks) -> Matrix:
    """G of Delta_i = (u^T C gamma_i u) u with spin 3/2, summed over space: [t, g, d] (see :func:`spin_sinks`)."""
    total: Matrix = np.zeros((4, 4), dtype=np.complex128)
    for Gamma, sources in spin_sinks():
        (R,) = quarks.products(Gamma, "uu", "u")
        for turn, source in sources:
            total = total + turned(turn, of_one_flavour(R, source))
    return total


def octet(quarks: ThreeQuarks) -> dict[str, Matrix]:
    """G of Lambda, Sigma and Xi of light and strange quarks: [t, g, d] by name."""
    Gamma = charge_conjugation() @ gamma_5(4)
    (uus,), (usu, uss) = quarks.products(Gamma, "uu", "s"), quarks.products(Gamma, "us", "us")
    suu, sus = -exchanged(usu), -exchanged(uss)
    one, other = first_term(usu, Gamma), second_term(usu, Gamma)
    mixed = 4.0 * (first_term(uus, Gamma) + second_term(uus, Gamma) + second_term(suu, Gamma))
    return {
        "lambda": (mixed + 2.0 * one - 2.0 * other) / 6.0,
        "sigma": one + other,
        "xi": first_term(sus, Gamma) + second_term(sus, Gamma),
    }


def decuplet(quarks: ThreeQuarks) -> dict[str, Matrix]:
    """G of Sigma*, Xi* and Omega with spin 3/2: [t, g, d] by name."""
    names = ("sigma_star", "xi_star", "omega")
    total: dict[str, Matrix] = dict.fromkeys(names, np.zeros((4, 4), dtype=np.complex128))
    for Gamma, sources in spin_sinks():
        (uus,), (usu, uss) = quarks.products(Gamma, "uu", "s"), quarks.products(Gamma, "us", "us")
        ssu, sss = quarks.products(Gamma, "ss", "us")
        suu, sus = exchanged(usu), exchanged(uss)
        for turn, source in sources:
            two = of_two_flavours(uus, usu, suu, source), of_two_flavours(ssu, sus, uss, source)
            for name, G in zip(names, (*two, of_one_flavour(sss, source)), strict=True):
                total[name] = total[name] + turned(turn, G)
    return total


def turned(turn: Matrix, G: Matrix) -> Matrix:
    """A matrix times G [t, g, d], without BLAS."""
    return np.asarray(np.einsum("ab,tbc->tac", turn, G))


def of_one_flavour(R: Matrix, source: Matrix) -> Matrix:
    """G of (q^T Gamma q) q with symmetric Gamma."""
    return 2.0 * first_term(R, source) + 4.0 * second_term(R, source)


def of_two_flavours(ffh: Matrix, fhf: Matrix, hff: Matrix, source: Matrix) -> Matrix:
    """G of [(f^T Gamma f) h + 2 (f^T Gamma h) f]/sqrt(3) with symmetric Gamma, from the three R."""
    crossed = second_term(fhf, source) + second_term(ffh, source) + second_term(hff, source)
    return (2.0 * first_term(ffh, source) + 4.0 * (first_term(fhf, source) + crossed)) / 3.0


def spin_sinks() -> list[tuple[Matrix, list[tuple[Matrix, Matrix]]]]:
    """C gamma_j at the sink with pairs (P_ij, C gamma_i): sum_ij P_ij G_ji is spin 3/2 at zero momentum.

    P_ij = delta_ij - gamma_i gamma_j/3.
    """
    space, C = gamma_matrices(4)[:3], charge_conjugation()

    def projector(i: int, j: int) -> Matrix:
        return np.asarray((i == j) * np.eye(4) - space[i] @ space[j] / 3.0)

    return [(C @ space[j], [(projector(i, j), C @ space[i]) for i in range(3)]) for j in range(3)]
