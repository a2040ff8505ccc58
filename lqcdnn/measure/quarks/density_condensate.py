"""Chiral and diquark condensate of staggered quarks at finite density, by unit or noise sources."""

from __future__ import annotations

from lqcdnn.config.tables.fermions import STAGGERED_FLAVORS, QuarkConfig
from lqcdnn.config.tables.quarkobservables import CondensateConfig
from lqcdnn.dirac.staggered_density import StaggeredDensity
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.noise import Samples, diluted, of_trace, trace_described
from lqcdnn.measure.quarks.propagators import QuarkOf, density_recorded, effort, iterations
from lqcdnn.measure.quarks.spin_condensate import check_exact, trace_sources
from lqcdnn.measure.registry import Values


class DensityCondensate:
    """(1/V) d ln Z / dm and (1/V) d ln Z / dj, Z with det^(Nf / (2 Nt)) (M^dag M + j^2), Nt the flavours of a field.

    They are (Nf / Nt) (1/V) Re Tr [(M^dag M + j^2)^{-1} M^dag] and (Nf / Nt) (j/V) Tr (M^dag M + j^2)^{-1}, of the same
    solutions.

    Parameters
    ----------
    options
        Mass, boundary, method (one solve for each site and colour, or noise sources).
    fermion
        Density and number of flavours.
    """

    def __init__(self, options: CondensateConfig, fermion: QuarkConfig) -> None:
        self.options, self.fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary)

    def description(self) -> Values:
        """Mass, flavours, boundary, density, method, noise (None if exact), tolerance; for noise also vectors."""
        return trace_described(self.options, self.fermion.flavors, density_recorded(self.fermion))

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, another group than SU(2), or too many solves of the exact trace.
        """
        self._operator(lattice, group)
        check_exact(self.options, lattice, group, lattice.volume * group.n)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``condensate``, its square, with noise its error, iterations; with a source ``diquark_condensate`` likewise.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        operator = self._operator(lattice, group)
        known: dict[tuple[int | None, float], list[tuple[float, float]]] = {}
        operator.set_links(U)

        def of_kind(which: int) -> Samples:
            def samples(o: CondensateConfig) -> list[float]:
                key = o.vectors, o.tolerance
                if key not in known:
                    sources = trace_sources(o, lattice, group.n, 1, lattice.volume, stream)
                    known[key] = [self._sample(operator, source, o) for source in sources]
                return [both[which] for both in known[key]]

            return samples

        found = of_trace(self.options, of_kind(0), "condensate")
        if operator.source:
            found |= of_trace(self.options, of_kind(1), "diquark_condensate")
        return found | effort("condensate", operator.log)

    def _operator(self, lattice: Lattice, group: Group) -> StaggeredDensity:
        operator = self._quark.on(lattice, group).operator
        if not isinstance(operator, StaggeredDensity):
            raise InputError("condensate: a staggered quark at finite density is needed")
        return operator

    def _sample(self, operator: StaggeredDensity, source: Blocks, o: CondensateConfig) -> tuple[float, float]:
        """Both numbers of one source, summed over its parts."""
        lattice, x, y = operator.lattice, operator.vector(), operator.vector()
        factor = self.fermion.flavors / STAGGERED_FLAVORS[lattice.d][0] / lattice.volume
        chiral = diquark = 0.0
        for eta in diluted(lattice, source, o.dilution or ()):
            operator.solve_normal(x, eta, o.tolerance, iterations(self.fermion))
            operator.apply(y, eta, dagger=True)
            chiral += factor * real_product(x, y)
            diquark += factor * operator.source * real_product(x, eta)
        return chiral, diquark
