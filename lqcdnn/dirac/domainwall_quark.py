"""The light four-dimensional quark of a domain wall operator (physics.md 3.3, 6).

q = P_- psi_0 + P_+ psi_{L5-1}, and dD/dm = (1 - c5 D_W) Qbar Q with Q psi = q and Qbar eta = P_+ eta at s = 0, P_- eta
at s = L5 - 1.  Hence S = <q qbar> = Q D^{-1} (1 - c5 D_W) Qbar is the propagator with d ln det D / dm = Tr S
(Brower, Neff, Orginos, arXiv:1206.5214).
"""

from __future__ import annotations

from typing import NamedTuple

from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.kernels import domainwall as kernels
from lqcdnn.lattice.geometry import Blocks


class Propagated(NamedTuple):
    """Four-dimensional spinors: the quark at the walls, and half way between them (None if L5 is odd).

    ``inside`` is the solution in five dimensions, None of other quarks.
    """

    quark: Blocks
    midpoint: Blocks | None
    inside: Blocks | None = None


def spinor(operator: DomainWallOperator) -> Blocks:
    """A zero four-dimensional spinor [block] of n x S matrices."""
    return operator.lattice.zeros(operator.n, operator.spins)


def propagate(
    operator: DomainWallOperator, eta: Blocks, tolerance: float, max_iterations: int
) -> Propagated:
    """S eta, and the same at the midpoint.

    Parameters
    ----------
    operator
        D with its links set.
    eta
        Four-dimensional source [block].
    tolerance, max_iterations
        Of the solve.

    Raises
    ------
    NumericalError
        If the solve fails.
    """
    psi = operator.vector()
    operator.invert(psi, wall_source(operator, eta), tolerance, max_iterations)
    L5 = operator.fifth.L5
    quark = between(operator, psi, L5 - 1, 0)
    return Propagated(quark, between(operator, psi, L5 // 2 - 1, L5 // 2) if L5 % 2 == 0 else None, psi)


def wall_source(operator: DomainWallOperator, eta: Blocks) -> Blocks:
    """(1 - c5 D_W) Qbar eta, five-dimensional."""
    return less_wilson(operator, on_walls(operator, eta), 1.0)


def on_walls(operator: DomainWallOperator, eta: Blocks) -> Blocks:
    """Qbar eta."""
    zeta, half = operator.vector(), operator.spins // 2
    zeta["c"][0, :, :, :half] = eta["c"][:, :, :half]
    zeta["c"][-1, :, :, half:] = eta["c"][:, :, half:]
    return zeta


def less_wilson(operator: DomainWallOperator, zeta: Blocks, side: float) -> Blocks:
    """(1 - c5 D_W) zeta, D_W = d - M5 - K; with ``side`` = -1.0 that of D_W^dag. It is zeta itself where c5 = 0."""
    fifth, lattice = operator.fifth, operator.lattice
    if fifth.c5 == 0.0:
        return zeta
    out = operator.vector()
    kernels.minus_hopping(out, operator.links, zeta, zeta, lattice.neighbours, side, 0, lattice.blocks)
    out["c"] *= -fifth.c5  # -c5 (1 - K) zeta
    out["c"] += (1.0 - fifth.c5 * (lattice.d - fifth.M5 - 1.0)) * zeta["c"]
    return out


def between(operator: DomainWallOperator, psi: Blocks, plus: int, minus: int) -> Blocks:
    """P_+ psi_plus + P_- psi_minus."""
    q, half = spinor(operator), operator.spins // 2
    q["c"][:, :, :half] = psi["c"][plus][:, :, :half]
    q["c"][:, :, half:] = psi["c"][minus][:, :, half:]
    return q
