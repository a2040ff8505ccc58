"""One domain wall flavour by two positive operators, one for each chirality (docs/physics/domainwall.md).

With D_4 = (1 + m)/2 + (1 - m)/2 gamma_5 eps, det D(m) / det D(1) = det D_4, and D_4^{-1} = 1 + (1 - m) S,

det D_4 = det (P_+ D_4 P_+) / det (P_- D_4^{-1} P_-),   B_- = P_- D_4^{-1} P_-,   B_+ = (P_+ D_4 P_+)^{-1},

both hermitian and, for even L5 and m > 0, positive (Chen and Chiu, arXiv:1403.1683).  B_+ is 1 + (1 - m) S, too, of an
operator with mass m for gamma_5 = +1 and 1 for gamma_5 = -1.
"""

from __future__ import annotations

import math

from lqcdnn.config.rules.walls import HEAVY
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.domainwall_quark import propagate
from lqcdnn.dirac.normal import StartVectors
from lqcdnn.errors import InputError
from lqcdnn.kernels import domainwall as kernels
from lqcdnn.lattice.geometry import Blocks


class ChiralBlock:
    """B = 1 + (1 - m) S between spinors of one chirality.

    D_W changes B through one solution alone, also where c5 != 0 and S contains D_W beside it: with r = c5 / b5,
    N = 1 / (b5 (1 + m r^L5)), and v_s = (-r)^s for gamma_5 = +1, (-r)^(L5 - 1 - s) for -1,

    D psi = v phi,   B phi = (1 + r^L5) / (1 + m r^L5) phi + (b5 + c5) (1 - m) N psi on the other wall,

    d(phi^dag B phi) = -gamma_5 (b5 + c5) (1 - m) N^2 chi^dag gamma_5 R_5 dD_W chi,   chi = (b5 + c5 Lambda) psi

    (the form of Jung, Kelly, Mawhinney and Murphy, arXiv:1706.05843).

    Parameters
    ----------
    operator
        D with mass m for the chirality.
    chirality
        +1 or -1.

    Raises
    ------
    InputError
        If L5 is odd: B may have negative eigenvalues then.
    """

    def __init__(self, operator: DomainWallOperator, chirality: int) -> None:
        f, half = operator.fifth, operator.spins // 2
        if f.L5 % 2:
            raise InputError(f"L5 = {f.L5}: one domain wall flavour needs an even number")
        plus, ratio = chirality > 0, f.c5 / f.b5
        mass = operator.masses[0 if plus else 1]
        top = max(1.0, ratio)  # v, N^-1 and r^L5 + 1 are divided by top^L5, which may be more than a number holds
        one, power = top**-f.L5, (ratio / top) ** f.L5
        wall = one + mass * power
        self.operator, self.there = operator, slice(None, half) if plus else slice(half, None)
        steps = range(f.L5) if plus else reversed(range(f.L5))
        self.source = [(-ratio / top) ** k * top ** (k - f.L5) for k in steps]
        self.far = f.L5 - 1 if plus else 0
        self.constant = (one + HEAVY * power) / wall
        self.factor = (f.b5 + f.c5) * (HEAVY - mass) / (f.b5 * wall)
        self.weight = -chirality * self.factor / (f.b5 * wall)
        self._psi, self._eta = operator.vector(), operator.vector()

    def solve(self, phi: Blocks, tolerance: float, max_iterations: int, starts: StartVectors | None = None) -> None:
        """Solve D psi = v phi for the chirality of ``phi`` [block]; raises as ``DomainWallOperator.invert``."""
        self._eta["c"] = 0.0
        for s, weight in enumerate(self.source):
            self._eta["c"][s][:, :, self.there] = weight * phi["c"][:, :, self.there]
        self.operator.invert(self._psi, self._eta, tolerance, max_iterations, starts)

    def image(self, out: Blocks, phi: Blocks) -> None:
        """out = B phi for the chirality, from the last solution; the other half of ``out`` is left alone."""
        wall = self.factor * self._psi["c"][self.far][:, :, self.there]
        out["c"][:, :, self.there] = self.constant * phi["c"][:, :, self.there] + wall

    def add_derivative(self, Sigma: Blocks) -> None:
        """Sigma += d/dU of phi^dag B phi, from the last solution, which is lost."""
        op, half = self.operator, self.operator.spins // 2
        kernels.fifth(self._psi, op.A, self._psi, 1.0, 0, op.lattice.blocks)
        self._eta["c"] = self._psi["c"][::-1]
        self._eta["c"][:, :, :, half:] *= -1.0
        op.add_wilson_derivative(Sigma, self._psi, self._eta, self.weight)


def apply_root(
    heavy: DomainWallOperator, eta: Blocks, mass: float, side: float, tolerance: float, max_iterations: int
) -> Blocks:
    """G eta, G G^dag = (1 + m)/2 + side (1 - m)/2 eps.

    G = (1 + w)/2 + side (1 - w)/2 eps + i (1 - w) S_mid, w = sqrt(m): at mass 1, gamma_5 eps = 1 - 2 S, and S_mid to
    the midpoint is hermitian, commutes with eps, and its square is (1 - eps^2)/4.

    Parameters
    ----------
    heavy
        D(1).
    eta
        Four-dimensional spinor [block].
    mass, side
        m, and +1 or -1.
    """
    found, root, half = propagate(heavy, eta, tolerance, max_iterations), math.sqrt(mass), heavy.spins // 2
    if found.midpoint is None:
        raise InputError(f"L5 = {heavy.fifth.L5}: there is no midpoint")
    sign, out, middle = found.quark, heavy.lattice.zeros(heavy.n, heavy.spins), found.midpoint["c"]
    sign["c"] = eta["c"] - 2.0 * sign["c"]
    sign["c"][:, :, half:] *= -1.0
    out["c"] = 0.5 * (1.0 + root) * eta["c"] + 0.5 * side * (1.0 - root) * sign["c"]
    out["c"][..., 0, :] -= (1.0 - root) * middle[..., 1, :]
    out["c"][..., 1, :] += (1.0 - root) * middle[..., 0, :]
    return out
