"""Propagators of quarks with spin, Wilson and domain wall, for the observables made of them (physics.md 6)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.fermions import FermionConfig
from lqcdnn.dirac import domainwall_quark as walls
from lqcdnn.dirac.domainwall import DomainWallOperator, fifth_dimension
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator, kappa_of_mass
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.geometry import Blocks, Lattice


class Quark(Protocol):
    """S = (D + m)^{-1}, the four-dimensional propagator: d ln det / dm = Tr S for each flavour."""

    def set_links(self, U: Blocks) -> None:
        """The links D is made of."""

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; for domain wall fermions with even L5 also its value half way between the walls."""


class WilsonQuark:
    """S = (D + m)^{-1} = 2 kappa M^{-1}, with clover term or without."""

    def __init__(self, operator: WilsonOperator) -> None:
        self.operator, self._solver = operator, WilsonPropagator(operator)

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; there is no midpoint."""
        x = self.operator.vector()
        self._solver.solve(x, eta, tolerance, max_iterations)
        x["c"] *= 2.0 * self.operator.kappa
        return walls.Propagated(x, None)


class DomainWallQuark:
    """S = <q qbar> of the quark on the walls (see ``dirac.domainwall_quark``)."""

    def __init__(self, operator: DomainWallOperator) -> None:
        self.operator = operator

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta, and its value at the midpoint."""
        return walls.propagate(self.operator, eta, tolerance, max_iterations)


KINDS = ("wilson", "domain_wall")
"""Fermions with spin components."""


def quark(fermion: FermionConfig, mass: float, boundary: tuple[int, ...], lattice: Lattice, n: int) -> Quark:
    """The quark of a fermion table with another mass and boundary.

    Raises
    ------
    InputError
        If its operator does not exist on this lattice.
    """
    if fermion.kind == "wilson":
        kappa = kappa_of_mass(mass, lattice.d)
        return WilsonQuark(WilsonOperator(lattice, n, kappa, boundary, fermion.csw or 0.0))
    return DomainWallQuark(DomainWallOperator(lattice, n, mass, fifth_dimension(fermion), boundary))


def unit_spinor(lattice: Lattice, n: int, site: int, colour: int, spin: int) -> Blocks:
    """1 in one component at one site (numbered in block order; 0 is the origin)."""
    eta = lattice.zeros(n, spins(lattice.d))
    block, lane = divmod(site, lattice.width)
    eta["c"][block, colour, spin, 0, lane] = 1.0
    return eta


def timeslices(lattice: Lattice, psi: Blocks) -> NDArray[np.float64]:
    """|psi|^2 summed over space, colour and spin, [Lt]; added in a fixed order."""
    norm = np.moveaxis(psi["c"] ** 2, -1, 1).reshape(lattice.volume, -1)
    times = np.repeat(lattice.coordinates[:, -1], norm.shape[1])
    return np.asarray(np.bincount(times, weights=norm.ravel(), minlength=lattice.shape[-1]), dtype=np.float64)
