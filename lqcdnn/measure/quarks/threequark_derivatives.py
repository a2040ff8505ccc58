"""Derivatives of the nucleon's correlator by its propagators: sequential sources of three quarks.

F(x) = tr P G(x) of ``threequarks.nucleon`` at one site is linear in each of its three propagators.  A current changes
one after the other, so that its three-point function is sum_x sum_ij (dF/dS_ij)(x) [S(x; y) Gamma S(y; 0)]_ij, i at the
sink and j at the source (G. Martinelli, C. T. Sachrajda, Nucl. Phys. B 316 (1989) 355).
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np

from lqcdnn.kernels.simd.spin import gamma_5
from lqcdnn.measure.quarks.threequarks import Matrix, adjoint, charge_conjugation

EPSILON = [(abc, (-1.0) ** sum(abc[i] > abc[j] for j in range(3) for i in range(j))) for abc in permutations(range(3))]
"""eps_abc where it is not zero."""


def nucleon_derivatives(S: Matrix, other: Matrix, projector: Matrix) -> tuple[Matrix, Matrix]:
    """dF/dS and dF/dS' of (q^T C gamma_5 q') q, of the two quarks q and of q'.

    Parameters
    ----------
    S, other
        Propagators of q and q' from the origin, [colour, spin, colour and spin of the source, site].
    projector
        P, [spin, spin].

    Returns
    -------
    tuple
        Arrays as S and S'. Times S and summed over all but the site they are 2 F and F.
    """
    Gamma = charge_conjugation() @ gamma_5(4)
    D = sandwiched(Gamma, other, Gamma)
    of_quarks, of_brackets = _derivatives(S, D, projector)
    inner = np.einsum("xp,bxBws->bpBws", Gamma, of_brackets)
    return of_quarks, np.asarray(np.einsum("bpBws,zw->bpBzs", inner, adjoint(Gamma)))


def _derivatives(S: Matrix, D: Matrix, projector: Matrix) -> tuple[Matrix, Matrix]:
    """By S and by D = [Gamma S' Gammabar'], of tr P (T1 + T2) of ``threequarks``."""
    of_quarks, of_brackets = np.zeros_like(S), np.zeros_like(D)
    projected = np.einsum("dg,cgCys->cdCys", projector, S)
    turned = projector.T[:, :, None]
    for ((a, b, c), sign), ((A, B, C), other) in product(EPSILON, EPSILON):
        weight = sign * other
        bracket, first, last = D[b, :, B], S[a, :, A], projected[c, :, C]
        alone = weight * np.einsum("dds->s", last)
        pair = weight * np.einsum("xys,xys->s", bracket, first)
        of_quarks[a, :, A] += bracket * alone  # T1
        of_quarks[c, :, C] += turned * pair
        of_brackets[b, :, B] += first * alone
        crossed, back = S[a, :, C], weight * projected[c, :, A]  # T2
        of_quarks[a, :, C] -= np.einsum("xys,dys->xds", bracket, back)
        through = weight * np.einsum("xys,xds->yds", bracket, crossed)
        of_quarks[c, :, A] -= np.einsum("dg,yds->gys", projector, through)
        of_brackets[b, :, B] -= np.einsum("xds,dys->xys", crossed, back)
    return of_quarks, of_brackets


def sandwiched(Gamma: Matrix, S: Matrix, source: Matrix) -> Matrix:
    """Gamma S Gammabar' on the spins, for Gamma at the sink and Gamma' at the source: they have one entry in a row."""
    found, after = np.zeros_like(S), adjoint(source)
    for (x, y), (z, w) in product(np.argwhere(Gamma), np.argwhere(after)):
        found[:, x, :, w] += (Gamma[x, y] * after[z, w]) * S[:, y, :, z]
    return found
