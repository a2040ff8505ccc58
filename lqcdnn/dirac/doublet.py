"""Two Wilson or clover flavours of different masses with a twisted mass, and their shifted systems (physics.md 21.5).

D_h = D + m + i mu_sigma gamma_5 tau_3 + mu_delta tau_1 (R. Frezzotti, G. C. Rossi, hep-lat/0311008, who have tau_1 and
tau_3 exchanged, which is a rotation in flavour), in the kappa form M = 2 kappa D_h = A + 2 kappa (i mu_sigma gamma_5
tau_3 + mu_delta tau_1) - kappa H with A, kappa and H of ``dirac.wilson``.  Q = gamma_5 tau_1 M is hermitian, and
|mu_sigma| > |mu_delta| makes det M positive, whatever the links: the antihermitian part of gamma_5 tau_3 M is then
nowhere below 2 kappa (|mu_sigma| - |mu_delta|), and so is no singular value.

Eliminating the odd sites leaves Mhat = T_e - kappa^2 H_eo T_o^-1 H_oe, T the term of a site (``kernels.doublet``), with
det T_o = det (A^2 + m^2 - e^2)_o over one flavour, m = 2 kappa mu_sigma, e = 2 kappa mu_delta.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.twistedmass import spectrum_bounds
from lqcdnn.dirac.shifted import OneByOne
from lqcdnn.dirac.staggered_density import SECOND_FIELD
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import doublet as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice


class DoubletOperator:
    """Mhat of both flavours on links given by :meth:`set_links`.

    Vectors are spinors [block] of both flavours on the even sites, the second where odd sites would be (:meth:`pair`).

    Parameters
    ----------
    quark
        A Wilson or clover operator with the twisted mass (mu_sigma^2 - mu_delta^2)^1/2: its determinants on odd sites
        are those of the doublet.
    twisted_mass, mass_splitting
        mu_sigma and mu_delta in lattice units, of either sign, the first of larger size.

    Raises
    ------
    InputError
        If the determinant may be negative, or with a chemical potential.
    """

    def __init__(self, quark: WilsonOperator, twisted_mass: float, mass_splitting: float) -> None:
        if not abs(twisted_mass) > abs(mass_splitting):
            raise InputError(f"mass_splitting = {mass_splitting}; allowed: a smaller size than {abs(twisted_mass):g}")
        if quark.mu:
            raise InputError("a chemical potential beside a mass splitting; allowed: one of the two")
        self.quark, self.twisted_mass, self.mass_splitting = quark, twisted_mass, mass_splitting
        self.lattice, self.n, self.spins, self.log = quark.lattice, quark.n, quark.spins, quark.log
        self._m, self._e = 2.0 * quark.kappa * twisted_mass, 2.0 * quark.kappa * mass_splitting
        self.odd = quark.vector(), quark.vector()
        self._left = quark.vector(), quark.vector()
        self._part = np.empty(self.lattice.blocks)

    @property
    def packed(self) -> tuple[Blocks, ...]:
        """What depends on the links."""
        return self.quark.packed

    @property
    def terms(self) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """T and T_o^-1 as the kernels take them."""
        m, e, clover = self._m, self._e, self.quark.clover
        if clover is None:
            return (1.0, m, e), (1.0 / (1.0 + (m - e) * (m + e)), -m, -e)
        return (clover.A, m, e), (clover.A, clover.inverse, -m, -e)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Bounds of the spectrum of Mhat^dag Mhat that hold on all unitary links; None with a clover term."""
        q = self.quark
        return spectrum_bounds(self._m, self._e, q.kappa * q.reach, q.r) if q.clover is None else None

    def on(self, lattice: Lattice) -> DoubletOperator:
        """The same operator, without links, on a lattice of other blocks or precision."""
        return DoubletOperator(self.quark.on(lattice), self.twisted_mass, self.mass_splitting)

    def set_links(self, U: Blocks) -> None:
        """The links U [d, block], which are in the group."""
        self.quark.set_links(U)

    def vector(self) -> Blocks:
        """A zero vector of both flavours."""
        return self.quark.vector()

    def pair(self, x: Blocks) -> tuple[Blocks, Blocks]:
        """The parts of a vector that belong to the two flavours, each on the even sites."""
        half = self.lattice.half
        return x[:half], x[half:]

    def apply_even(self, out: Blocks, x: Blocks, dagger: bool = False) -> None:
        """out = Mhat x or Mhat^dag x."""
        nbr, half, side = self.lattice.neighbours, self.lattice.half, -1.0 if dagger else 1.0
        kernels.even_operator(self._part, out, *self.odd, *self.terms, self.quark.hops, x, nbr, side, half)

    def add_derivatives(self, Sigma: Blocks, X: Iterator[Blocks], weights: Sequence[float], local: float) -> None:
        """Sigma += d/dU of sum_i weights_i phi^dag (Mhat^dag Mhat + s_i)^-1 phi + local times :meth:`local_action`.

        X_i = (Mhat^dag Mhat + s_i)^-1 phi: -2 Re (Mhat X_i)^dag dMhat X_i, which with both sides continued to the odd
        sites by T_o^-1 K_oe and T_o^-dag (K^dag)_oe is what each flavour has of M at fixed masses.
        """
        q, Z, y = self.quark, self.quark.insertions(), self.vector()
        for x, weight in zip(X, weights, strict=True):
            self.apply_even(y, x)
            self._continue(self.odd, x, 1.0)
            self._continue(self._left, y, -1.0)
            for right, left in zip(self.odd, self._left, strict=True):
                q.add_whole_bilinear(Sigma, Z, right, left, -2.0 * weight)
        q.add_clover_derivative(Sigma, Z, 2.0 * local)

    def _continue(self, flavors: tuple[Blocks, Blocks], x: Blocks, side: float) -> None:
        """A vector on the even sites of two fields, and what it is continued by on the odd ones."""
        half = self.lattice.half
        for field, part in zip(flavors, self.pair(x), strict=True):
            field["c"][:half] = part["c"]
        kernels.odd_flavors(*flavors, self.terms[1], self.quark.hops, *flavors, self.lattice.neighbours, side, half)

    def local_action(self) -> float:
        """-2 log det T_o: what phi^dag (Mhat^dag Mhat)^-1 phi leaves out of two doublets."""
        return 2.0 * self.quark.local_action()


class ShiftedDoublet(OneByOne):
    """(Mhat^dag Mhat + s_i) x_i = b of a doublet, on vectors of both flavours; det (Mhat^dag Mhat) is two doublets.

    Parameters
    ----------
    operator
        Mhat; solves are recorded in its log.
    """

    name = "Wilson doublet multi-shift CG"
    operator: DoubletOperator

    def __init__(self, operator: DoubletOperator) -> None:
        lattice, spins = operator.lattice, operator.spins
        work = 8 * lattice.d * operator.n**2 * spins * lattice.volume
        super().__init__(operator, spins, work, lattice.blocks)
        self._y = self.vector()

    def on(self, lattice: Lattice) -> ShiftedDoublet:
        """On the operator there."""
        return ShiftedDoublet(self.operator.on(lattice))

    def parts(self, of_sites: NDArray[np.int64]) -> NDArray[np.int64]:
        """The even sites of each flavour."""
        half = len(of_sites) // 2
        return np.concatenate((of_sites[:half], of_sites[:half] + self.lattice.half))

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian field with <|r|^2> = 1 per component, of each flavour by itself."""
        out, half = self.vector(), self.lattice.half
        for part, number in zip(self.operator.pair(out), (purpose, purpose + SECOND_FIELD), strict=True):
            part["c"] = gaussian_vector(self.lattice, self.n, stream, number, self.spins)["c"][:half]
        return out

    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = Mhat^dag Mhat x."""
        self.operator.apply_even(self._y, x)
        self.operator.apply_even(out, self._y, dagger=True)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """One derivative for each i."""
        self.operator.add_derivatives(Sigma, self._solutions(), weights, local)

    def local_action(self) -> float:
        """That of two doublets."""
        return self.operator.local_action()

    def _arrays(self) -> tuple[object, ...]:
        op = self.operator
        return *op.terms, op.quark.hops, self.lattice.neighbours, op.odd, self._y
