"""Monopoles of U(1), and of links of SU(N) that are projected onto diagonal ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.confinement import confinement_problems
from lqcdnn.config.tables.confinement import MonopolesConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.monopoles import diagonal_angles, largest_current, monopoles
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("monopoles")
class Monopoles(OfLinks[MonopolesConfig]):
    """Monopoles of T. A. DeGrand and D. Toussaint in d = 3, the currents of them in d = 4 (``fields.monopoles``)."""

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """No cubes in d = 2; whether links of SU(N) are projected only the links themselves show."""
        return confinement_problems("monopoles", None, lattice.d, None)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``monopoles_density``, the mean of |m| over cubes and colours.

        In d = 4 also ``monopoles_space`` and ``monopoles_time``, of currents in the directions of space (through cubes
        with sides in time) and in that of time alone, and ``monopoles_largest``, which part of the length of all
        currents the largest cluster of them has, mean over colours.

        Raises
        ------
        InputError
            If links are not diagonal.
        """
        m = monopoles(diagonal_angles(lattice, U, group))
        numbers: Values = {"monopoles_density": int(np.abs(m).sum()) / m.size}
        if lattice.d == 4:
            for name, part in (("space", m[:, :-1]), ("time", m[:, -1])):
                numbers[f"monopoles_{name}"] = int(np.abs(part).sum()) / part.size
            numbers["monopoles_largest"] = sum(largest_current(of_color) for of_color in m) / len(m)
        return numbers
