"""Phases of the hops of fermions: twisted boundary conditions in space, imaginary chemical potential in time, and a
uniform electromagnetic field.

psi(x + L_mu e_mu) = b_mu exp(i theta_mu) psi(x) with the boundary signs b_mu.  The field psi(x) times
exp(-i theta_mu x_mu / L_mu) knows of signs alone, and its hops of l links have the factor exp(i l theta_mu / L_mu),
backward the conjugate (G. M. de Divitiis, R. Petronzio, N. Tantalo, hep-lat/0405002; C. T. Sachrajda, G. Villadoro,
hep-lat/0411033).  That does not depend on where the boundary is; in time it is the chemical potential i theta_t / L_t
of P. Hasenfratz and F. Karsch, Phys. Lett. B 125 (1983) 308.

In an electromagnetic field each link that a quark passes has a factor of U(1) too, of a uniform field
(``lattice.background``) and of photons (``fields.photons``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import product
from lqcdnn.kernels.contour import complex_weights
from lqcdnn.kernels.links import clear
from lqcdnn.kernels.packing import add_multiples, pack_links, pack_turned_links
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.background import Flux, parts_of_turn, uniform_angles
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.programs import planes


class LinkPhases:
    """The factors of the hops of an operator, and of its derivatives by the links.

    Parameters
    ----------
    lattice
        Of the operator, in double precision where links are set.
    n
        Number of colours.
    theta
        theta_mu of each direction, in radians.
    flux
        Quanta of flux through each plane; None: no electromagnetic field.
    lengths
        Steps of its hops.

    Attributes
    ----------
    of_planes
        exp(i f) of the plaquettes of each plane; None without an electromagnetic field.
    """

    def __init__(
        self, lattice: Lattice, n: int, theta: Sequence[float], flux: Flux | None, lengths: Sequence[int] = (1,)
    ) -> None:
        self._lattice, self._theta, self._lengths = lattice, theta, lengths
        self._flux = flux or (0,) * len(planes(lattice.d))
        self._whole = aligned_zeros((1, lattice.blocks), field_dtype(n, n, lattice.width, lattice.real))
        f = [2.0 * math.pi * k / (lattice.shape[mu] * lattice.shape[nu]) for k, (mu, nu) in self._of_planes()]
        self.of_planes = None if flux is None else [complex(math.cos(angle), math.sin(angle)) for angle in f]
        self._photons: Blocks | None = None

    def _of_planes(self) -> Iterator[tuple[int, tuple[int, int]]]:
        return zip(self._flux, planes(self._lattice.d), strict=True)

    def set_photons(self, angles: NDArray[np.float64]) -> None:
        """exp(i angle) beside all other phases of the links of one step, angles [d, V] in block order, from now on."""
        lattice, unit = self._lattice, np.eye(self._lattice.d, dtype=np.int64)
        total = np.zeros((len(self._lengths), *angles.shape))
        for i, steps in enumerate(self._lengths):
            for mu, passed in np.ndindex(lattice.d, steps):
                total[i, mu] += angles[mu][lattice.displaced(passed * unit[mu]).ravel()]
        self._photons = unit_numbers(lattice, total.reshape(-1, lattice.volume))

    def beside_photons(self, U: Blocks) -> Blocks:
        """Links U [d, block] times exp(i angle) of :meth:`set_photons`, whole matrices; U itself without photons."""
        if self._photons is None:
            return U
        V = self.room(U)
        add_multiples(V, U, self._photons[: self._lattice.d])
        return V

    @property
    def hops(self) -> Blocks:
        """Factors of the hops forward, [k, block]: those of one length after the other."""
        if self._photons is None:
            return self._constant
        out = self._lattice.zeros(1, 1, self._photons.shape[:1])
        both = (np.moveaxis(one["c"], -2, -1) for one in (self._constant, self._photons))
        out["c"] = np.moveaxis(product(*both), -1, -2)
        return out

    @cached_property
    def _constant(self) -> Blocks:
        """Those that are there without photons."""
        lattice, whole = self._lattice, parts_of_turn(self._lattice)
        out = aligned_zeros(
            (len(self._lengths) * lattice.d, lattice.blocks), field_dtype(1, 1, lattice.width, lattice.real)
        )
        for i, steps in enumerate(self._lengths):
            for mu, parts in enumerate(uniform_angles(lattice, self._flux, steps)):
                different, which = np.unique(parts, return_inverse=True)
                one = steps * (self._theta[mu] / lattice.shape[mu])
                angles = [one + 2.0 * math.pi * k / whole for k in different.tolist()]
                number = np.array([(math.cos(angle), math.sin(angle)) for angle in angles])[which.ravel()]
                out["c"][i * lattice.d + mu, :, 0, 0] = np.moveaxis(number.reshape(lattice.blocks, -1, 2), -1, 1)
        return out

    def add_derivative(self, Sigma: Blocks, T: Blocks) -> None:
        """Sigma [k, block] += the derivative T by the links with their phases, as one by the links."""
        add_multiples(Sigma, T, self.hops)

    def room(self, Sigma: Blocks) -> Blocks:
        """Zeros for the derivative by links with their phases; of SU(2) those are no quaternions."""
        T = scratch(self._whole, *Sigma.shape[:-1])
        clear(T)
        return T


def unit_numbers(lattice: Lattice, angles: NDArray[np.float64]) -> Blocks:
    """exp(i angle) of angles [k, V] in block order, as fields of 1 x 1 matrices [k, block]."""
    found, out = np.empty((angles.size, 2)), lattice.zeros(1, 1, (len(angles),))
    complex_weights(found, np.zeros(angles.size), angles.ravel(), 1.0, 0.0)
    out["c"][:, :, 0, 0] = np.moveaxis(found.reshape(len(angles), lattice.blocks, lattice.width, 2), -1, -2)
    return out


def link_phases(
    lattice: Lattice, n: int, theta: Sequence[float] | None, flux: Flux | None, lengths: Sequence[int] = (1,)
) -> LinkPhases | None:
    """The phases of an operator of n colours; None where there are none.

    A ``flux`` of zeros is that of a quark with charge, whose hops photons will turn.

    Raises
    ------
    InputError
        For another number of angles than of directions.
    """
    if theta is not None and len(theta) != lattice.d:
        raise InputError(f"theta has {len(theta)} angles; allowed: {lattice.d}, one for each direction")
    if not any(theta or ()) and flux is None:
        return None
    return LinkPhases(lattice, n, theta or (0.0,) * lattice.d, flux, lengths)


def room_for_links(
    lattice: Lattice, n: int, phases: LinkPhases | None, two_rows: bool = False, lengths: int = 1
) -> Blocks:
    """Zero links of an operator, [block, 2 d lengths].

    With phases they are whole: no quaternions of SU(2), and no ``two_rows`` determine a link of SU(3) with a phase.
    """
    if phases is None:
        return lattice.packed_links(n, two_rows, lengths)
    return lattice.packed(n, 2 * lattice.d * lengths)


def pack(
    links: Blocks, U: Blocks, signs: Blocks, neighbours: Blocks, factors: tuple[float, float], phases: LinkPhases | None
) -> None:
    """Links U [k, block] into those of an operator, with signs, factors forward and back, and phases."""
    if phases is None:
        pack_links(links, U, signs, neighbours, *factors)
    else:
        pack_turned_links(links, U, signs, phases.hops, neighbours, *factors)


def weighted(signs: Blocks, weights: Sequence[float] | None) -> Blocks:
    """Signs [k, block] of hops times weights of their directions, in place: kernels take both for signs."""
    if weights is not None:
        signs["c"] *= np.reshape(weights, (-1, *[1] * (signs["c"].ndim - 1)))
    return signs


@contextmanager
def of_turned_links(phases: LinkPhases | None, Sigma: Blocks) -> Iterator[Blocks]:
    """Where to add a derivative by links with their phases, that the one by the links be added to ``Sigma``."""
    if phases is None:
        yield Sigma
        return
    T = phases.room(Sigma)
    yield T
    phases.add_derivative(Sigma, T)
