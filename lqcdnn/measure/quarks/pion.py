"""Pion correlator of any quark, and the residual mass of domain wall fermions (physics.md 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import PionConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources, sources_recorded
from lqcdnn.measure.quarks.propagators import QuarkOf, effort, iterations, phases_recorded, unit_spinor
from lqcdnn.measure.quarks.timesums import timeslices
from lqcdnn.measure.registry import Observable, Values, observable


@observable("pion")
def pion(options: PionConfig, fermion: QuarkConfig | None = None) -> Observable:
    """The pion of a fermion, of a staggered field if there is none, from one or more sources."""
    return from_sources("pion", Pion(options, fermion), with_residual_mass)


class Pion:
    """C(t) = sum_x tr |S(x, t; 0)|^2 and, between domain walls, the same at the midpoint of the fifth dimension.

    With staggered fermions this is the pion of taste gamma_5, the Goldstone boson of the chiral symmetry the lattice
    keeps (Kluberg-Stern et al., Nucl. Phys. B 220 (1983) 447): m sum_t C(t) = Re tr S(0; 0) on every configuration.

    For domain walls sum_t [m C(t) + C_mid(t)] = Re tr S(0; 0); C_mid/C is the residual mass at times far from the
    source (Furman and Shamir, hep-lat/9405004; Blum et al., hep-lat/0007038).

    Parameters
    ----------
    options
        Mass, boundary, tolerance.
    fermion
        Table that says which operator; without one, a staggered field.
    """

    def __init__(self, options: PionConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(self._fermion, options.mass, options.boundary, options.theta)
        self.quarks = (self._quark,)

    def description(self) -> Values:
        """Mass, boundary, phases if there are any, tolerance, and sources if there are several."""
        o = self.options
        found: Values = {"mass": o.mass, "boundary": list(o.boundary)} | phases_recorded(o, self._fermion)
        return found | {"tolerance": o.tolerance} | sources_recorded(o)

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operator.

        Raises
        ------
        InputError
            If the lattice has no even and odd sites.
        """
        self._quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``pion``, C(t) for t = 0 ... Lt - 1, ``pion_iterations``; for domain walls ``midpoint``, ``residual_mass``.

        The residual mass is the sum of C_mid over that of C for Lt/4 <= t <= 3 Lt/4; null with odd L5.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        made, fermion = self._quark.on(lattice, group), self._fermion
        made.set_links(U)
        pion, midpoint = np.zeros(lattice.shape[-1]), np.zeros(lattice.shape[-1])
        walls = fermion if fermion is not None and fermion.kind == "domain_wall" else None
        between = walls is not None and (walls.L5 or 1) % 2 == 0
        sources = (unit_spinor(lattice, group.n, made.spins, 0, *of) for of in np.ndindex(group.n, made.spins))
        for found in made.propagate_all(sources, self.options.tolerance, iterations(fermion)):
            pion += timeslices(lattice, found.quark)
            if found.midpoint is not None:
                midpoint += timeslices(lattice, found.midpoint)
        values: Values = {"pion": pion.tolist()}
        if walls is not None:
            values["midpoint"] = midpoint.tolist() if between else None
            values["residual_mass"] = residual_mass(pion, midpoint) if between else None
        return values | effort("pion", made.operator.log)


def with_residual_mass(values: Values) -> Values:
    """Values with the residual mass that follows from their correlators, where there is one."""
    if values.get("midpoint") is None:
        return values
    pion, midpoint = (np.array(values[key]) for key in ("pion", "midpoint"))
    return values | {"residual_mass": residual_mass(pion, midpoint)}


def residual_mass(pion: NDArray[np.float64], midpoint: NDArray[np.float64]) -> float:
    """Sum of the midpoint correlator over the sum of the pion's, Lt/4 <= t <= 3 Lt/4."""
    t = np.arange(len(pion))
    far = (4 * t >= len(pion)) & (4 * t <= 3 * len(pion))
    return float(midpoint[far].sum() / pion[far].sum())
