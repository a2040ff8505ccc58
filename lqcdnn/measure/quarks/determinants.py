r"""Determinants of fermions and unbiased estimates of their ratio at two masses.

One factor stands for two flavours of Wilson or domain wall quarks or for the flavours of one staggered field; with A
positive and eta complex Gaussian, <|eta_i|^2> = 1,

.. math:: \frac{1}{\det A} = \langle e^{-\eta^\dagger (A - 1)\eta}\rangle

(A. Hasenfratz, R. Hoffmann, S. Schaefer, arXiv:0805.2369; M. Luscher, F. Palombi, arXiv:0810.0946).  The variance is
finite if all eigenvalues of A are above 1/2, hence small steps in the mass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lqcdnn.config.rules.reweighting import one_field
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.dirac import overlapdense
from lqcdnn.dirac.dense import log_determinant
from lqcdnn.dirac.determinant import Determinant, on_even_sites
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.shifted import ShiftedStaggered
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.random import REWEIGHTING, Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.kernels.jacobi import diagonalize
from lqcdnn.measure.quarks.eigenvalues import dimension
from lqcdnn.measure.quarks.propagators import Operator, Quark, StaggeredQuark


def fields(fermion: QuarkConfig | None, flavors: float, dims: int) -> float:
    """Power of :func:`log_determinant_of` that so many flavours are."""
    return flavors / one_field("staggered" if fermion is None else fermion.kind, dims)


def dense_size(operator: Operator) -> int:
    """Rows of the matrix whose determinant is computed: components on even sites, or of one chirality."""
    size: int = dimension(operator)
    return size // (1 if isinstance(operator, StaggeredOperator | OverlapOperator) else 2)


def log_determinant_of(operator: Operator) -> float:
    """ln det (D + m) of a staggered field, ln |det (D + m)|^2 of Wilson, ln |det D(m) / det D(1)|^2 of wall quarks.

    Of overlap quarks ln |det D(m)|^2, from dense matrices on all sites for each chirality.

    By the even-odd decomposition, from a dense matrix on even sites and with all constants, for the links the operator
    holds.

    Raises
    ------
    NumericalError
        If there is a zero mode, or the links hold NaN.
    """
    if isinstance(operator, DomainWallOperator):
        return _of_walls(operator) - _of_walls(operator.with_mass(1.0))
    if isinstance(operator, OverlapOperator):
        return overlapdense.log_determinant(operator)
    return Determinant(operator).logarithm()


def _of_walls(operator: DomainWallOperator) -> float:
    """ln |det D(m)|^2, up to a number that is that of all masses."""
    sites: int = operator.lattice.volume * operator.n * operator.spins
    even: float = log_determinant(on_even_sites(operator), operator.vector)
    return even + 2.0 * sites * math.log(abs(operator.site_determinant))


class Factor(NamedTuple):
    """Logarithm of an estimate of a positive number, and its relative error (None from one noise vector)."""

    log: float
    error: float | None


def mean_exponential(exponents: Sequence[float]) -> Factor:
    """The mean of exp(-x) over independent x."""
    largest, count = -min(exponents), len(exponents)
    terms = [math.exp(-x - largest) for x in exponents]
    mean = math.fsum(terms) / count
    if count == 1:
        return Factor(largest, None)
    variance = math.fsum((term - mean) ** 2 for term in terms) / (count - 1)
    return Factor(largest + math.log(mean), math.sqrt(variance / count) / mean)


def partial_fractions(power: float, step: float, lowest: float) -> tuple[list[float], list[float]]:
    r"""Weights c_j and shifts t_j > 0 of :math:`(X/X')^p - 1 = \sum_j c_j/(X_0 + t_j)`, to rounding.

    X = X' + s, and X_0 is the smaller of the two, with eigenvalues of at least ``lowest``.  On the cut of (1 + s/x)^p

    .. math:: (1 + s/x)^p = 1 + \frac{\sin \pi p}{\pi} \int_0^s \Big(\frac{s - t}{t}\Big)^p \frac{dt}{x + t}

    for s > 0, and for s < 0 the same with x + t -> x - t and the other sign; the nodes are Gauss's for this weight.

    Parameters
    ----------
    power
        0 < p <= 1; for p = 1 there is one term.
    step
        s, positive or negative.
    lowest
        Above 0.
    """
    z = 1.0 + 2.0 * lowest / abs(step)
    count = 1 if power == 1.0 else 2 + math.ceil(40.0 / (2.0 * math.log(z + math.sqrt(z * z - 1.0))))
    T, V = np.zeros((count, count), dtype=np.complex128), np.eye(count, dtype=np.complex128)
    T[0, 0] = -power  # Jacobi polynomials of weight (1 - x)^p (1 + x)^-p
    for n in range(1, count):
        T[n - 1, n] = T[n, n - 1] = math.sqrt((n * n - power * power) / (4.0 * n * n - 1.0))
    diagonalize(T, V)
    terms = []
    for j in range(count):
        t = 0.5 * (1.0 + T[j, j].real)
        t = max(0.0, t if step > 0.0 else 1.0 - t)
        terms.append((abs(step) * t, step * power * (V[0, j].real ** 2 + V[0, j].imag ** 2)))
    terms.sort()
    return [weight for _, weight in terms], [shift for shift, _ in terms]


class StaggeredRatio:
    """[det (D + m') / det (D + m)]^p, 0 < p <= 1, from noise on even sites.

    With X = m^2 - D^2 and X' = m'^2 - D^2 there, A = (X/X')^p: for each noise vector one solve of shifted systems.

    Parameters
    ----------
    old, new
        Quarks of masses m and m', both above 0, with their links set.
    power
        p.
    """

    def __init__(self, old: StaggeredQuark, new: StaggeredQuark, power: float) -> None:
        light = min(old.operator, new.operator, key=lambda operator: operator.mass)
        self._system = ShiftedStaggered(light)
        step = old.operator.mass**2 - new.operator.mass**2
        self._weights, self._shifts = partial_fractions(power, step, light.mass**2)

    def exponent(self, stream: Stream, number: int, tolerance: float, max_iterations: int) -> float:
        """eta^dag (A - 1) eta for noise vector ``number``."""
        system, half = self._system, self._system.lattice.half
        eta, found = system.noise(stream, noise_purpose(number, REWEIGHTING)), system.vector()
        system.solve(eta, self._shifts, tolerance, max_iterations)
        system.combine(found, eta, 0.0, self._weights)
        return real_product(eta[:half], found[:half])


class SpinRatio:
    """|det (D + m') / det (D + m)|^2 of quarks with spin, from noise on all sites.

    A = B^dag B with B = (D + m) S' = 1 + (m - m') S', S' = (D + m')^{-1}: one solve for each noise vector.  Where the
    operators of two masses do not differ by a number, with exponential clover terms, D + m is applied.

    Parameters
    ----------
    old, new
        Quarks of masses m and m' with their links set.
    """

    def __init__(self, old: Quark, new: Quark) -> None:
        self._old, self._new, self._step = old, new, old.operator.mass - new.operator.mass

    def exponent(self, stream: Stream, number: int, tolerance: float, max_iterations: int) -> float:
        """eta^dag (A - 1) eta for noise vector ``number``."""
        op = self._new.operator
        eta = gaussian_vector(op.lattice, op.n, stream, noise_purpose(number, REWEIGHTING), self._new.spins)
        found = self._new.propagate(eta, tolerance, max_iterations).quark
        first = self._old.operator
        if isinstance(first, WilsonOperator) and first.exponential_clover:
            image = first.vector()
            first.apply(image, found)
            return real_product(image, image) / (2.0 * first.kappa) ** 2 - real_product(eta, eta)
        return 2.0 * self._step * real_product(eta, found) + self._step**2 * real_product(found, found)

