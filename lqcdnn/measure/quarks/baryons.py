"""Correlators of baryons of quarks with spin components: octet and decuplet (physics.md 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.hadrons import baryon_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import BaryonsConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.propagators import QuarkOf, described, effort, iterations, second_quark
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.quarks.threequarks import (
    Propagator,
    ThreeQuarks,
    decuplet,
    delta,
    nucleon,
    octet,
    parity_projector,
)
from lqcdnn.measure.registry import Observable, Values, observable, own_options, refuse

Matrix = NDArray[np.complex128]


@observable("baryons")
def baryons(
    options: BaryonsConfig, fermion: QuarkConfig | None = None, strange: QuarkConfig | None = None
) -> Observable:
    """The baryons of a fermion and, where there is one, a strange quark, from one or more sources."""
    return from_sources("baryons", Baryons(options, fermion, strange))


class Baryons:
    """C(t) = sum_x tr P <B(x, t) Bbar(0)>, P = (1 + gamma_t)/2, of nucleon, Delta and hyperons, from the origin.

    B is (u^T C gamma_5 d) u and, with the spin 3/2 projected out, (u^T C gamma_i u) u (C. Gattringer, C. B. Lang,
    Quantum Chromodynamics on the Lattice, 2010, section 6.1); those with strange quarks are of the same norm (see
    ``threequarks``). With Wilson's transfer matrix

    C(t) = sum_i A_i exp(-m_i t) - s sum_j B_j exp(-M_j (T - t)), A, B >= 0,

    m_i the masses of baryons of positive, M_j of negative parity, s the boundary sign of the quarks in time.

    Parameters
    ----------
    options
        Masses, boundary, source, tolerance.
    fermion
        Table that says which operator u and d have.
    strange
        The same of s; None: that of u and d, where there is a mass of s.
    """

    def __init__(
        self, options: BaryonsConfig, fermion: QuarkConfig | None = None, strange: QuarkConfig | None = None
    ) -> None:
        self.options, self._fermion, self._named = options, fermion, strange
        first = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        second = second_quark(first, strange, options.strange_mass)
        self.quarks = (first,) if second is first else (first, second)
        self._strange = strange is not None or options.strange_mass is not None

    def description(self) -> Values:
        """``baryon_options``, with what the strange quark is where it has a table."""
        found = own_options(self.options)
        if self._named is not None:
            found["strange"] = described(self.options.strange or "", self._named)
        return {"baryon_options": found}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse other than three colours, four dimensions and quarks with spin.

        Raises
        ------
        InputError
            If so, or if the lattice has no even and odd sites.
        """
        refuse(baryon_problems("observables.baryons", lattice.shape, group.name, self.quarks[0].kind))
        for quark in self.quarks:
            quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``baryon_nucleon``, ``baryon_delta``, C(t) for t = 0 ... Lt - 1, and both ``_negative``; iterations.

        Of strange quarks also ``baryon_lambda``, ``sigma``, ``xi``, ``sigma_star``, ``xi_star`` and ``omega``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made, o = [quark.on(lattice, group) for quark in self.quarks], self.options
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        quarks = []
        for quark, one in zip(self.quarks, made, strict=True):
            one.set_links(U)
            sources = point_sources(lattice, group.n, smearing)
            solutions = one.propagate_all(sources, o.tolerance, iterations(quark.fermion))
            quarks.append(Propagator(lattice, [smearing.at_sink(found.quark) for found in solutions]))
        values: Values = {}
        for name, G in self._contracted(ThreeQuarks({"u": quarks[0], "s": quarks[-1]})).items():
            C = both_directions(G, o.boundary[-1])
            values |= {f"baryon_{name}": C.tolist(), f"baryon_{name}_negative": reflected(C, o.boundary[-1]).tolist()}
        return values | effort("baryons", *(one.operator.log for one in made))

    def _contracted(self, quarks: ThreeQuarks) -> dict[str, Matrix]:
        """G of each baryon, [t, g, d]."""
        (proton,) = nucleon(quarks)
        found = {"nucleon": proton, "delta": delta(quarks)}
        return found | octet(quarks) | decuplet(quarks) if self._strange else found


def both_directions(G: Matrix, boundary: int) -> NDArray[np.float64]:
    """Mean of Re tr P_+ G(t) and of what is the same on average by a reflection of time, from -Re tr P_- G(T - t).

    Parameters
    ----------
    G
        sum_x <B(x, t) Bbar(0)>, [t, spin, spin].
    boundary
        Sign of the quarks in time, and of baryons.
    """
    positive, negative = (np.einsum("ab,tba->t", parity_projector(sign), G).real for sign in (1, -1))
    return np.asarray(0.5 * (positive + reflected(-negative, boundary)))


def reflected(C: NDArray[np.float64], boundary: int) -> NDArray[np.float64]:
    """C'(t) = -s C(T - t) with the boundary sign s, and -C(0) at t = 0, where nothing has gone around."""
    return np.concatenate([-C[:1], -boundary * C[:0:-1]])
