"""Local mesons of staggered quarks from a point or from noise on a wall (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.momenta import projectors
from lqcdnn.measure.quarks.noise import noise_wall
from lqcdnn.measure.quarks.propagators import effort, iterations, unit_spinor
from lqcdnn.measure.quarks.timesums import density, of_slices, timeslices
from lqcdnn.measure.quarks.twoquarks import TwoQuarks
from lqcdnn.measure.registry import Values

Signs = NDArray[np.float64]


class StaggeredMesons(TwoQuarks):
    """C(t) = sum_x p(x) Re tr S_1(x, t; 0)^dag S_2(x, t; 0), p(x) = (-1)^(sum of coordinates of some axes of space).

    These are the correlators of all local bilinears chibar_1(x) phi(x) chi_2(x) of two staggered fields: S_1(0; x) =
    (-1)^x S_1(x; 0)^dag, and phi(x) (-1)^x is p(x) up to (-1)^t (M. Golterman, Nucl. Phys. B 273 (1986) 663;
    R. Altmeyer et al., Nucl. Phys. B 389 (1993) 445). A bilinear of one time and (-1)^t times it are the same, so each
    C(t) holds the states of both:

    C(t) = sum_i A_i [exp(-m_i t) + exp(-m_i (T - t))] - (-1)^t sum_j B_j [exp(-M_j t) + exp(-M_j (T - t))], A, B >= 0,

    with A those named in :func:`channels`. Boundary signs of quark and antiquark cancel, and T is even.
    """

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operators, and three dimensions.

        Raises
        ------
        InputError
            If d = 3, a momentum is none of the lattice, or that has no even and odd sites.
        """
        if lattice.d == 3:
            raise InputError(
                "mesons of staggered fermions are those of d = 2 and 4", hint="observables.pion exists in d = 3 too"
            )
        super().check(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``meson_NAME`` for each of :func:`channels`: C(t) for t = 0 ... Lt - 1; ``mesons_iterations``.

        ``meson_NAME_p1_0_0`` and so on for each of the momenta: exp(-i p x) in the sum over x (see ``momenta``).
        From noise on the wall, the mean over its sites as sources is estimated, without bias: one solve for each
        possible p times the noise.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made = self.prepared(lattice, U, group)
        signs, place = space_signs(lattice), tuple(lattice.coordinates[:, :-1].T)
        waves = {key: 1.0 if one is None else one[place] for key, one in projectors(self.options, lattice).items()}
        totals = {key: np.zeros((2 ** (lattice.d - 1), lattice.shape[-1])) for key in waves}
        o, count = self.options, self.options.vectors or 1
        solved = [
            one.propagate_all(self._sources(lattice, group.n, stream, signs), o.tolerance, iterations(quark.fermion))
            for one, quark in zip(made, self.quarks, strict=True)
        ]
        if o.source == "point":
            for found in zip(*solved, strict=True):
                at_sites = density(found[0].quark, found[-1].quark)
                for key, wave in waves.items():
                    totals[key] += [of_slices(lattice, at_sites * (p * wave)) for p in signs]
        else:
            for _ in range(count):
                columns = [[found.quark for found in islice(one, len(signs))] for one in solved]
                totals[""] += lattice.shape[-1] / (lattice.volume * count) * from_wall(lattice, signs, *columns)
        means = {
            f"meson_{name}{key}": (total[subsets].sum(axis=0) / len(subsets)).tolist()
            for key, total in totals.items()
            for name, subsets in channels(lattice.d).items()
        }
        return means | effort("mesons", *(one.operator.log for one in made))

    def _sources(self, lattice: Lattice, n: int, stream: Stream, signs: Signs) -> Iterator[Blocks]:
        """Unit vectors at the origin, or each noise vector times each of the signs."""
        o = self.options
        if o.source == "point":
            yield from (unit_spinor(lattice, n, 1, 0, colour, 0) for colour in range(n))
            return
        for i in range(o.vectors or 1):
            eta = noise_wall(lattice, n, stream, o.noise or "z4", i)
            yield from (with_signs(lattice, eta, p) for p in signs)


def channels(d: int) -> dict[str, list[int]]:
    """Directions of space in the sign p of each correlator, as a sum of 2^i; several such sets are averaged.

    A local bilinear has the taste of its spin: pseudoscalar_5 gamma_5 x xi_5, the Goldstone boson; axial_time_t5
    gamma_t gamma_5 x xi_t xi_5, a pion, with the scalar 1 x 1 as partner of alternating sign; vector_i gamma_i x xi_i,
    with gamma_j gamma_k x xi_j xi_k; tensor_it gamma_i gamma_t x xi_i xi_t, with gamma_i gamma_5 x xi_i xi_5. In d = 2
    the last two are the first two again.
    """

    def subsets(count: int) -> list[int]:
        return [sum(2**i for i in chosen) for chosen in combinations(range(d - 1), count)]

    found = {"pseudoscalar_5": subsets(0), "axial_time_t5": subsets(d - 1)}
    return found if d == 2 else found | {"vector_i": subsets(1), "tensor_it": subsets(2)}


def space_signs(lattice: Lattice) -> Signs:
    """p(x) for each set of directions of space, numbered as in :func:`channels`: [set, site in block order]."""
    sets = np.arange(2 ** (lattice.d - 1))[:, None] >> np.arange(lattice.d - 1) & 1
    return np.asarray(1 - 2 * (sets @ lattice.coordinates[:, :-1].T % 2), dtype=np.float64)


def with_signs(lattice: Lattice, eta: Blocks, signs: NDArray[np.float64]) -> Blocks:
    """A colour vector times the sign of each site."""
    source = lattice.zeros(*eta["c"].shape[1:3])
    source["c"] = eta["c"] * signs.reshape(lattice.blocks, 1, 1, 1, lattice.width)
    return source


def from_wall(
    lattice: Lattice, signs: Signs, columns: list[Blocks], others: list[Blocks] | None = None
) -> NDArray[np.float64]:
    """Estimates of sum_y sum_x p(x) p(y) Re tr S_1(x, t; y)^dag S_2(x, t; y) over the sites y of the wall, [set, t].

    psi_a = S p_a eta: Re sum_x (p_a psi_a)^dag p_b psi_b is one of them for p = p_a p_b, and the mean over all pairs is
    taken. The ``others`` are those of S_1 where that is not S_2; then (a, b) and (b, a) are two pairs.
    """
    found = np.zeros((len(signs), lattice.shape[-1]))
    for k, p in enumerate(signs):
        pairs = [(a, a ^ k) for a in range(len(signs)) if others is not None or a <= a ^ k]
        for a, b in pairs:
            found[k] += timeslices(lattice, (columns if others is None else others)[a], columns[b], p)
        found[k] /= len(pairs)
    return found
