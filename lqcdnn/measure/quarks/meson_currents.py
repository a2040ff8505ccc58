"""Three-point functions of pseudoscalar mesons: form factors and scalar content (physics.md 6)."""

from __future__ import annotations

from itertools import product

import numpy as np

from lqcdnn.config.tables.currents import MesonCurrentsConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.momenta import sink_waves
from lqcdnn.measure.quarks.propagators import described, effort, second_quark
from lqcdnn.measure.quarks.sequential import Sequential, at_time, keyed, moving
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.quarks.spinsums import spin_sums, traced
from lqcdnn.measure.registry import Observable, Values, observable


@observable("meson_currents")
def meson_currents(
    options: MesonCurrentsConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
) -> Observable:
    """Those of a fermion and another quark if one is named, from one or more sources."""
    return from_sources("meson_currents", MesonCurrents(options, fermion, antiquark))


class MesonCurrents(Sequential):
    """C_3(t) = sum_xy w(y) <P(x, T) J(y, t) P(0)^dag>, P = qbar_1 gamma_5 q_2, J = qbar_2 Gamma q_2, connected.

    C_3(t) = -sum tr [gamma_5 S_2(x; y) Gamma S_2(y; 0) Pbar S_1(0; x)], Pbar = gamma_t gamma_5 gamma_t, with the
    sequential source gamma_5 S_1(x; 0) at x_t = T (see ``insertions``). The sink is at rest, and w(y) exp(i q y)
    averaged as in ``momenta``, so that the meson comes from the source with momentum q; or the sink has exp(-i P x),
    and w = 1: a meson with momentum P before and behind the current.

    Parameters
    ----------
    options
        Currents, separations T, masses, boundary, source, tolerance.
    fermion, antiquark
        Tables of q_2, which the current sees, and of q_1; None: that of q_2.
    """

    def __init__(
        self, options: MesonCurrentsConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
    ) -> None:
        super().__init__("meson_currents", options, fermion)
        self._named, self._name = antiquark, options.antiquark
        self._other = second_quark(self.quark, antiquark, options.antiquark_mass)

    def description(self) -> Values:
        """``meson_currents_options``, with what the antiquark is where it has a table."""
        found = super().description()
        if self._named is not None:
            found["meson_currents_options"]["antiquark"] = described(self._name or "", self._named)
        return found

    def check(self, lattice: Lattice, group: Group) -> None:
        """As :meth:`Sequential.check`, and a lattice without the operator of the antiquark."""
        super().check(lattice, group)
        self._other.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``meson_current_two_point`` = sum_x <P(x, t) P(0)^dag>, ``meson_current_NAME_sT`` = C_3(t), t = 0 ... Lt - 1.

        With ``_p1_0_0`` at the end those of momenta, of the two-point function that of the meson at the sink, with
        ``_sink1_0_0`` those of momenta at source and sink; ``meson_currents_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        o, quark, other = self.options, self.quark, self._other
        made = [one.on(lattice, group) for one in dict.fromkeys((quark, other))]
        for one in made:
            one.set_links(U)
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        insertions = self.insertions(made[0], U)
        sources = list(point_sources(lattice, group.n, smearing))
        psi = self.solved(quark, made[0], sources)
        sunk = [smearing.at_sink(column.quark) for column in psi]
        of_other = [] if other is quark else self.solved(other, made[1], sources)
        others = sunk if other is quark else [smearing.at_sink(column.quark) for column in of_other]
        sums = spin_sums(lattice, list(zip(sunk, others, strict=True)), self.two_point_waves(lattice))
        unit = np.eye(lattice.d, dtype=np.complex128)
        values: Values = {f"meson_current_two_point{end}": traced(found, unit).tolist() for end, found in sums.items()}
        for T, (sinks, wave) in product(o.separations, sink_waves(o, lattice)):
            behind = (smearing.at_sink(moving(lattice, at_time(lattice, column, T), wave)) for column in others)
            phi = self.solved_back(made[0], insertions, behind)
            correlators = insertions.correlators(list(zip(psi, phi, strict=True)), transfers=wave is None)
            values |= keyed("meson_current", T, sinks, correlators)
        return values | effort("meson_currents", *(one.operator.log for one in made))

