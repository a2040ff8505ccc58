"""Chiral condensate of quarks with spin: unit and noise sources, dense matrices of overlap quarks (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import (
    LARGEST_EXACT_TRACE,
    CondensateConfig,
    FlowedQuarksConfig,
    QuarkFluctuationsConfig,
    QuarkLoopsConfig,
)
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.overlapdense import exact_trace
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.noise import diluted, noise_spinor, of_trace, trace_described
from lqcdnn.measure.quarks.propagators import (
    Quark,
    QuarkOf,
    density_recorded,
    effort,
    phases_recorded,
    twisted_mass_recorded,
    unit_spinor,
)
from lqcdnn.measure.registry import Values

Traced = CondensateConfig | FlowedQuarksConfig | QuarkFluctuationsConfig | QuarkLoopsConfig
"""Options of traces, exact or from noise."""


def check_exact(
    options: Traced, lattice: Lattice, group: Group, size: int, name: str = "condensate", work: str = ""
) -> None:
    """Refuse an exact trace of more than ``LARGEST_EXACT_TRACE`` rows or solves; ``work`` if it is not solves.

    Raises
    ------
    InputError
        If there are more.
    """
    if options.method == "exact" and size > LARGEST_EXACT_TRACE:
        shape = "x".join(map(str, lattice.shape))
        raise InputError(
            f"the exact {name} of a {shape} lattice with {group.name} needs {work or f'{size} solves'}; "
            f"the limit is {LARGEST_EXACT_TRACE}",
            hint=f'observables.{name}.method = "noise" has no such limit',
        )


def trace_sources(
    options: Traced, lattice: Lattice, n: int, components: int, sites: int, stream: Stream
) -> Iterator[Blocks]:
    """Sources of a trace over n x components matrices: every unit vector on the first ``sites`` sites if it is exact,
    else the noise vectors of ``options``.
    """
    if options.method == "exact":
        for site, colour, spin in np.ndindex(sites, n, components):
            yield unit_spinor(lattice, n, components, site, colour, spin)
        return
    for i in range(options.vectors or 1):
        yield noise_spinor(lattice, n, components, stream, options.noise or "z2", i)


class SpinCondensate:
    """(Nf/V) Re Tr S, colours and spins summed, = (1/V) d ln Z / dm; S = (D + m)^{-1} of the four-dimensional quark.

    With a twisted mass mu besides (Nf/V) Re Tr i gamma_5 S = (1/V) d ln Z / dmu, which is (Nf/V) mu Tr S^dag S: of the
    two sides of this identity the second has the smaller noise.

    Parameters
    ----------
    options
        Mass, boundary, method (one solve for each site, colour and spin, or noise sources; of overlap quarks one sign).
    fermion
        Operator and number of flavours.
    """

    def __init__(self, options: CondensateConfig, fermion: QuarkConfig) -> None:
        self.options, self.fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self.quarks = (self._quark,)

    def description(self) -> Values:
        """Mass, flavours, boundary, phases if any, method, noise (None if exact), tolerance; for noise also vectors."""
        quark = phases_recorded(self.options, self.fermion) | density_recorded(self.fermion)
        quark |= twisted_mass_recorded(self.fermion)
        return trace_described(self.options, self.fermion.flavors, quark)

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse a lattice this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, or too many solves of the exact trace.
        """
        self._quark.on(lattice, group)
        check_exact(self.options, lattice, group, lattice.volume * group.n * spins(lattice.d))

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``condensate``, ``condensate_square``, ``condensate_iterations``; with noise ``condensate_error``.

        With a twisted mass ``condensate_pseudoscalar`` and so on besides.  The exact one of overlap quarks takes no
        solver iterations.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)

        operator, factor = made.operator, self.fermion.flavors / lattice.volume
        if o.method == "exact" and isinstance(operator, OverlapOperator):
            value = factor * exact_trace(operator)
            return {"condensate": value, "condensate_square": value**2}

        @cache
        def samples(o: CondensateConfig) -> list[tuple[float, float]]:
            sources = trace_sources(o, lattice, group.n, spins(lattice.d), lattice.volume, stream)
            return [self._sample(made, source, o) for source in sources]

        found = of_trace(o, lambda o: [scalar for scalar, _ in samples(o)], "condensate")
        if self.fermion.twisted_mass:
            found |= of_trace(o, lambda o: [turned for _, turned in samples(o)], "condensate_pseudoscalar")
        return found | effort("condensate", made.operator.log)

    def _sample(self, made: Quark, source: Blocks, o: CondensateConfig) -> tuple[float, float]:
        """(Nf/V) Re eta^dag S eta and (Nf/V) mu |S eta|^2, summed over the parts of a source."""
        scalar, turned, lattice, mu = 0.0, 0.0, made.operator.lattice, self.fermion.twisted_mass or 0.0
        for eta in diluted(lattice, source, o.dilution or ()):
            found = made.propagate(eta, o.tolerance, self.fermion.max_iterations).quark
            scalar += self.fermion.flavors * real_product(eta, found) / lattice.volume
            if mu:
                turned += self.fermion.flavors * mu * real_product(found, found) / lattice.volume
        return scalar, turned
