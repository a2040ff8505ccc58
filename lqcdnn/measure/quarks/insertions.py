"""Currents qbar Gamma q between a propagator and a sequential propagator (physics.md 6).

With S(x; y) = gamma_5 S(y; x)^dag gamma_5 a hadron at the sink leaves phi(y) = sum_x S(y; x) eta(x) for each colour and
spin of the source, with psi(y) = S(y; 0), and of the current J at y

C_3 = sum_y w(y) phi(y)^dag gamma_5 Gamma psi(y)

(G. Martinelli, C. T. Sachrajda, Nucl. Phys. B 316 (1989) 355): all currents and momentum transfers from one phi.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.currents import CONSERVED, OF_CHARGE
from lqcdnn.dirac.conserved import ConservedHops
from lqcdnn.dirac.conserved_walls import WallHops
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.domainwall_quark import Propagated
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.propagators import Quark
from lqcdnn.measure.quarks.timesums import of_spinors, time_sums, weighted

FloatArray = NDArray[np.float64]
Matrix = NDArray[np.complex128]
Waves = Mapping[str, FloatArray | None]
"""Weights of the sites of space by the end of the keys of a momentum; None: all 1."""

Key = tuple[str, str]
"""A current, and the end of the keys of the momentum that it transfers."""

AXES = ("x", "y", "z")


def spin_along(axis: str) -> Matrix:
    """Sigma_k = -i gamma_i gamma_j, i j k cyclic, in d = 4: twice the spin of a quark at rest."""
    k, gamma = AXES.index(axis), gamma_matrices(4)
    return np.asarray(-1j * gamma[(k + 1) % 3] @ gamma[(k + 2) % 3])


def current_matrix(name: str, d: int, axis: str = "z") -> Matrix:
    """Gamma of a local current: 1, gamma_t, -i gamma_k gamma_5 or Sigma_k of the direction k of the spin.

    All are hermitian, with positive elements between quarks at rest with spin up.
    """
    gamma = gamma_matrices(d)
    if name == "tensor":
        return spin_along(axis)
    if name == "axial":
        return np.asarray(-1j * gamma[AXES.index(axis)] @ gamma_5(d))
    return np.asarray({"scalar": np.eye(d, dtype=np.complex128), "vector_time": gamma[-1]}[name])


class Insertions:
    """The currents that are asked for, of one quark.

    Parameters
    ----------
    made
        The quark; not overlap for the conserved current.
    wanted
        Names of currents.
    waves
        Momenta that they transfer; those of spin only the momentum 0.
    """

    def __init__(self, made: Quark, wanted: Sequence[str], waves: Waves) -> None:
        lattice = made.operator.lattice
        self._lattice, self._wanted, self._waves = lattice, wanted, waves
        self._g5 = gamma_5(lattice.d)
        self._hops: ConservedHops | None = None
        self.walls: WallHops | None = None
        operator = made.operator if CONSERVED in wanted else None  # refused but of the two kinds
        if isinstance(operator, WilsonOperator):
            self._hops = ConservedHops(operator, lattice.d - 1)
        elif isinstance(operator, DomainWallOperator):
            self.walls = WallHops(operator, lattice.d - 1)

    def set_links(self, U: Blocks) -> None:
        """The links that the quark sees."""
        for hops in (self._hops, self.walls):
            if hops is not None:
                hops.set_links(U)

    def correlators(self, pairs: Sequence[tuple[Propagated, Propagated]], axis: str = "") -> dict[Key, FloatArray]:
        """Re sum phi^dag gamma_5 Gamma psi by name and momentum, [t]; summed over pairs (psi, phi) in their order.

        The conserved current at t is that from t to t + 1.

        Parameters
        ----------
        pairs
            Columns of the propagator and of the sequential one; for the conserved current of domain walls with what is
            inside, of the latter from the left (``WallHops.from_left``).
        axis
            Direction of the spin of the currents of spin, which alone are wanted then; empty: those of charge.
        """
        names = [name for name in self._wanted if (name in OF_CHARGE) == (not axis)]
        waves = {"": None} if axis else self._waves
        found: dict[Key, FloatArray] = {}
        if any(name != CONSERVED for name in names):
            products = spin_sums(self._lattice, [(psi.quark, phi.quark) for psi, phi in pairs], waves)
        for name in names:
            if name == CONSERVED:
                found |= {(name, end): value for end, value in self._conserved(pairs, waves).items()}
                continue
            weights = self._g5 @ current_matrix(name, self._lattice.d, axis or "z")
            found |= {(name, end): traced(one, weights) for end, one in products.items()}
        return found

    def _conserved(self, pairs: Sequence[tuple[Propagated, Propagated]], waves: Waves) -> dict[str, FloatArray]:
        """That of the two hops: its first part at the end of the link, its second at the beginning."""
        fields, weights = [(psi.quark, phi.quark) for psi, phi in pairs], self._g5
        if self.walls is not None:
            fields = [(inside(psi), inside(phi)) for psi, phi in pairs]
            weights = np.eye(self._lattice.d, dtype=np.complex128)
        hops = self.walls or self._hops
        assert hops is not None  # made with the current
        behind, ahead = (
            spin_sums(self._lattice, [(hop(psi), phi) for psi, phi in fields], waves)
            for hop in (hops.behind, hops.ahead)
        )
        return {end: np.roll(traced(behind[end], weights), -1) - traced(ahead[end], weights) for end in waves}


def inside(found: Propagated) -> Blocks:
    """The solution in five dimensions, which was kept."""
    assert found.inside is not None
    return found.inside


def spin_sums(lattice: Lattice, pairs: Sequence[tuple[Blocks, Blocks]], waves: Waves) -> dict[str, Matrix]:
    """sum over space, colours and pairs (psi, phi) of w phi_a^* psi_b by momentum, [t, a, b]; also over s5, if any."""
    fields = [(of_spinors(lattice, phi), of_spinors(lattice, psi)) for psi, phi in pairs]
    return {
        end: time_sums(lattice, ((phi, weighted(lattice, psi, wave)) for phi, psi in fields))
        for end, wave in waves.items()
    }


def traced(sums: Matrix, weights: Matrix) -> FloatArray:
    """Re sum of W_ab times those of :func:`spin_sums`, [t]."""
    return np.asarray(np.einsum("tab,ab->t", sums, weights, optimize=False).real)
