"""What mesons have in common whatever their quarks: operator and links of both, momenta, and what is recorded."""

from __future__ import annotations

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import MesonsConfig
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.momenta import check_momenta
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, described, second_quark
from lqcdnn.measure.registry import Values, own_options


class TwoQuarks:
    """Mesons qbar_1 Gamma q_2.

    Parameters
    ----------
    options
        Masses, boundary, source, tolerance.
    fermion
        Table that says which operator q_2 has and how it is solved; without one, a staggered field.
    antiquark
        The same of q_1; None: that of q_2.
    """

    def __init__(
        self, options: MesonsConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
    ) -> None:
        self.options, self._named = options, antiquark
        first = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        second = second_quark(first, antiquark, options.antiquark_mass, options.antiquark_theta)
        self.quarks = (first,) if second is first else (first, second)
        """q_2 and q_1, or the one that both are."""

    def description(self) -> Values:
        """``meson_options``, with what the antiquark is where it has a table."""
        found = own_options(self.options)
        if self._named is not None:
            found["antiquark"] = described(self.options.antiquark or "", self._named)
        return {"meson_options": found}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operators or the momenta.

        Raises
        ------
        InputError
            If a momentum is none of the lattice, or that has no even and odd sites.
        """
        check_momenta(self.options, lattice)
        for quark in self.quarks:
            quark.on(lattice, group)

    def prepared(self, lattice: Lattice, U: Blocks, group: Group) -> list[Quark]:
        """The quarks on links U (errors as :meth:`check`)."""
        made = [quark.on(lattice, group) for quark in self.quarks]
        for one in made:
            one.set_links(U)
        return made
