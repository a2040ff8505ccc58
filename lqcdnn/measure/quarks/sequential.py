"""Sequential sources: what three-point functions of mesons and of baryons have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from lqcdnn.config.rules.currents import current_problems
from lqcdnn.config.tables.currents import CONSERVED, CurrentsConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.domainwall_quark import Propagated
from lqcdnn.fields.group import Group
from lqcdnn.kernels.simd.spin import spins
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.insertions import Insertions, Key
from lqcdnn.measure.quarks.momenta import projectors, sink_waves
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, iterations
from lqcdnn.measure.quarks.spinsums import FloatArray, Matrix, Waves
from lqcdnn.measure.quarks.timesums import weighted
from lqcdnn.measure.registry import Values, own_options, refuse


class Sequential:
    """The quark that a current sees, on a lattice.

    Parameters
    ----------
    kind, options
        The observable and its options.
    fermion
        Table of the quark; None: staggered, which is refused.
    """

    def __init__(self, kind: str, options: CurrentsConfig, fermion: QuarkConfig | None) -> None:
        self.kind, self.options, self.fermion = kind, options, fermion
        self.quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._insertions: tuple[Quark, Insertions] | None = None

    def description(self) -> Values:
        """``KIND_options``."""
        return {f"{self.kind}_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what these three-point functions do not exist for.

        Raises
        ------
        InputError
            For quarks, currents, separations or momenta that are none, or a lattice without the operator.
        """
        quark = None if self.fermion is None else as_tree(self.fermion)
        of = self.kind, as_tree(self.options), quark, lattice.shape, group.name
        refuse(current_problems(f"observables.{self.kind}", *of))
        self._insertions_of(self.quark.on(lattice, group))

    def waves(self, lattice: Lattice) -> Waves:
        """Weights of the sites of space for each momentum."""
        return projectors(self.options, lattice)

    def two_point_waves(self, lattice: Lattice) -> Waves:
        """Those of :meth:`waves`, and exp(-i P x) of each momentum at the sink."""
        sinks = {end: wave for ends, wave in sink_waves(self.options, lattice) for end in ends}
        return {**self.waves(lattice), **sinks}

    def insertions(self, made: Quark, U: Blocks) -> Insertions:
        """The currents of a quark on links U."""
        found = self._insertions_of(made)
        found.set_links(U)
        return found

    def _insertions_of(self, made: Quark) -> Insertions:
        """The currents of a quark, made once."""
        if self._insertions is None or self._insertions[0] is not made:
            self._insertions = made, Insertions(made, self.options, self.waves(made.operator.lattice))
        return self._insertions[1]

    def solved(self, quark: QuarkOf, made: Quark, sources: Iterable[Blocks]) -> list[Propagated]:
        """S eta of each source, of a quark and what it is on the lattice; what is inside, if a current needs it.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        found = made.propagate_all(sources, self.options.tolerance, iterations(quark.fermion))
        return [one if CONSERVED in self.options.currents else Propagated(one.quark, None) for one in found]

    def solved_back(self, made: Quark, found: Insertions, sources: Iterable[Blocks]) -> list[Propagated]:
        """S eta of each sequential source, as the currents of the quark need it.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        if found.walls is None:
            return self.solved(self.quark, made, sources)
        numbers = self.options.tolerance, iterations(self.fermion)
        return [found.walls.from_left(eta, *numbers) for eta in sources]


def at_time(lattice: Lattice, psi: Blocks, t: int) -> Blocks:
    """gamma_5 psi on one time slice, 0 elsewhere, as a new field."""
    out, half = lattice.zeros(*psi["c"].shape[1:3]), spins(lattice.d) // 2
    there = (lattice.coordinates[:, -1] == t).reshape(lattice.blocks, 1, 1, 1, lattice.width)
    np.copyto(out["c"], psi["c"], where=there)
    out["c"][:, :, half:] *= -1.0
    return out


def moving(lattice: Lattice, eta: Blocks, wave: Matrix | None) -> Blocks:
    """Sequential source of a hadron that the sink projects with a wave, the conjugate of which stands beside it."""
    return weighted(lattice, eta, None if wave is None else wave.conj())


def keyed(stem: str, separation: int, sinks: Iterable[str], found: Mapping[Key, FloatArray]) -> Values:
    """STEM_CURRENT_sT of a separation T, with the ends of the keys of a momentum, transferred or at the sink."""
    return {
        f"{stem}_{current}_s{separation}{momentum}{sink}": C.tolist()
        for sink in sinks
        for (current, momentum), C in found.items()
        if not (momentum and sink)
    }
