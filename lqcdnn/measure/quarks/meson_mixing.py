"""Four-quark operators between two pseudoscalar mesons: neutral kaon mixing (physics.md 36)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lqcdnn.config.rules.mixing import mixing_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.mixing import AXIAL, PSEUDOSCALAR, MesonMixingConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.fourquarks import Meson, contracted, meson_sums, operators
from lqcdnn.measure.quarks.mesons import in_coulomb_gauge, wall, with_spins
from lqcdnn.measure.quarks.noise import noise_wall
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, described, effort, iterations, second_quark
from lqcdnn.measure.quarks.spinsums import spin_sums, traced
from lqcdnn.measure.registry import Observable, Values, observable, own_options, refuse


@observable("meson_mixing")
def meson_mixing(
    options: MesonMixingConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
) -> Observable:
    """That of a fermion and another quark if one is named, with the first wall at one or more times."""
    return from_sources("meson_mixing", MesonMixing(options, fermion, antiquark))


@dataclass
class Wall:
    """What comes from one wall: columns of the quark and of the antiquark."""

    quark: list[Blocks]
    antiquark: list[Blocks]


class MesonMixing:
    """C_3(t; T) = sum_x <O(x, t) W(0) sum_y Pdag(y, T)>, O = (sbar Gamma d)(sbar Gamma d), Pdag = -dbar gamma_5 s,

    and the mean W of Pdag over the wall; of operators see ``fourquarks``. The real part is taken, which is the mean of
    C_3 on the links U and on U^*.

    Parameters
    ----------
    options
        Separations T, masses, boundary, walls, tolerance.
    fermion, antiquark
        Tables of d and of s; None for the second: that of d.
    """

    def __init__(
        self, options: MesonMixingConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
    ) -> None:
        self.options, self._fermion, self._named = options, fermion, antiquark
        self.quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._other = second_quark(self.quark, antiquark, options.antiquark_mass)

    def description(self) -> Values:
        """``meson_mixing_options``, with what the antiquark is where it has a table."""
        found = own_options(self.options)
        if self._named is not None:
            found["antiquark"] = described(self.options.antiquark or "", self._named)
        return {"meson_mixing_options": found}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse quarks, dimensions and separations that there are no such operators for.

        Raises
        ------
        InputError
            If so, or for a lattice without the operators.
        """
        tables = (self._fermion, self._fermion if self._named is None else self._named)
        both = [None if table is None else as_tree(table) for table in tables]
        of = "observables.meson_mixing", as_tree(self.options), both, lattice.d, lattice.shape
        refuse(mixing_problems(*of))
        for quark in (self.quark, self._other):
            quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``meson_mixing_O_sT`` = C_3(t; T) of each operator O; ``meson_mixing_pseudoscalar`` = sum_x <P(x, t) W(0)>

        and ``meson_mixing_axial_pseudoscalar`` with A_0 = sbar gamma_t gamma_5 d in place of P = sbar gamma_5 d, with
        ``_sT`` at the end those of a W at T; t = 0 ... Lt - 1. ``meson_mixing_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge, or the gauge is not reached.
        """
        self.check(lattice, group)
        o = self.options
        if o.source == "wall":
            U = in_coulomb_gauge(lattice, U, group, o)
        made = {quark: quark.on(lattice, group) for quark in (self.quark, self._other)}
        for one in made.values():
            one.set_links(U)
        weight = lattice.shape[-1] / lattice.volume / (o.vectors or 1)
        first = self._from(lattice, group, stream, 0, made)
        values = two_points(lattice, first, weight)
        behind = Meson(first.quark, first.antiquark)
        del first  # the columns stand in behind
        for T in o.separations:
            other = self._from(lattice, group, stream, T, made)
            values |= {f"{name}_s{T}": C for name, C in two_points(lattice, other, weight).items()}
            sums = meson_sums(lattice, behind, Meson(other.quark, other.antiquark))
            for name, (pairs, mixed) in operators().items():
                C = contracted(sums, pairs, mixed) * (weight / (o.vectors or 1))
                values[f"meson_mixing_{name}_s{T}"] = C.tolist()
        return values | effort("meson_mixing", *(one.operator.log for one in made.values()))

    def _from(
        self, lattice: Lattice, group: Group, stream: Stream, time: int, made: dict[QuarkOf, Quark]
    ) -> Wall:
        """The columns from a wall, each quark solved for once.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        sources = [eta for vector in self._vectors(lattice, group.n, stream, time)
                   for eta in with_spins(lattice, group.n, vector)]  # fmt: skip
        tolerance = self.options.tolerance
        found = {
            quark: [psi.quark for psi in one.propagate_all(sources, tolerance, iterations(quark.fermion))]
            for quark, one in made.items()
        }
        return Wall(found[self.quark], found[self._other])

    def _vectors(self, lattice: Lattice, n: int, stream: Stream, time: int) -> Iterator[Blocks]:
        """Colour vectors on the wall at a time, from both walls independent ones."""
        o = self.options
        if o.source == "wall":
            yield from (wall(lattice, n, colour, time) for colour in range(n))
        else:
            for i in range(o.vectors or 1):
                yield noise_wall(lattice, n, stream, o.noise or "z2", i, time)


def two_points(lattice: Lattice, found: Wall, weight: float) -> dict[str, list[float]]:
    """<P(t) W> and <A_0(t) W> of a wall, as ``mesons`` has them: Re tr Gamma M (see ``fourquarks``)."""
    d = lattice.d
    g5, sums = gamma_5(d), spin_sums(lattice, list(zip(found.quark, found.antiquark, strict=True)), {"": None})[""]
    matrices = {PSEUDOSCALAR: g5, AXIAL: gamma_matrices(d)[-1] @ g5}
    return {f"meson_mixing_{name}": (weight * traced(sums, g5 @ Gamma)).tolist() for name, Gamma in matrices.items()}
