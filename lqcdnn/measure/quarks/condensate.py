"""Chiral condensate of staggered fermions, exactly or with noise (physics.md 6).

(1/V) Tr (D + m)^-1 = (m/V) Tr (m^2 - D^2)^-1: D is antihermitian, so the part odd in D has no trace.  D connects
even with odd sites only, and D_eo D_oe and D_oe D_eo have the same spectrum, hence also
(1/V) Tr (D + m)^-1 = (2m/V) Tr_e (m^2 - D_eo D_oe)^-1, a hermitian matrix on half of the sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import tee

from lqcdnn.config.tables.fermions import STAGGERED_FLAVORS, QuarkConfig
from lqcdnn.config.tables.quarkobservables import CondensateConfig
from lqcdnn.dirac.dense import eliminate
from lqcdnn.dirac.determinant import normal_matrix
from lqcdnn.dirac.several import solve_all
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import NumericalError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.kernels import dense
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.density_condensate import DensityCondensate
from lqcdnn.measure.quarks.noise import described, diluted, from_vectors, noise_vector
from lqcdnn.measure.quarks.propagators import KINDS, QuarkOf, effort, iterations, phases_recorded
from lqcdnn.measure.quarks.spin_condensate import SpinCondensate, check_exact
from lqcdnn.measure.registry import Observable, Values, observable


@observable("condensate")
def condensate(options: CondensateConfig, fermion: QuarkConfig | None = None) -> Observable:
    """The condensate of a fermion, of a staggered field if there is none."""
    if fermion is not None and fermion.kind in KINDS:
        return SpinCondensate(options, fermion)
    if fermion is not None and fermion.at_density:
        return DensityCondensate(options, fermion)
    return Condensate(options, fermion)


class Condensate:
    """(Nf / Nt) (1/V) Tr (D + m)^-1, colours summed, Nt = 4 tastes of a field in d = 4 (see ``tastes``).

    It is (1/V) d ln Z / dm.

    Parameters
    ----------
    options
        Mass, boundary, method (exact trace or noise sources).
    fermion
        Table of the fermion: Nf is its number of flavours; without one, a single field (factor 1).
    """

    def __init__(self, options: CondensateConfig, fermion: QuarkConfig | None = None) -> None:
        self.options = options
        self.flavors = fermion.flavors if fermion else tastes(len(options.boundary))
        self._fermion, self._max_iterations = fermion, iterations(fermion)
        self.quarks = (QuarkOf(fermion, options.mass, options.boundary, options.theta),)

    def description(self) -> Values:
        """Mass, flavours, boundary, phases, method, noise (None if exact); for noise also vectors and tolerance."""
        o = self.options
        found = {
            "mass": o.mass,
            "flavors": self.flavors,
            "boundary": list(o.boundary),
            **phases_recorded(o, self._fermion),
            "method": o.method,
            "noise": o.noise,
        }
        return found if o.noise is None else found | described(o) | {"tolerance": o.tolerance}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse a lattice this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, or a matrix too large for the exact trace.
        """
        self._on(lattice, group)
        size = lattice.volume * group.n // 2
        check_exact(self.options, lattice, group, size, work=f"the inverse of a {size} x {size} matrix")

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``condensate``, ``condensate_square``, both unbiased; noise: ``condensate_error``, ``condensate_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge, or the operator has a zero mode at mass 0.
        """
        self.check(lattice, group)
        operator = self._on(lattice, group)
        operator.set_links(U)
        factor, o = self.flavors / tastes(lattice.d) / lattice.volume, self.options
        if o.method == "exact":
            value = factor * exact_trace(operator)
            return {"condensate": value, "condensate_square": value**2}

        def samples(o: CondensateConfig) -> list[float]:
            given = (o.noise or "z2", o.vectors or 1, o.tolerance, self._max_iterations, o.dilution or ())
            return [factor * sample for sample in noise_traces(operator, stream, *given)]

        return from_vectors(o, samples, "condensate") | effort("condensate", operator.log)

    def _on(self, lattice: Lattice, group: Group) -> StaggeredOperator:
        """The operator for this lattice."""
        operator = self.quarks[0].on(lattice, group).operator
        assert isinstance(operator, StaggeredOperator)
        return operator


def tastes(d: int) -> int:
    """Flavours of one staggered field, Nt: 4 in d = 4, 2 in d = 2 and (four-component spinors) in d = 3."""
    return STAGGERED_FLAVORS[d][0]


def exact_trace(operator: StaggeredOperator) -> float:
    """Tr (D + m)^-1 = 2m Tr_e (m^2 - D_eo D_oe)^-1 on the links the operator holds, colours summed.

    Raises
    ------
    NumericalError
        If the matrix is not positive definite: the links hold NaN, or m = 0 and D has a zero mode.
    """
    a, b = normal_matrix(operator)
    pivots = eliminate(a, b)
    if not (pivots > 0.0).all():
        raise NumericalError(
            f"condensate at mass {operator.mass}: m^2 - D^2 is not positive, so the links hold NaN or D has a zero mode"
        )
    return 2.0 * operator.mass * float(dense.inverse_trace(a, b, pivots))


def noise_traces(
    operator: StaggeredOperator,
    stream: Stream,
    kind: str,
    vectors: int,
    tolerance: float,
    max_iterations: int,
    dilution: Sequence[str] = (),
) -> list[float]:
    """Estimates of Tr (D + m)^-1, one for each source: Re eta^dag (D + m)^-1 eta = m eta^dag (m^2 - D^2)^-1 eta.

    The left-out imaginary part, -eta^dag D (m^2 - D^2)^-1 eta, has mean zero.

    Parameters
    ----------
    operator
        D + m with its links set.
    stream, kind
        See :func:`lqcdnn.measure.quarks.noise.noise_vector`.
    vectors
        Number of sources, at least 1.
    tolerance, max_iterations
        Of the solves, relative residual |r|/|b|.
    dilution
        See :func:`lqcdnn.measure.quarks.noise.diluted`.
    """
    lattice, samples = operator.lattice, [0.0] * vectors
    noise = (noise_vector(lattice, operator.n, stream, kind, i) for i in range(vectors))
    parts = ((i, eta) for i, vector in enumerate(noise) for eta in diluted(lattice, vector, dilution))
    labelled, sources = tee(parts)
    solutions = solve_all(operator, (eta for _, eta in sources), tolerance, max_iterations)
    for (i, eta), x in zip(labelled, solutions, strict=True):
        samples[i] += operator.mass * real_product(eta, x)
    return samples
