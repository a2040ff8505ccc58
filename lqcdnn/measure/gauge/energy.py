"""Energy density of the gauge field from the clover and from plaquettes (Luscher, arXiv:1006.4518)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.observables import EnergyConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.clover import field_energy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.programs import leaf_program, planes
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.plaquette import plaquette_totals
from lqcdnn.measure.gauge.topological_charge import loop_field_strength
from lqcdnn.measure.registry import Values, observable


class Energy(NamedTuple):
    """The parts of E = (1/4) F^a_{mu nu} F^a_{mu nu} from planes without and with the time direction."""

    space: float
    time: float

    @property
    def total(self) -> float:
        """E."""
        return self.space + self.time


@observable("energy")
class EnergyDensity(OfLinks[EnergyConfig]):
    """E by both definitions."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``energy_clover``, its parts ``energy_clover_space`` and ``_time``, ``energy_plaquette``."""
        clover = clover_energy(lattice, U, group)
        return {
            "energy_clover": clover.total,
            "energy_clover_space": clover.space if lattice.d > 2 else None,
            "energy_clover_time": clover.time,
            "energy_plaquette": plaquette_energy(lattice, U, group).total,
        }


def normalisation(group: Group) -> float:
    """(1/2) F^a F^a in units of -tr F^2, F = i F^a T^a: 1 with tr(T^a T^b) = 1/2, 1/2 for U(1) with T = 1."""
    return 1.0 if group.n > 1 else 0.5


def clover_energy(lattice: Lattice, U: Blocks, group: Group) -> Energy:
    """(1/V) sum_n sum_{mu<nu} (1/2) F^a F^a, F = (Q - Q^dag)/8 without its trace, Q the four leaves."""
    program, which = leaf_program(lattice.d), planes(lattice.d)
    if lattice.twist is not None:
        sums = _twisted_sums(lattice, U, group)
    else:
        part = np.empty((lattice.blocks, len(which)))
        field_energy(part, U, lattice.neighbours, program.program, program.start, np.ones((1, 1)))
        sums = part.cumsum(axis=0)[-1]  # in block order
    parts = [0.0, 0.0]
    for plane, value in zip(which, sums, strict=True):
        parts[lattice.d - 1 in plane] += float(value)
    factor = normalisation(group) / lattice.volume
    return Energy(*(factor * value for value in parts))


def plaquette_energy(lattice: Lattice, U: Blocks, group: Group) -> Energy:
    """(1/V) sum over plaquettes of 2 Re tr(1 - P), for U(1) half of it."""
    counts = ((lattice.d - 1) * (lattice.d - 2) // 2, lattice.d - 1)
    factor = 2.0 * normalisation(group)
    sums = plaquette_totals(lattice, U) / lattice.volume
    return Energy(*(factor * float(group.n * count - value) for count, value in zip(counts, sums, strict=True)))


def _twisted_sums(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """-sum over sites of tr F^2 of each plane, F with the leaves that carry an element of the centre."""
    F = lattice.to_user(loop_field_strength(lattice, U, group.n, (1, 1), 4))
    F = F.reshape(len(F), lattice.volume, group.n, group.n)
    trace = F.diagonal(axis1=-2, axis2=-1).imag.cumsum(axis=-1)[..., -1]  # F is antihermitian
    squares = (F.real**2 + F.imag**2).reshape(*F.shape[:2], -1).cumsum(axis=-1)[..., -1]
    return np.asarray((squares - trace**2 / group.n).cumsum(axis=-1)[:, -1])
