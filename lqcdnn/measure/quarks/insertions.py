"""Currents qbar Gamma q between a propagator and a sequential propagator (physics.md 6).

With S(x; y) = gamma_5 S(y; x)^dag gamma_5 a hadron at the sink leaves phi(y) = sum_x S(y; x) eta(x) for each colour and
spin of the source, with psi(y) = S(y; 0), and of the current J at y

C_3 = sum_y w(y) phi(y)^dag gamma_5 Gamma psi(y)

(G. Martinelli, C. T. Sachrajda, Nucl. Phys. B 316 (1989) 355): all currents and momentum transfers from one phi.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.config.tables.currents import (
    AXES,
    AXIAL_LINE,
    CONSERVED,
    FRACTIONS,
    LINES,
    MOMENTUM_FRACTION,
    OF_CHARGE,
    CurrentsConfig,
)
from lqcdnn.dirac.conserved import ConservedHops
from lqcdnn.dirac.conserved_walls import WallHops
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.domainwall_quark import Propagated
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.measure.quarks.propagators import Quark
from lqcdnn.measure.quarks.spinsums import FloatArray, Matrix, Waves, spin_sums, traced
from lqcdnn.measure.quarks.structure import Lines, derivative_sums
from lqcdnn.measure.quarks.transport import Transport

Key = tuple[str, str]
"""A current, and the end of the keys of the momentum that it transfers."""


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
    if name in ("axial", AXIAL_LINE):
        return np.asarray(-1j * gamma[AXES.index(axis)] @ gamma_5(d))
    return np.eye(d, dtype=np.complex128) if name == "scalar" else gamma[-1]


def derivative_matrices(name: str, d: int, axis: str = "z") -> Matrix:
    """Gamma_mu of a current qbar Gamma_mu (1/2)(D-> - D<-)_mu q, summed over mu: [mu, a, b] (physics.md 34.1).

    Of one quark at rest with the mass m and spin up both currents are m.
    """
    gamma, g5 = gamma_matrices(d), gamma_5(d)
    found = np.zeros((d, d, d), dtype=np.complex128)
    if name == MOMENTUM_FRACTION:
        found[:-1], found[-1] = gamma[:-1] / (d - 1), -gamma[-1]
        return found
    k = AXES.index(axis)
    found[k], found[-1] = 1j * gamma[-1] @ g5, 1j * gamma[k] @ g5
    return found


class Insertions:
    """The currents that are asked for, of one quark.

    Parameters
    ----------
    made
        The quark; not overlap for the conserved current.
    options
        Names of currents, longest line and its direction, boundary signs.
    waves
        Momenta that they transfer; those of spin and of lines only the momentum 0.
    """

    def __init__(self, made: Quark, options: CurrentsConfig, waves: Waves) -> None:
        lattice, wanted = made.operator.lattice, options.currents
        self._lattice, self._wanted, self._waves = lattice, wanted, waves
        self._transport = Transport(lattice, options.boundary)
        along = lattice.d - 2 if options.line_axis is None else AXES.index(options.line_axis)
        self._lines = Lines(self._transport, along, options.line_length or 0)
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
        self._transport.set_links(U)
        for hops in (self._hops, self.walls):
            if hops is not None:
                hops.set_links(U)

    def correlators(
        self, pairs: Sequence[tuple[Propagated, Propagated]], axis: str = "", transfers: bool = True
    ) -> dict[Key, FloatArray]:
        """Re sum phi^dag gamma_5 Gamma psi by name and momentum, [t]; summed over pairs (psi, phi) in their order.

        The conserved current at t is that from t to t + 1; names of lines are those of :meth:`Lines.correlators`.

        Parameters
        ----------
        pairs
            Columns of the propagator and of the sequential one; for the conserved current of domain walls with what is
            inside, of the latter from the left (``WallHops.from_left``).
        axis
            Direction of the spin of the currents of spin, which alone are wanted then; empty: those of charge.
        transfers
            Whether currents of charge transfer momenta, too.
        """
        names = [name for name in self._wanted if (name in OF_CHARGE) == (not axis)]
        waves = {"": None} if axis or not transfers else self._waves
        found: dict[Key, FloatArray] = {}
        fields, d = [(psi.quark, phi.quark) for psi, phi in pairs], self._lattice.d
        if any(name not in (CONSERVED, *FRACTIONS, *LINES) for name in names):
            products = spin_sums(self._lattice, fields, waves)
        for name in names:
            if name == CONSERVED:
                of_name = self._conserved(pairs, waves)
            elif name in FRACTIONS:
                of_name = derivative_sums(
                    self._transport, fields, waves, self._g5 @ derivative_matrices(name, d, axis or "z")
                )
            elif name in LINES:
                lines = self._lines.correlators(fields, self._g5 @ current_matrix(name, d, axis or "z"))
                found |= {(name + end, ""): value for end, value in lines.items()}
                continue
            else:
                weights = self._g5 @ current_matrix(name, d, axis or "z")
                of_name = {end: traced(one, weights) for end, one in products.items()}
            found |= {(name, end): value for end, value in of_name.items()}
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
