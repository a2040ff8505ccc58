"""Quark propagator in momentum space, Landau gauge (docs/physics/renormalisation.md, 25.1)."""

from __future__ import annotations

from lqcdnn.config.rules.momentumspace import modes
from lqcdnn.config.tables.momentumspace import QuarkPropagatorConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.momentumspace import OfMomentumSpace, length, propagator_numbers
from lqcdnn.measure.quarks.propagators import effort
from lqcdnn.measure.registry import Values, observable


@observable("quark_propagator")
class QuarkPropagator(OfMomentumSpace[QuarkPropagatorConfig]):
    """Parts of S(p), of whose mean values S(p)^-1 is made: Z_q and M(p) in ``analyze.fits.renormalization``."""

    kind = "quark_propagator"

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``quark_propagator`` (see :func:`propagator_numbers`) of each momentum; ``quark_propagator_momenta``.

        The latter are |p|, p_mu = sin p_mu; ``quark_propagator_scale`` are |p|; ``quark_propagator_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If the gauge is not reached, or a solve does not converge.
        """
        self.check(lattice, group)
        made, found = self.prepared(lattice, U, group, stream), list[list[float]]()
        wanted = modes(self.options.momenta, lattice.shape)
        for mode in wanted:
            S = self.propagator(lattice, made, group.n, mode)
            found.append(propagator_numbers(S, self.sines(lattice, mode)))
        values: Values = {
            "quark_propagator_momenta": [length(self.sines(lattice, mode)) for mode in wanted],
            "quark_propagator_scale": [length(self.momentum(lattice, mode)) for mode in wanted],
            "quark_propagator": found,
        }
        return values | effort("quark_propagator", made.operator.log)
