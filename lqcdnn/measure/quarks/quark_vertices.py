r"""Vertices of local quark bilinears in momentum space, Landau gauge (docs/physics/renormalisation.md, 25.2).

.. math:: G_\Gamma(p_1,p_2) = \frac{1}{V} \sum_x \gamma_5 S(x|p_1)^\dagger \gamma_5\,\Gamma\,S(x|p_2),\quad
          \Lambda_\Gamma = \langle S(p_1)\rangle^{-1} \langle G_\Gamma\rangle \langle S(p_2)\rangle^{-1}

(G. Martinelli et al., hep-lat/9411010), of two flavours of the same mass.  With S^-1 = sum_i c_i Q_i / (a^2 + b^2),
Q = (1, i gamma_mu), c = (b, a_mu), a projection of Lambda is a quadratic form in the c,

.. math:: \frac{1}{4n} \sum_\Gamma tr[P_\Gamma \Lambda_\Gamma] = \frac{\sum_{ij} T_{ij}\,c_i(p_1)\,c_j(p_2)}
          {(a^2 + b^2)_1 (a^2 + b^2)_2},\quad T_{ij} = \frac{1}{4n}\sum_\Gamma tr[P_\Gamma Q_i G_\Gamma Q_j],

whose coefficients, traced over colour, are linear in G and so may be averaged over configurations: they are what is
recorded.  Only their real parts count, which are the mean of (p_1, p_2) and (p_2, p_1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lqcdnn.config.rules.momentumspace import mode_pairs, modes
from lqcdnn.config.tables.momentumspace import QuarkVerticesConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.momentumspace import Matrix, Mode, OfMomentumSpace, length, propagator_numbers
from lqcdnn.measure.quarks.propagators import effort
from lqcdnn.measure.registry import Values, observable


class Projection(NamedTuple):
    """sum over (P, Gamma) of tr[P Lambda_Gamma], divided by what it is for Lambda_Gamma = Gamma."""

    matrices: list[tuple[Matrix, Matrix]]
    norm: float


def projections(d: int, q: Sequence[float] | None) -> dict[str, Projection]:
    """Projections onto the structures of the bare vertices, by name.

    scalar 1, pseudoscalar gamma_5, vector gamma_mu, axial gamma_mu gamma_5, tensor sigma_mu,nu, mu < nu; the last two
    not in d = 2, where they are vector and pseudoscalar again.

    Parameters
    ----------
    d
        Dimensions.
    q
        sin (p_1 - p_2)_mu of symmetric kinematics, whose vector and axial vertices are projected onto q_mu qslash and
        q_mu gamma_5 qslash (C. Sturm et al., arXiv:0901.2599), those with gamma_mu being called ``vector_gamma``,
        ``axial_gamma``; None: p_1 = p_2.
    """
    gamma, g5 = gamma_matrices(d), gamma_5(d)
    one = np.eye(len(g5), dtype=np.complex128)
    bare = {"scalar": [one], "pseudoscalar": [g5], "vector": list(gamma)}
    if d > 2:
        bare["axial"] = [g @ g5 for g in gamma]
        bare["tensor"] = [1j * gamma[m] @ gamma[n] for m in range(d) for n in range(m + 1, d)]
    found = {
        name: Projection([(g.conj().T, g) for g in matrices], float(len(g5) * len(matrices)))
        for name, matrices in bare.items()
    }
    if q is None:
        return found
    qslash, norm = sum(k * g for k, g in zip(q, gamma, strict=True)), len(g5) * sum(k * k for k in q)
    for name, onto in (("vector", qslash), ("axial", g5 @ qslash)):
        if name in found:
            found[f"{name}_gamma"] = found[name]
            found[name] = Projection([(k * onto, g) for k, g in zip(q, bare[name], strict=True)], norm)
    return found


def spin_products(first: Matrix, second: Matrix) -> Matrix:
    """1/(V N) sum over sites and colours of S_1(x|p_1)^*_ab S_2(x|p_2)_cd, [a, b, c, d].

    Added without BLAS, so that the order of the terms does not depend on threads.
    """
    volume, n, _, spins, _ = first.shape
    one, other = (S.reshape(volume * n * n, spins * spins) for S in (first, second))
    found: Matrix = np.einsum("si,sj->ij", one.conj(), other, optimize=False) / (volume * n)
    return found.reshape((spins,) * 4)


def coefficients(products: Matrix, d: int, q: Sequence[float] | None) -> dict[str, list[float]]:
    """T_ij by name of the projection, i and, running faster, j; of p_1 = p_2 those of i <= j, T_ij + T_ji for i < j.

    Parameters
    ----------
    products
        See :func:`spin_products`.
    d, q
        See :func:`projections`.
    """
    g5 = gamma_5(d)
    basis = np.array([np.eye(len(g5)), *(1j * gamma for gamma in gamma_matrices(d))])
    size = len(basis)
    chosen = [(i, j) for i in range(size) for j in range(size) if q is not None or i <= j]
    found: dict[str, list[float]] = {}
    for name, (matrices, norm) in projections(d, q).items():
        onto, gammas = (np.array(side) for side in zip(*matrices, strict=True))
        G = np.einsum("ib,abcf,gac->gif", g5, products, g5 @ gammas, optimize=False)
        found[name] = []
        for i, j in chosen:
            K = basis[j] @ onto @ basis[i]
            if q is None and i < j:
                K = K + basis[i] @ onto @ basis[j]  # often 0: then so is T, without rounding
            found[name].append(float(np.einsum("gab,gba->", K, G, optimize=False).real) / norm)
    return found


@observable("quark_vertices")
class QuarkVertices(OfMomentumSpace[QuarkVerticesConfig]):
    """Parts of S(p) and G(p_1, p_2), of whose mean values renormalisation constants are made."""

    kind = "quark_vertices"

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``quark_vertex_NAME`` for each of :func:`projections`: :func:`coefficients` of each momentum or pair.

        ``quark_vertex_propagator`` has :func:`propagator_numbers` of p, or of p_1 and then p_2;
        ``quark_vertex_momenta`` are |p|, p_mu = sin p_mu, of pairs those of p_1 - p_2; ``quark_vertices_scale`` are
        |p|, of pairs that of each of the three; ``quark_vertices_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If the gauge is not reached, or a solve does not converge.
        """
        self.check(lattice, group)
        made, o = self.prepared(lattice, U, group, stream), self.options
        if o.kinematics == "symmetric":
            wanted: list[tuple[Mode, ...]] = list(mode_pairs(o.pairs, lattice.shape))
        else:
            wanted = [(mode,) for mode in modes(o.momenta, lattice.shape)]
        lengths, parts, vertices = list[float](), list[list[float]](), dict[str, list[list[float]]]()
        known: dict[Mode, Matrix] = {}
        for place, one in enumerate(wanted):
            for mode in one:
                if mode not in known:
                    known[mode] = self.propagator(lattice, made, group.n, mode)
            momenta, q = [self.sines(lattice, mode) for mode in one], None
            if len(one) > 1:
                p1, p2 = (self.momentum(lattice, mode) for mode in one)
                q = [math.sin(k - p) for k, p in zip(p1, p2, strict=True)]
            lengths.append(length(q or momenta[0]))
            parts.append([x for mode, p in zip(one, momenta, strict=True) for x in propagator_numbers(known[mode], p)])
            products = spin_products(known[one[0]], known[one[-1]])
            for name, numbers in coefficients(products, lattice.d, q).items():
                vertices.setdefault(f"quark_vertex_{name}", []).append(numbers)
            later = {mode for pair in wanted[place + 1 :] for mode in pair}
            known = {mode: S for mode, S in known.items() if mode in later}
        values: Values = {
            "quark_vertex_momenta": lengths,
            "quark_vertices_scale": [length(self.momentum(lattice, one[0])) for one in wanted],
            "quark_vertex_propagator": parts,
        }
        return values | vertices | effort("quark_vertices", made.operator.log)
