"""Mesons and pairs of pions of distilled quarks (physics.md 28)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.distillation import distillation_problems, distilled_space_problems
from lqcdnn.config.rules.symmetries import Momentum
from lqcdnn.config.tables.distillation import DistillationConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.laplacian import slice_modes
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.isospin import annihilated
from lqcdnn.measure.quarks.mesons import channels, contract
from lqcdnn.measure.quarks.momenta import momentum_key, orbit
from lqcdnn.measure.quarks.movingpions import MovingPions
from lqcdnn.measure.quarks.perambulators import ComplexArray, Perambulators, sourced, spin_products, turned
from lqcdnn.measure.quarks.propagators import QuarkOf, effort, iterations
from lqcdnn.measure.quarks.smearing import links_of_quarks
from lqcdnn.measure.quarks.twopions import PionLines, Weighted, pion_operators, two_pions
from lqcdnn.measure.registry import Values, observable, own_options, refuse

FloatArray = NDArray[np.float64]


@observable("distillation")
class Distillation:
    """C_ij(t) of O_i = qbar Box_i Gamma exp(-i p x) Box_i q, Box_i = V V^dag of the lowest eigenvectors of each slice.

    As those of ``Mesons``, but for the sum over sites of the source, of which the mean over space is taken: with all
    eigenvectors Box = 1 and the numbers are means of those over all places of the source (M. Peardon et al.,
    arXiv:0905.2160). With ``two_pions`` and ``moving_pions`` also correlators of two pions.

    Parameters
    ----------
    options
        Eigenvectors, smearing of the links they are of, channels, momenta, times of the source, mass, boundary.
    fermion
        Table of the quark.
    """

    def __init__(self, options: DistillationConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """``distillation_options``."""
        return {"distillation_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            Staggered quarks; more eigenvectors than there are, or times and momenta that are not of the lattice.
        """
        kind, path, options = self._fermion and self._fermion.kind, "observables.distillation", as_tree(self.options)
        refuse(distillation_problems(path, options, kind or "staggered", lattice.d))
        refuse(distilled_space_problems(path, options, lattice.shape, group.name, group.n))
        self._quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``distilled_CHANNEL``[i][j][t], i and j of ``sizes``, also with ``_p1_0_0`` of momenta.

        ``distilled_two_pions``[i][j][t], i and j of ``two_pions``; ``distilled_two_pions_p1_0_0``, those of
        ``moving_pions`` with this total momentum; ``distilled_isospin_1`` and ``distilled_isospin_0``,
        i and j of ``sizes``, then ``two_pions``, with ``distilled_isospin_0_vacuum``[i] = <O_i>;
        ``laplacian_eigenvalues``[k], mean over time slices; ``distillation_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If eigenvectors or a solve do not converge, or smeared links cannot be projected onto the group.
        """
        self.check(lattice, group)
        o, quark = self.options, self._quark.on(lattice, group)
        quark.set_links(U)
        links = links_of_quarks(o, lattice, group, U, o.boundary)
        modes = slice_modes(lattice, links, o.eigenvectors, o.eigenvector_tolerance)
        made, extent = Perambulators(lattice, modes.vectors), lattice.shape[-1]
        times = range(0, extent, extent // (o.source_times or extent))
        space, signs = lattice.shape[:-1], o.boundary[:-1]
        momenta = {"": [(0,) * len(space)]} | {momentum_key(k): orbit(space, signs, k) for k in o.momenta or ()}
        operators = [orbit(space, signs, k) for k in o.two_pions or ()]
        weighted = {isospin: pion_operators(isospin, operators, space) for isospin in self._isospins}
        moving = MovingPions(o.moving_pions or (), space, signs, extent)
        size = len(self._sizes)
        mesons = {
            key: np.zeros((size, size, extent, *(lattice.d,) * 4), dtype=np.complex128)
            for key in (momenta if o.channels else ())
        }
        pairs = {isospin: np.zeros((len(one[0]), len(one[0]), extent)) for isospin, one in weighted.items()}
        kept: list[ComplexArray] = []
        for t0 in times:
            tau = made.from_time(quark, t0, o.tolerance, iterations(self._fermion))
            for key in mesons:
                for p in momenta[key]:
                    mesons[key] += np.roll(self._spins(made, tau, t0, p), -t0, axis=2)
            lines = PionLines(made, tau, t0, [*operators, moving.momenta])
            moving.add(lines, t0)
            for isospin, one in weighted.items():
                pairs[isospin] += np.roll(two_pions(lines, one, isospin), -t0, axis=2)
            kept += [tau] if min(weighted, default=2) < 2 else []
        found, sites = Values(), lattice.volume // extent
        for key, total in mesons.items():
            for name in o.channels:
                norm, gammas = len(times) * sites * len(momenta[key]), channels(lattice.d)[name]
                found[f"distilled_{name}{key}"] = [
                    [(contract(entry, gammas) / norm).tolist() for entry in row] for row in total
                ]
        means = {isospin: total / len(times) for isospin, total in pairs.items()}
        found |= self._of_isospins(means, weighted, made, kept, sites)
        found |= moving.values(len(times) * sites**2)
        found["laplacian_eigenvalues"] = (modes.values.cumsum(axis=0)[-1] / extent).tolist()
        return found | effort("distillation", quark.operator.log)

    def _of_isospins(
        self,
        pairs: Mapping[int, FloatArray],
        weighted: Mapping[int, Sequence[Sequence[Weighted]]],
        made: Perambulators,
        kept: Sequence[ComplexArray],
        sites: int,
    ) -> Values:
        """Correlators of each isospin: of ``pairs`` of pions, with the lines that begin and end on one time slice."""
        found, size = Values(), len(self._sizes)
        for isospin, one in weighted.items():
            C = pairs[isospin]
            if isospin == 2:
                found["distilled_two_pions"] = (C / sites**2).tolist()
                continue
            whole, vacuum = annihilated(isospin, made, kept, self._sizes, one)
            whole[size:, size:] += C
            norms = np.array([1.0 / math.sqrt(sites)] * size + [1.0 / sites] * len(C))
            found[f"distilled_isospin_{isospin}"] = (whole * norms[:, None, None] * norms[:, None]).tolist()
            if isospin == 0:
                found["distilled_isospin_0_vacuum"] = (vacuum * norms).tolist()
        return found

    @property
    def _isospins(self) -> tuple[int, ...]:
        return (self.options.isospins or (2,)) if self.options.two_pions else ()

    @property
    def _sizes(self) -> tuple[int, ...]:
        return self.options.sizes or (self.options.eigenvectors,)

    def _spins(self, made: Perambulators, tau: ComplexArray, t0: int, p: Momentum) -> ComplexArray:
        """sum_kn [Phi_p(t) tau Phi_p(t0)^dag]_ab,kn tau_cd,kn^*: [i, j, t, a, b, c, d], k and n of the sizes i, j."""
        found = []
        for sink in self._sizes:
            for source in self._sizes:
                part = tau[..., :sink, :source]
                moved = part
                if any(p):
                    wave = made.wave(p)
                    moved = sourced(turned(wave[:, :sink, :sink], part), wave[t0, :source, :source])
                found.append(spin_products(moved, part))
        return np.reshape(found, (len(self._sizes), len(self._sizes), *found[0].shape))
