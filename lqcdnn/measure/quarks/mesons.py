"""Meson correlators from a point or from noise on a wall; here those of quarks with spin (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.mixing import MesonMixingConfig
from lqcdnn.config.tables.quarkobservables import MesonsConfig
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.momenta import projectors
from lqcdnn.measure.quarks.noise import noise_wall
from lqcdnn.measure.quarks.propagators import KINDS, effort, iterations
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.quarks.staggered_mesons import StaggeredMesons
from lqcdnn.measure.quarks.timesums import in_pairs, time_sums, weighted
from lqcdnn.measure.quarks.twoquarks import TwoQuarks
from lqcdnn.measure.registry import Observable, Values, observable

Matrix = NDArray[np.complex128]


@observable("mesons")
def mesons(
    options: MesonsConfig, fermion: QuarkConfig | None = None, antiquark: QuarkConfig | None = None
) -> Observable:
    """The meson correlators of a fermion, of a staggered field if there is none, and another quark if one is named."""
    kind = Mesons if fermion is not None and fermion.kind in KINDS else StaggeredMesons
    return from_sources("mesons", kind(options, fermion, antiquark))


class Mesons(TwoQuarks):
    """C(t) = sum_x <O(x, t) O'(0)^dag>, O = qbar_1 Gamma q_2 of two flavours (see ``channels``).

    C(t) = -sum_x tr [Gamma S_2(x; 0) Gammabar' g5 S_1(x; 0)^dag g5], Gammabar' = gamma_t Gamma'^dag gamma_t, S_1(0; x)
    being g5 S_1(x; 0)^dag g5 (C. Gattringer, C. B. Lang, Quantum Chromodynamics on the Lattice, 2010, section 6.1). Of
    quarks with different masses the real part is taken, which is the mean of C on the links U and on U^*, or of C
    with the two quarks exchanged.
    """

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``meson_NAME`` for each of :func:`channels`: C(t) for t = 0 ... Lt - 1; ``mesons_iterations``.

        ``meson_NAME_p1_0_0`` and so on for each of the momenta: exp(-i p x) in the sum over x (see ``momenta``).
        From noise on the wall, the mean over its sites as sources is estimated, without bias; from a wall there are
        besides pairs of different sites, quark and antiquark, in Coulomb gauge.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge, or the gauge is not reached.
        """
        o = self.options
        if o.source == "wall":
            U = in_coulomb_gauge(lattice, U, group, o)
        made = self.prepared(lattice, U, group)
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        projections = projectors(o, lattice)
        totals = {key: np.zeros((lattice.shape[-1], *(lattice.d,) * 4), dtype=np.complex128) for key in projections}
        for columns, weight in self._sources(lattice, group.n, stream, smearing):
            solutions = [
                [one.propagate(eta, o.tolerance, iterations(quark.fermion)).quark for eta in columns]
                for one, quark in zip(made, self.quarks, strict=True)
            ]
            solutions = [[smearing.at_sink(psi) for psi in one] for one in solutions]
            for key, waves in projections.items():
                totals[key] += weight * spin_products(lattice, solutions[0], solutions[-1], waves)
        found = {
            f"meson_{name}{key}": contract(total, pairs).tolist()
            for key, total in totals.items()
            for name, pairs in channels(lattice.d).items()
        }
        return found | effort("mesons", *(one.operator.log for one in made))

    def _sources(
        self, lattice: Lattice, n: int, stream: Stream, smearing: QuarkSmearing
    ) -> Iterator[tuple[list[Blocks], float]]:
        """Colour vectors times each unit spinor, and their weights."""
        o = self.options
        if o.source == "wall":
            for colour in range(n):
                yield with_spins(lattice, n, wall(lattice, n, colour)), lattice.shape[-1] / lattice.volume
            return
        if o.source != "noise_wall":
            sources = point_sources(lattice, n, smearing)
            for _ in range(n):
                yield list(islice(sources, lattice.d)), 1.0
            return
        count = o.vectors or 1
        for i in range(count):
            vector = noise_wall(lattice, n, stream, o.noise or "z4", i)
            yield with_spins(lattice, n, vector), lattice.shape[-1] / (lattice.volume * count)


def channels(d: int) -> dict[str, list[tuple[Matrix, Matrix]]]:
    """Matrices (Gamma, Gamma') at sink and source of each correlator; several are averaged.

    Directions of space are i, time is t: scalar 1, pseudoscalar gamma_5, vector gamma_i, axial gamma_i gamma_5,
    axial_time gamma_t gamma_5, tensor gamma_i gamma_t; axial_pseudoscalar has gamma_t gamma_5 and gamma_5.
    """
    gamma, g5 = gamma_matrices(d), gamma_5(d)
    space, time, one = gamma[:-1], gamma[-1], np.eye(len(g5), dtype=np.complex128)
    same = {
        "pseudoscalar": [g5],
        "scalar": [one],
        "vector": list(space),
        "axial": [g @ g5 for g in space],
        "axial_time": [time @ g5],
        "tensor": [g @ time for g in space],
    }
    return {name: [(g, g) for g in found] for name, found in same.items()} | {
        "axial_pseudoscalar": [(time @ g5, g5)]
    }


def in_coulomb_gauge(lattice: Lattice, U: Blocks, group: Group, options: MesonsConfig | MesonMixingConfig) -> Blocks:
    """Links in Coulomb gauge, as the options say it is fixed.

    Raises
    ------
    NumericalError
        If it is not reached.
    """
    defaults = Gauge("coulomb")
    gauge = Gauge(
        "coulomb",
        options.gauge_tolerance or defaults.tolerance,
        options.gauge_steps or defaults.steps,
        options.gauge_omega or defaults.omega,
    )
    return transformed(lattice, U, fix_gauge(lattice, U, group, gauge, Stream(0, 0)).transformation)


def wall(lattice: Lattice, n: int, colour: int, time: int = 0) -> Blocks:
    """A colour vector that is 1 in one component on all sites of one time."""
    eta = lattice.zeros(n, 1)
    of_lanes(eta)[(lattice.coordinates[:, -1] == time).reshape(lattice.blocks, lattice.width), colour, 0, 0] = 1.0
    return eta


def with_spins(lattice: Lattice, n: int, vector: Blocks) -> list[Blocks]:
    """A colour vector times each unit spinor."""
    sources = []
    for spin in range(lattice.d):
        eta = lattice.zeros(n, lattice.d)
        eta["c"][:, :, spin] = vector["c"][:, :, 0]
        sources.append(eta)
    return sources


def spin_products(
    lattice: Lattice, columns: list[Blocks], others: list[Blocks], waves: NDArray[np.float64] | None = None
) -> Matrix:
    """sum over space and colours of S_ab(x, t) Z_cd(x, t)^*: [t, a, b, c, d], S_ab being component a of column b.

    Z is made of the ``others``; ``waves`` [x, ...] multiply each site of space.
    """
    S = side_by_side(lattice, columns)
    Z = S if others is columns else side_by_side(lattice, others)
    found = time_sums(lattice, [(Z, weighted(lattice, S, waves))]).swapaxes(1, 2)
    return found.reshape(lattice.shape[-1], *(len(columns),) * 4)


def side_by_side(lattice: Lattice, columns: list[Blocks]) -> Blocks:
    """Component a of column b: [block, colour, pairs of (a, b)]."""
    numbers = np.stack([column["c"] for column in columns], axis=3)  # [block, colour, a, b, (re, im), lane]
    return in_pairs(numbers.reshape(*numbers.shape[:2], -1, *numbers.shape[-2:]))


def contract(products: Matrix, pairs: list[tuple[Matrix, Matrix]]) -> NDArray[np.float64]:
    """C(t) from :func:`spin_products`, averaged over pairs of matrices.

    -tr [Gamma S Gammabar' g5 Z^dag g5] = -(g5 Gamma)_ca S_ab (Gammabar' g5)_bd Z_cd^*.
    """
    d = products.shape[1]
    g5, time = gamma_5(d), gamma_matrices(d)[-1]
    weights = sum(
        np.einsum("ca,bd->abcd", g5 @ sink, time @ source.conj().T @ time @ g5) for sink, source in pairs
    )
    return np.asarray(-np.einsum("tabcd,abcd->t", products, weights, optimize=False).real / len(pairs))
