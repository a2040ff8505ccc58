"""Phases of fermions at the boundary: twisted boundary conditions in space, imaginary chemical potential in time.

psi(x + L_mu e_mu) = b_mu exp(i theta_mu) psi(x) with the boundary signs b_mu.  The field psi(x) times
exp(-i theta_mu x_mu / L_mu) knows of signs alone, and its hops of l links have the factor exp(i l theta_mu / L_mu),
backward the conjugate (G. M. de Divitiis, R. Petronzio, N. Tantalo, hep-lat/0405002; C. T. Sachrajda, G. Villadoro,
hep-lat/0411033).  That does not depend on where the boundary is; in time it is the chemical potential i theta_t / L_t
of P. Hasenfratz and F. Karsch, Phys. Lett. B 125 (1983) 308.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.kernels.links import clear
from lqcdnn.kernels.packing import add_multiples, multiply_links
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch


class BoundaryPhases:
    """The factors of the hops of an operator, and of its derivatives by the links.

    Parameters
    ----------
    lattice
        Of the operator, in double precision where links are set.
    theta
        theta_mu of each direction, in radians.
    lengths
        Steps of its hops.
    """

    def __init__(self, lattice: Lattice, theta: Sequence[float], lengths: Sequence[int] = (1,)) -> None:
        one = [angle / extent for angle, extent in zip(theta, lattice.shape, strict=True)]
        angles = [steps * angle for steps in lengths for angle in one]
        forward = [complex(math.cos(angle), math.sin(angle)) for angle in angles]
        self._forward = factors(lattice, forward)
        self._both = factors(lattice, [*forward, *(z.conjugate() for z in forward)])

    def turn(self, W: Blocks) -> None:
        """Multiply packed links [block, k], which must be whole."""
        multiply_links(W, self._both)

    def add_derivative(self, Sigma: Blocks, T: Blocks) -> None:
        """Sigma [k, block] += the derivative T by the links with their phases, as one by the links."""
        add_multiples(Sigma, T, self._forward)


def factors(lattice: Lattice, numbers: Sequence[complex]) -> Blocks:
    """Complex numbers as kernels multiply packed links with them."""
    out = aligned_zeros((len(numbers),), field_dtype(1, 1, lattice.width, lattice.real))
    for k, z in enumerate(numbers):
        out["c"][k, 0, 0, 0], out["c"][k, 0, 0, 1] = z.real, z.imag
    return out


def boundary_phases(
    lattice: Lattice, n: int, theta: Sequence[float] | None, lengths: Sequence[int] = (1,)
) -> BoundaryPhases | None:
    """The phases of an operator; None where there are none, or all are 1 by theta = 0.

    Raises
    ------
    InputError
        For SU(2), whose links are stored as quaternions, or another number of angles than of directions.
    """
    if theta is None or not any(theta):
        return None
    if len(theta) != lattice.d:
        raise InputError(f"theta has {len(theta)} angles; allowed: {lattice.d}, one for each direction")
    if n == 2:
        raise InputError("theta of fermions with SU(2): allowed: U(1) and SU(N) with N above 2")
    return BoundaryPhases(lattice, theta, lengths)


def weighted(signs: Blocks, weights: Sequence[float] | None) -> Blocks:
    """Signs [k, block] of hops times weights of their directions, in place: kernels take both for signs."""
    if weights is not None:
        signs["c"] *= np.reshape(weights, (-1, *[1] * (signs["c"].ndim - 1)))
    return signs


@contextmanager
def of_turned_links(phases: BoundaryPhases | None, Sigma: Blocks) -> Iterator[Blocks]:
    """Where to add a derivative by links with their phases, that the one by the links be added to ``Sigma``."""
    if phases is None:
        yield Sigma
        return
    T = scratch(Sigma)
    clear(T)
    yield T
    phases.add_derivative(Sigma, T)
