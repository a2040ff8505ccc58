"""Energy density of the gauge field from the clover and from plaquettes (Luscher, arXiv:1006.4518)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.measured import OfSlices
from lqcdnn.config.tables.observables import EnergyConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.clover import field_energy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.programs import leaf_program, planes
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.plaquette import plaquette_totals, traces_of
from lqcdnn.measure.gauge.slices import asked, between, by_slice, margin_of, slice_problems
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

    def in_units_of_space(self, anisotropy: float) -> Energy:
        """Both parts times a_s^4 where fields of time are a_s a_t F: those of time count xi^2 times."""
        return Energy(self.space, anisotropy**2 * self.time)


@observable("energy")
class EnergyDensity(OfLinks[EnergyConfig]):
    """E by both definitions; where time is open the mean of its time slices between the margins."""

    def description(self) -> Values:
        """``energy_margin``, if there is one."""
        return margin_of("energy", self.options)

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """A margin where time has no ends."""
        return slice_problems("energy", lattice, self.options)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``energy_clover``, its parts ``energy_clover_space`` and ``_time``, ``energy_plaquette``.

        With ``slices`` also the lists ``energy_clover_slices`` and ``energy_plaquette_slices``.
        """
        clover, plaquettes, lists = energies(lattice, U, group, self.options)
        return {
            "energy_clover": clover.total,
            "energy_clover_space": clover.space if lattice.d > 2 else None,
            "energy_clover_time": clover.time,
            "energy_plaquette": plaquettes.total,
            **{f"energy_{name}": numbers for name, numbers in lists.items()},
        }


def energies(
    lattice: Lattice, U: Blocks, group: Group, options: OfSlices
) -> tuple[Energy, Energy, dict[str, list[float]]]:
    """E of the clover and of plaquettes; with ``slices`` also ``clover_slices``, ``plaquette_slices``: E of each.

    Slices of fixed links belong to none of these.
    """
    parts = {}
    if asked(lattice, options):
        parts = {"clover": clover_slices(lattice, U, group), "plaquette": plaquette_slices(lattice, U, group)}
    margin = options.margin
    if lattice.fixed is not None:  # beside fixed links half of the plaquettes with time are missing
        parts, margin = {name: both[:, 1:-1] for name, both in parts.items()}, max((margin or 0) - 1, 0)
    lists = {f"{name}_slices": both.sum(axis=0).tolist() for name, both in parts.items()} if options.slices else {}
    if lattice.open_time:
        clover, plaquettes = (_mean(both, margin) for both in parts.values())
    else:
        clover, plaquettes = clover_energy(lattice, U, group), plaquette_energy(lattice, U, group)
    return clover, plaquettes, lists


def _mean(both: NDArray[np.float64], margin: int | None) -> Energy:
    """Mean of the slices between the margins."""
    inside = [between(part, margin) for part in both.tolist()]
    return Energy(*(math.fsum(part) / len(part) for part in inside))


def normalisation(group: Group) -> float:
    """(1/2) F^a F^a in units of -tr F^2, F = i F^a T^a: 1 with tr(T^a T^b) = 1/2, 1/2 for U(1) with T = 1."""
    return 1.0 if group.n > 1 else 0.5


def clover_energy(lattice: Lattice, U: Blocks, group: Group) -> Energy:
    """(1/V) sum_n sum_{mu<nu} (1/2) F^a F^a, F = (Q - Q^dag)/8 without its trace, Q the four leaves; on a torus."""
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


def energy_density(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """sum_{mu<nu} (1/2) F^a F^a of the clover at each site, [x, ...]: its mean is that of :func:`clover_energy`."""
    of_sites = _density(lattice, U, group).cumsum(axis=0)[-1]
    return np.asarray(normalisation(group) * of_sites.reshape(lattice.shape))


def plaquette_energy(lattice: Lattice, U: Blocks, group: Group) -> Energy:
    """(1/V) sum over plaquettes of 2 Re tr(1 - P), for U(1) half of it; on a torus."""
    counts = ((lattice.d - 1) * (lattice.d - 2) // 2, lattice.d - 1)
    factor = 2.0 * normalisation(group)
    sums = plaquette_totals(lattice, U) / lattice.volume
    return Energy(*(factor * float(group.n * count - value) for count, value in zip(counts, sums, strict=True)))


def clover_slices(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """E of the clover at each time, [without and with time, t]; where time is open F_{k t} = 0 at both ends."""
    density = _density(lattice, U, group).reshape(len(planes(lattice.d)), -1, lattice.shape[-1])
    return _two_parts(lattice, by_slice(density), planes(lattice.d)) * (normalisation(group) / _space(lattice))


def plaquette_slices(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """E of plaquettes at each time, [without and with time, t]: those with time belong to two slices, half each."""
    traces = lattice.to_user(traces_of(lattice, U))[..., 0, 0].real
    missing = by_slice((group.n - traces).reshape(len(traces), -1, lattice.shape[-1]))
    order = [(mu, nu) for nu in range(1, lattice.d) for mu in range(nu)]  # that of traces_of
    parts = _two_parts(lattice, missing, order)
    if lattice.open_time:
        parts[1, -1] = 0.0
    parts[1] = 0.5 * (parts[1] + np.roll(parts[1], 1))
    return parts * (2.0 * normalisation(group) / _space(lattice))


def _space(lattice: Lattice) -> int:
    return lattice.volume // lattice.shape[-1]


def _two_parts(
    lattice: Lattice, of_planes: NDArray[np.float64], order: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """Sums [2, t] over the planes without and with time."""
    parts = np.zeros((2, lattice.shape[-1]))
    for plane, numbers in zip(order, of_planes, strict=True):
        parts[int(lattice.d - 1 in plane)] += numbers
    return parts


def _twisted_sums(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """-sum over sites of tr F^2 of each plane, F with the leaves that carry an element of the centre."""
    return np.asarray(_density(lattice, U, group).cumsum(axis=-1)[:, -1])


def _density(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.float64]:
    """-tr F^2 of each plane, F the clover, of SU(N) without its trace: [plane, site in lattice order]."""
    F = lattice.to_user(loop_field_strength(lattice, U, group.n, (1, 1), 4))
    F = F.reshape(len(F), lattice.volume, group.n, group.n)
    trace = F.diagonal(axis1=-2, axis2=-1).imag.cumsum(axis=-1)[..., -1]  # F is antihermitian
    squares = (F.real**2 + F.imag**2).reshape(*F.shape[:2], -1).cumsum(axis=-1)[..., -1]
    return np.asarray(squares - trace**2 / group.n if group.n > 1 else squares)
