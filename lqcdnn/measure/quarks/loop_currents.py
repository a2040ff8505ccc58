"""Traces tr Gamma S(x, x) of time slices from sources eta and solutions psi = S eta, with spin or staggered.

<psi_a(x) eta_b(x)^*> = S_ab(x, x) over the noise. Where Dslash of S = 1/(Dslash + m) is antihermitian and changes
chirality, as for overlap and staggered quarks, S + S^dag = 2 m S S^dag, and S is m S S^dag but for a part that changes
chirality too and has no trace with a Gamma that does not. For those, with less noise,

tr Gamma S(x, x) = m <tr Gamma psi(x) psi(x)^dag>

(L. Venkataraman, G. Kilcup, hep-lat/9711006): noise is summed over all sites on the way, and each enters squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.tastesinglet import TasteSingletGamma5
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.mesons import channels
from lqcdnn.measure.quarks.propagators import Quark
from lqcdnn.measure.quarks.timesums import of_spinors, time_sums, timeslices

FloatArray = NDArray[np.float64]
Matrix = NDArray[np.complex128]


class Current(NamedTuple):
    """qbar Gamma q: name of its channel, and the sign s of s l(t) l(0) in the correlator of it and its conjugate.

    l(t) = sum_x tr Gamma S(x, t; x, t), its real or imaginary part, the one that is not 0 on every configuration.
    """

    channel: str
    sign: float


class Currents(Protocol):
    """All currents that are asked for."""

    names: list[Current]

    def set_links(self, U: Blocks) -> None:
        """The links that S is made of."""

    def traces(self, eta: Blocks, psi: Blocks) -> FloatArray:
        """Estimates of l(t) from one source, [current, t]; those of its parts add up."""


def currents(made: Quark, wanted: Sequence[str]) -> Currents:
    """The currents of some channels of a quark."""
    if isinstance(made.operator, StaggeredOperator):
        return TasteSinglets(made.operator, wanted)
    chiral = made.operator.mass if isinstance(made.operator, OverlapOperator) else None
    return WithSpin(made.operator.lattice, wanted, chiral)


class WithSpin:
    """Currents of quarks with spin components, Gamma those of mesons, components of a vector one by one.

    Parameters
    ----------
    lattice, wanted
        Lattice, and names of channels.
    chiral
        m of quarks with S = 1/(Dslash + m), Dslash antihermitian and anticommuting with gamma_5; None: of others.
    """

    def __init__(self, lattice: Lattice, wanted: Sequence[str], chiral: float | None) -> None:
        self._lattice, self._mass = lattice, chiral
        self.names: list[Current] = []
        self._matrices: list[tuple[Matrix, bool, bool]] = []
        g5, time = gamma_5(lattice.d), gamma_matrices(lattice.d)[-1]
        every = channels(lattice.d)
        for name in wanted:
            for gamma, _ in every[name]:
                imaginary = not np.allclose(g5 @ gamma.conj().T @ g5, gamma)  # S(x, x)^dag = g5 S(x, x) g5
                conjugate = 1.0 if np.allclose(time @ gamma.conj().T @ time, gamma) else -1.0
                self.names.append(Current(name, -conjugate if imaginary else conjugate))
                self._matrices.append((gamma, imaginary, np.allclose(gamma @ g5, g5 @ gamma)))

    def set_links(self, U: Blocks) -> None:
        """Gamma has none."""

    def traces(self, eta: Blocks, psi: Blocks) -> FloatArray:
        """See :class:`Currents`."""
        solution, source = (of_spinors(self._lattice, field) for field in (psi, eta))
        direct = time_sums(self._lattice, [(source, solution)])
        squares = direct if self._mass is None else self._mass * time_sums(self._lattice, [(solution, solution)])
        found = np.empty((len(self.names), self._lattice.shape[-1]))
        for k, (gamma, imaginary, keeps_chirality) in enumerate(self._matrices):
            trace = np.einsum("ab,tab->t", gamma, squares if keeps_chirality else direct, optimize=False)
            found[k] = trace.imag if imaginary else trace.real
        return found


class TasteSinglets:
    """1 x 1 and gamma_5 x 1 of a staggered field: no source is needed, psi^dag Gamma psi has less noise.

    Parameters
    ----------
    operator, wanted
        Operator of the quark, and names of channels: scalar, pseudoscalar.
    """

    def __init__(self, operator: StaggeredOperator, wanted: Sequence[str]) -> None:
        self._operator = operator
        self._gamma_5 = TasteSingletGamma5(operator) if "pseudoscalar" in wanted else None
        self.names = [Current(name, -1.0 if name == "pseudoscalar" else 1.0) for name in wanted]

    def set_links(self, U: Blocks) -> None:
        """Links that Gamma_5 steps along."""
        if self._gamma_5 is not None:
            self._gamma_5.set_links(U)

    def traces(self, eta: Blocks, psi: Blocks) -> FloatArray:
        """See :class:`Currents`."""
        found = np.empty((len(self.names), self._operator.lattice.shape[-1]))
        for k, (name, _) in enumerate(self.names):
            image = self._gamma_5.apply(psi) if self._gamma_5 is not None and name == "pseudoscalar" else None
            found[k] = self._operator.mass * timeslices(self._operator.lattice, psi, image)
        return found
