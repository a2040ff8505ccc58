r"""Mode number and spectral density of the staggered and the Wilson operator (physics.md 6).

nu(M) is the number of eigenvalues a <= M^2 of D^dag D on all sites (L. Giusti, M. Luscher, arXiv:0812.3638), exactly or
by the kernel polynomial method (A. Weisse, G. Wellein, A. Alvermann, H. Fehske, Rev. Mod. Phys. 78 (2006) 275):

.. math:: \nu(M) = \sum_n g_n\, c_n(M)\, \mathrm{Tr}\, T_n(X), \quad X = 2 D^\dagger D/b - 1

with the bound b of the spectrum, the Chebyshev coefficients c_n of the step and Jackson's factors g_n.
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import LARGEST_SPECTRUM, SpectralDensityConfig
from lqcdnn.dirac.dense import eigenvalues
from lqcdnn.dirac.lowmodes import Hermitian
from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import DENSITY, Stream
from lqcdnn.kernels.linalg import products, recur
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.eigenvalues import dimension, scale, squared
from lqcdnn.measure.quarks.noise import noise_spinor
from lqcdnn.measure.quarks.propagators import of_spectrum
from lqcdnn.measure.registry import Values, observable, own_options


@observable("spectral_density")
class SpectralDensity:
    """nu(M) and rho = d nu / dM / (2 V).

    Banks and Casher's relation is then condensate = pi rho(0) for a staggered field or a Wilson flavour.

    Staggered: -D^2 without mass, nu counts both signs of each pair +-i lambda.  Wilson and clover: (D + m)^dag (D + m).

    Parameters
    ----------
    options
        Mass, boundary, bins, method.
    fermion
        Table that says which operator; without one, a staggered field.
    """

    def __init__(self, options: SpectralDensityConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = of_spectrum(self._fermion, options)

    def description(self) -> Values:
        """``spectral_options``."""
        return {"spectral_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operator, domain walls, and matrices too large.

        Raises
        ------
        InputError
            If so.
        """
        size = dimension(self._on(lattice, group))
        if self.options.method == "exact" and size > LARGEST_SPECTRUM:
            raise InputError(
                f"all eigenvalues on a {'x'.join(map(str, lattice.shape))} lattice with {group.name} are those of a "
                f"{size} x {size} matrix; the limit is {LARGEST_SPECTRUM}",
                hint='observables.spectral_density.method = "noise" has no such limit',
            )

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``spectral_edges``, the upper edge M_k of each bin, ``mode_number`` = nu(M_k) and ``spectral_density``.

        The density of bin k is [nu(M_k) - nu(M_{k-1})] / [2 V (M_k - M_{k-1})].

        Raises
        ------
        InputError
            As :meth:`check`.
        """
        self.check(lattice, group)
        operator, o = self._on(lattice, group), self.options
        operator.set_links(U)
        A = squared(operator)
        copies = 2.0 if isinstance(operator, StaggeredOperator) else 1.0  # of the spectrum on even sites
        top = o.maximum or math.sqrt(A.bound) / scale(operator)
        edges = [top * k / o.bins for k in range(o.bins + 1)]
        squares = [(scale(operator) * edge) ** 2 for edge in edges]
        if o.method == "exact":
            counts = exact_counts(A, operator, squares)
        else:
            counts = smoothed_counts(self._moments(A, operator, stream), [x / A.bound for x in squares])
        counts = [copies * count for count in counts]
        width = 2.0 * lattice.volume * top / o.bins
        density = [(counts[k] - counts[k - 1]) / width for k in range(1, len(edges))]
        return {"spectral_edges": edges[1:], "mode_number": counts[1:], "spectral_density": density}

    def _moments(self, A: Hermitian, operator: StaggeredOperator | WilsonOperator, stream: Stream) -> list[float]:
        """Mean over noise vectors of eta^dag T_n(X) eta."""
        o, spins = self.options, 1 if isinstance(operator, StaggeredOperator) else operator.spins
        vectors, degree = o.vectors or 1, o.degree or 2
        found = []
        for i in range(vectors):
            eta = noise_spinor(operator.lattice, operator.n, spins, stream, o.noise or "z2", i, DENSITY)
            found.append(chebyshev_moments(A, eta, operator.vector(), operator.vector(), degree))
        return [math.fsum(column) / vectors for column in zip(*found, strict=True)]

    def _on(self, lattice: Lattice, group: Group) -> StaggeredOperator | WilsonOperator:
        made = self._quark.on(lattice, group).operator
        if not isinstance(made, StaggeredOperator | WilsonOperator):
            raise InputError("the spectral density of domain wall fermions has no four-dimensional normalisation")
        return made


def exact_counts(A: Hermitian, operator: StaggeredOperator | WilsonOperator, squares: list[float]) -> list[float]:
    """Number of eigenvalues of A up to each of the numbers, equal ones (to rounding) included; none up to the first."""
    values, rounding = eigenvalues(A, operator.vector), 1e-12 * A.bound
    return [0.0, *(float((values <= square + rounding).sum()) for square in squares[1:])]


def chebyshev_moments(A: Hermitian, eta: Blocks, y: Blocks, z: Blocks, degree: int) -> list[float]:
    """eta^dag T_n(X) eta for n = 0 ... degree, X = 2 A / bound - 1, with one product by A for two moments.

    T_{2k} = 2 T_k^2 - 1 and T_{2k+1} = 2 T_k T_{k+1} - T_1.

    Parameters
    ----------
    A, eta
        The matrix and a vector, used on the blocks of A; overwritten.
    y, z
        Work space.
    """
    part, factor = np.empty(A.last - A.first), 2.0 / A.bound

    def product(u: Blocks, v: Blocks) -> float:
        products(part, rows(u), rows(v), A.first, A.last)
        return float(ordered_sum(part))

    old, now, out = eta, y, z
    A.apply(now, old)
    recur(rows(now), factor, -1.0, rows(old), 0.0, rows(old), A.first, A.last)
    moments = [product(old, old), product(old, now)]
    while len(moments) <= degree:
        moments.append(2.0 * product(now, now) - moments[0])
        if len(moments) > degree:
            break
        A.apply(out, now)
        recur(rows(out), 2.0 * factor, -2.0, rows(now), -1.0, rows(old), A.first, A.last)
        moments.append(2.0 * product(now, out) - moments[1])
        old, now, out = now, out, old
    return moments


def smoothed_counts(moments: list[float], fractions: list[float]) -> list[float]:
    """sum_n g_n c_n mu_n: eigenvalues of A up to each fraction of its bound, the step smoothed by Jackson's kernel.

    A fraction of 1 or more counts the whole spectrum, 0 nothing.  In theta, X = cos theta, the smoothed step is close
    to that of a normal distribution of width pi/(number of moments).

    Parameters
    ----------
    moments
        Tr T_n(X).
    fractions
        a / bound >= 0.
    """
    found = []
    for fraction in fractions:
        angle = math.acos(max(-1.0, min(1.0, 2.0 * fraction - 1.0)))
        steps = [1.0 - angle / math.pi, *(-2.0 * math.sin(n * angle) / (n * math.pi) for n in range(1, len(moments)))]
        found.append(
            math.fsum(jackson(n, len(moments)) * c * mu for n, (c, mu) in enumerate(zip(steps, moments, strict=True)))
        )
    return found


def jackson(n: int, count: int) -> float:
    """g_n of Jackson's kernel with so many moments (Weisse et al., eq. 71)."""
    angle = math.pi / (count + 1)
    return ((count - n + 1) * math.cos(angle * n) + math.sin(angle * n) / math.tan(angle)) / (count + 1)
