"""Lowest eigenvalues of the Dirac operator of any fermion (physics.md 6)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import EigenvaluesConfig
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.lowmodes import Hermitian, LowModes, block_size, low_modes, restricted
from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.sign import hermitian_wilson
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.overlap_eigenvalues import on_circle
from lqcdnn.measure.quarks.propagators import Operator, of_spectrum, without_density
from lqcdnn.measure.registry import Values, observable, own_options

GAP = 1e-7
"""Two eigenvalues of D^dag D belong together if they are closer than this, in units of the bound of its spectrum."""


EvenOdd = StaggeredOperator | WilsonOperator | DomainWallOperator
"""Operators that have no eigenvalues on a circle."""


@observable("eigenvalues")
class Eigenvalues:
    """Staggered: lambda > 0 of the pairs +-i lambda of D (without mass); with spin: |lambda| of the hermitian operator.

    That is gamma_5 (D + m) for Wilson and clover fermions, gamma_5 R_5 D(m) in five dimensions for domain walls: the
    roots of the eigenvalues of D^dag D.  Overlap: |lambda| of the pairs lambda, lambda^* of D (without mass).

    Parameters
    ----------
    options
        Mass, boundary, number, tolerance.
    fermion
        Table that says which operator; without one, a staggered field.
    """

    def __init__(self, options: EigenvaluesConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = of_spectrum(self._fermion, options)

    def description(self) -> Values:
        """``eigenvalue_options``."""
        return {"eigenvalue_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operator, or with fewer eigenvalues than wanted.

        Raises
        ------
        InputError
            If the lattice has no even and odd sites, or too few of them.
        """
        operator = self._on(lattice, group)
        size = dimension(operator)
        if self.options.number > size:
            raise InputError(
                f"observables.eigenvalues.number: found {self.options.number}, but this operator has {size} eigenvalues"
            )

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``eigenvalues``, rising, and ``eigenvalues_residual``, the largest |A v - a v| / |A|, A = D^dag D.

        With Wilson fermions also ``eigenvalues_signed``, those of gamma_5 (D + m) in the same order; of overlap
        fermions see ``on_circle``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If they do not converge.
        """
        self.check(lattice, group)
        operator, o = self._on(lattice, group), self.options
        operator.set_links(U)
        if isinstance(operator, OverlapOperator):
            return on_circle(operator, stream, o.number, o.tolerance, o.max_iterations)
        A = squared(operator)
        count = block_size(o.number, dimension(operator))
        start = [random_vector(operator, stream, i) for i in range(count)]
        found = low_modes(A, start, o.number, o.tolerance, o.max_iterations)
        values = np.sqrt(np.maximum(found.values, 0.0)) / scale(operator)
        record: Values = {"eigenvalues": values.tolist()}
        if isinstance(operator, WilsonOperator):
            record["eigenvalues_signed"] = signed(operator, A, found)
        return record | {"eigenvalues_residual": float(found.residuals.max()) / A.bound}

    def _on(self, lattice: Lattice, group: Group) -> Operator:
        return without_density(self._quark.on(lattice, group).operator)


def signed(operator: WilsonOperator, A: Hermitian, found: LowModes) -> list[float | None]:
    """Eigenvalues of gamma_5 (D + m), by modulus, from those of its square; None where the sign is not certain.

    gamma_5 M is diagonalised in the space of the eigenvectors, up to the first gap behind them: with an eigenvalue of
    the square the space must hold all vectors of it, which the end of the block may cut through.
    """
    number, ritz = len(found.values), found.ritz
    clear = [k for k in range(number, len(ritz)) if ritz[k] - ritz[k - 1] > GAP * A.bound]
    vectors = found.vectors[: clear[0] if clear else len(ritz)]
    every, _ = restricted(A, hermitian_wilson(operator), vectors, [operator.vector()] * len(vectors))
    values = sorted(every.tolist(), key=abs)[:number]
    moduli = np.sqrt(np.maximum(found.values, 0.0)).tolist()
    return [
        value / scale(operator) if abs(abs(value) - modulus) <= 1e-3 * modulus else None
        for value, modulus in zip(values, moduli, strict=True)
    ]


def dimension(operator: Operator) -> int:
    """Eigenvalues of A: those on even sites, of one chirality, or of all components."""
    size: int = operator.lattice.volume * operator.n
    if isinstance(operator, StaggeredOperator):
        return size // 2
    if isinstance(operator, OverlapOperator):
        return size * int(operator.spins) // 2
    L5: int = operator.fifth.L5 if isinstance(operator, DomainWallOperator) else 1
    return size * int(operator.spins) * L5


def scale(operator: Operator) -> float:
    """Factor of the operator against its mass form: M = 2 kappa (D + m) for Wilson fermions."""
    return 2.0 * operator.kappa if isinstance(operator, WilsonOperator) else 1.0


def squared(operator: EvenOdd) -> Hermitian:
    """-D^2 on even sites, or D^dag D on all, with a bound that holds on every configuration."""
    lattice = operator.lattice
    if isinstance(operator, StaggeredOperator):
        return Hermitian(operator.equations[EVEN].apply_normal, operator.norm**2, 0, lattice.half)
    return Hermitian(product(operator), norm_bound(operator) ** 2, 0, lattice.blocks)


def product(operator: WilsonOperator | DomainWallOperator) -> Callable[[Blocks, Blocks], None]:
    """out = D^dag D x."""
    between = operator.vector()

    def apply(out: Blocks, x: Blocks) -> None:
        operator.apply(between, x)
        operator.apply(out, between, dagger=True)

    return apply


def norm_bound(operator: WilsonOperator | DomainWallOperator) -> float:
    """A number |D| never exceeds, from |H| <= 2d max(1, r), |F| <= 1 of each plane and |Lambda| <= max(1, |m|).

    Where the hops of directions have weights, d is their sum.
    """
    d = operator.lattice.d
    if isinstance(operator, WilsonOperator):
        space, time = operator.csw if isinstance(operator.csw, tuple) else (operator.csw, operator.csw)
        clover = abs(space) * (d - 1) * (d - 2) / 2 + abs(time) * (d - 1)
        hops = 2 * operator.reach * max(1.0, operator.r)
        if operator.exponential_clover:
            return math.exp(operator.kappa * clover) + operator.kappa * hops
        return 1.0 + operator.kappa * (hops + clover)
    fifth = operator.fifth
    wilson = abs(d - fifth.M5) + d
    return fifth.b5 * wilson + 1.0 + (fifth.c5 * wilson + 1.0) * max(1.0, abs(operator.mass))


def random_vector(operator: EvenOdd, stream: Stream, index: int) -> Blocks:
    """Gaussian start vector of a configuration."""
    psi = operator.vector()
    every, spins = rows(psi), 1 if isinstance(operator, StaggeredOperator) else operator.spins
    for s in range(len(every)):
        purpose = noise_purpose(index * len(every) + s)
        every[s] = gaussian_vector(operator.lattice, operator.n, stream, purpose, spins)
    return psi
