"""Meson correlators from a point or from noise on a wall; here those of quarks with spin (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.fermions import QuarkConfig
from lqcdnn.config.observables import MesonsConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.noise import noise_wall
from lqcdnn.measure.quarks import KINDS, QuarkOf, effort
from lqcdnn.measure.registry import Observable, Values, observable, own_options
from lqcdnn.measure.staggered_mesons import StaggeredMesons

Matrix = NDArray[np.complex128]


@observable("mesons")
def mesons(options: MesonsConfig, fermion: QuarkConfig | None = None) -> Observable:
    """The meson correlators of a fermion, of a staggered field if there is none."""
    if fermion is not None and fermion.kind in KINDS:
        return Mesons(options, fermion)
    return StaggeredMesons(options, fermion)


class Mesons:
    """C(t) = sum_x <O(x, t) O'(0)^dag>, O = qbar_1 Gamma q_2 of two flavours with the same mass (see ``channels``).

    C(t) = -sum_x tr [Gamma S(x; 0) Gammabar' g5 S(x; 0)^dag g5], Gammabar' = gamma_t Gamma'^dag gamma_t, S(0; x) being
    g5 S(x; 0)^dag g5.

    Parameters
    ----------
    options
        Mass, boundary, source, tolerance.
    fermion
        Table that says which operator.
    """

    def __init__(self, options: MesonsConfig, fermion: QuarkConfig) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary)

    def description(self) -> Values:
        """``meson_options``."""
        return {"meson_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without the operator.

        Raises
        ------
        InputError
            If the lattice has no even and odd sites.
        """
        self._quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``meson_NAME`` for each of :func:`channels`: C(t) for t = 0 ... Lt - 1; ``mesons_iterations``.

        From noise on the wall, the mean over its sites as sources is estimated, without bias.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)
        total = np.zeros((lattice.shape[-1], *(lattice.d,) * 4), dtype=np.complex128)
        for columns, weight in self._sources(lattice, group.n, stream):
            solutions = [made.propagate(eta, o.tolerance, self._fermion.max_iterations).quark for eta in columns]
            total += weight * spin_products(lattice, solutions)
        found = {f"meson_{name}": contract(total, pairs).tolist() for name, pairs in channels(lattice.d).items()}
        return found | effort("mesons", made.operator.log)

    def _sources(self, lattice: Lattice, n: int, stream: Stream) -> Iterator[tuple[list[Blocks], float]]:
        """Colour vectors times each unit spinor, and their weights."""
        o = self.options
        if o.source == "point":
            for colour in range(n):
                vector = lattice.zeros(n, 1)
                vector["c"][0, colour, 0, 0, 0] = 1.0
                yield with_spins(lattice, n, vector), 1.0
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


def with_spins(lattice: Lattice, n: int, vector: Blocks) -> list[Blocks]:
    """A colour vector times each unit spinor."""
    sources = []
    for spin in range(lattice.d):
        eta = lattice.zeros(n, lattice.d)
        eta["c"][:, :, spin] = vector["c"][:, :, 0]
        sources.append(eta)
    return sources


def spin_products(lattice: Lattice, columns: list[Blocks]) -> Matrix:
    """sum over space and colours of S_ab(x, t) S_cd(x, t)^*: [t, a, b, c, d], S_ab being component a of column b.

    Added without BLAS, so that the order of the terms does not depend on threads.
    """
    S = np.stack([lattice.to_user(column) for column in columns], axis=-1)  # [x, ..., t, colour, a, b]
    S = np.moveaxis(S, lattice.d - 1, 0).reshape(lattice.shape[-1], -1, len(columns) ** 2)
    found: Matrix = np.einsum("tsi,tsj->tij", S, S.conj(), optimize=False)
    return found.reshape(lattice.shape[-1], *(len(columns),) * 4)


def contract(products: Matrix, pairs: list[tuple[Matrix, Matrix]]) -> NDArray[np.float64]:
    """C(t) from :func:`spin_products`, averaged over pairs of matrices.

    -tr [Gamma S Gammabar' g5 S^dag g5] = -(g5 Gamma)_ca S_ab (Gammabar' g5)_bd S_cd^*.
    """
    d = products.shape[1]
    g5, time = gamma_5(d), gamma_matrices(d)[-1]
    weights = sum(
        np.einsum("ca,bd->abcd", g5 @ sink, time @ source.conj().T @ time @ g5) for sink, source in pairs
    )
    return np.asarray(-np.einsum("tabcd,abcd->t", products, weights, optimize=False).real / len(pairs))
