"""Centre vortices of links that are projected onto the centre."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.confinement import confinement_problems
from lqcdnn.config.tables.confinement import CenterVorticesConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vortices import center_numbers, largest_vortex, vortices
from lqcdnn.lattice.clusters import plaquette_planes
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("center_vortices")
class CenterVortices(OfLinks[CenterVorticesConfig]):
    """Plaquettes of Z_N that are not 1 (``fields.vortices``)."""

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """The centre of U(1); whether links of SU(N) are projected only the links themselves show."""
        return confinement_problems("center_vortices", None if group.special else group.name, lattice.d, None)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``center_vortices_density``, the share of plaquettes with a vortex; ``center_vortices_space`` (None in d = 2)
        and ``center_vortices_time``, those of space alone and those with a side in time; ``center_vortices_largest``,
        which part of them the largest vortex has (None in d = 2, where vortices are points).

        Raises
        ------
        InputError
            If links are not in the centre.
        """
        found = vortices(center_numbers(lattice, U, group), group.n)
        with_time = np.array([lattice.d - 1 in axes for axes in plaquette_planes(lattice.d)])
        counts = {
            "center_vortices_density": found,
            "center_vortices_space": found[~with_time],
            "center_vortices_time": found[with_time],
        }
        numbers: Values = {
            name: int(np.count_nonzero(part)) / part.size if part.size else None for name, part in counts.items()
        }
        return numbers | {"center_vortices_largest": largest_vortex(found) if lattice.d > 2 else None}
