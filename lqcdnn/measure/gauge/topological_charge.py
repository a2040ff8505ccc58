"""Topological charge (physics.md 6): the integer of two-dimensional U(1), and tr F F~ in four dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.topology import charge_problem
from lqcdnn.config.tables.observables import TopologicalChargeConfig
from lqcdnn.errors import NumericalError
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.fields.twisted import twist_field_strength
from lqcdnn.kernels import topology as kernels
from lqcdnn.kernels.clover import field_strength
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.opentime import at_boundary
from lqcdnn.lattice.programs import leaf_program, planes
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.slices import asked, between, by_slice, margin_of, slice_problems
from lqcdnn.measure.registry import Values, observable

Sides = tuple[int, int]

LOOPS: dict[str, dict[Sides, float]] = {
    "plaquette": {(1, 1): 1.0},
    "clover": {(1, 1): 1.0},
    "improved": {(1, 1): 5.0 / 3.0, (1, 2): -2.0 / 3.0},
    "5li": {(1, 1): 65.0 / 36.0, (2, 2): -11.0 / 45.0, (1, 2): -32.0 / 45.0, (1, 3): 1.0 / 10.0, (3, 3): 1.0 / 20.0},
}
"""Coefficient of the charge Q_mn made of m x n loops; they add up to 1.

"improved" has no classical artefact of order a^2: 5/3 Q_clover - 1/12 Q_rectangle with Q_rectangle -> 8 Q, as in
Alexandrou et al., arXiv:1708.00696.  "5li" has none of order a^4 either: de Forcrand, Garcia Perez and Stamatescu,
hep-lat/9701012.
"""


@observable("topological_charge")
class TopologicalCharge(OfLinks[TopologicalChargeConfig]):
    """Q, and Q^2/V whose mean is the topological susceptibility.

    d = 2, U(1), "geometric": Q = (1/2 pi) sum_n arg P_xt(n) with -pi < arg <= pi, an integer on every configuration.

    d = 4: Q = -(1/32 pi^2) sum_n eps_{mu nu rho sigma} tr F_{mu nu} F_{rho sigma}, eps_{xyzt} = 1, with F the traceless
    antihermitian part of the mean over m x n loops around the site in that plane (of all four corners, and of both
    orientations for m != n), divided by m n; for "plaquette" of the one plaquette P_{mu nu}(n) that starts there.
    Combinations of loops: :data:`LOOPS`.

    Where time is open Q is the sum over the time slices between the margins, and V their number of sites; in d = 2 over
    the plaquettes between them, and no integer.
    """

    def description(self) -> Values:
        """The definition, and ``topological_charge_margin`` if there is one."""
        return {"definition": self.options.definition, **margin_of("topological_charge", self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """What has no topological charge; a margin where time has no ends."""
        found = charge_problem(lattice.d, group.name, self.options.definition)
        yield from () if found is None else (found,)
        yield from slice_problems("topological_charge", lattice, self.options)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``topological_charge`` = Q, ``topological_susceptibility`` = Q^2/V, with ``slices`` the list
        ``topological_charge_slices``: Q of each time slice, in d = 2 of the plaquettes from it to the next, if any.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If the charge of a two-dimensional field is not an integer: its links are not finite.
        """
        self.check(lattice, group)
        definition, lists, volume = self.options.definition, {}, lattice.volume
        if asked(lattice, self.options):
            density = charge_density(lattice, U, group, definition)
            of_slices = by_slice(density.reshape(-1, lattice.shape[-1])).tolist()
            if lattice.open_time and definition == "geometric":
                del of_slices[-1]  # none leads on from the last slice
            lists = {"topological_charge_slices": of_slices} if self.options.slices else {}
        if lattice.open_time:
            inside = between(of_slices, self.options.margin)
            charge, volume = math.fsum(inside), volume // lattice.shape[-1] * len(inside)
        elif definition == "geometric":
            charge = geometric_charge(lattice, U)
        else:
            charge = sum(
                factor * loop_charge(lattice, U, group.n, sides, corners_of(definition))
                for sides, factor in LOOPS[definition].items()
            )
        return {"topological_charge": charge, "topological_susceptibility": charge * charge / volume, **lists}


def plane_angles(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """arg P(n) of two-dimensional U(1), in block order."""
    P = lattice.zeros(1, 1)
    kernels.plane_plaquettes(P, U, lattice.neighbours)
    return np.asarray(np.arctan2(P["c"][:, 0, 0, 1, :], P["c"][:, 0, 0, 0, :]).ravel())


def geometric_charge(lattice: Lattice, U: Blocks) -> float:
    """(1/2 pi) sum_n arg P(n) of two-dimensional U(1), rounded to the integer it is."""
    charge = float(ordered_sum(plane_angles(lattice, U))) / (2.0 * np.pi)
    nearest = float(np.rint(charge))
    if not abs(charge - nearest) < 1e-6:
        raise NumericalError(f"the topological charge came out as {charge}", hint="the links are damaged")
    return nearest


def loop_field_strength(lattice: Lattice, U: Blocks, n: int, sides: Sides, corners: int) -> Blocks:
    """F [plane, block] made of m x n loops in d = 4, with its trace; where time is open F_{k t} = 0 at both ends."""
    F = lattice.links(n, (len(planes(lattice.d)),))
    loops = leaf_program(lattice.d, sides, corners)
    count = corners * (1 if sides[0] == sides[1] else 2)
    weight = np.array([[4.0 / (count * sides[0] * sides[1])]])  # field_strength expects the sum of four leaves
    field_strength(F, U, lattice.neighbours, loops.program, loops.start, weight)
    if lattice.twist is not None:
        twist_field_strength(F, lattice, U, sides, corners, float(weight[0, 0]))
    if lattice.open_time:
        clear_electric(lattice, F)
    return F


def clear_electric(lattice: Lattice, F: Blocks) -> None:
    """F_{k t} = 0 in the first and the last time slice, in place: the boundary conditions of the continuum there."""
    ends = at_boundary(lattice).reshape(lattice.blocks, lattice.width)
    for field, plane in zip(F, planes(lattice.d), strict=True):
        if lattice.d - 1 in plane:
            of_lanes(field)[ends] = 0.0


def loop_charge(lattice: Lattice, U: Blocks, n: int, sides: Sides, corners: int) -> float:
    """Q_mn: the charge of m x n loops in d = 4."""
    part = np.empty(lattice.blocks)
    kernels.charge_sums(part, loop_field_strength(lattice, U, n, sides, corners))
    return float(ordered_sum(part)) / (4.0 * np.pi**2)


def charge_density(lattice: Lattice, U: Blocks, group: Group, definition: str) -> NDArray[np.float64]:
    """q(n), [x, ...]: its sum over all sites is the charge of a definition that exists there, but for rounding."""
    if definition == "geometric":
        angles = lattice.to_user(lattice.site_field(plane_angles(lattice, U)))
        return np.asarray(angles[..., 0, 0].real / (2.0 * np.pi))
    total, q = np.zeros(lattice.shape), lattice.zeros(1, 1)
    for sides, factor in LOOPS[definition].items():
        kernels.charge_density(q, loop_field_strength(lattice, U, group.n, sides, corners_of(definition)))
        total += factor / (4.0 * np.pi**2) * lattice.to_user(q)[..., 0, 0].real
    return total


def corners_of(definition: str) -> int:
    """How many loops around a site are averaged."""
    return 1 if definition == "plaquette" else 4
