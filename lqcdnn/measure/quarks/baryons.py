"""Correlators of baryons: nucleon and Delta of quarks with spin components (physics.md 6)."""

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
from lqcdnn.measure.quarks.propagators import QuarkOf, effort, iterations
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.quarks.threequarks import delta, nucleon, parity_projector
from lqcdnn.measure.registry import Observable, Values, observable, own_options, refuse

Matrix = NDArray[np.complex128]


@observable("baryons")
def baryons(options: BaryonsConfig, fermion: QuarkConfig | None = None) -> Observable:
    """The baryons of a fermion, from one or more sources."""
    return from_sources("baryons", Baryons(options, fermion))


class Baryons:
    """C(t) = sum_x tr P <B(x, t) Bbar(0)>, P = (1 + gamma_t)/2, of the nucleon and the Delta, from the origin.

    B is (u^T C gamma_5 d) u and, with the spin 3/2 projected out, (u^T C gamma_i u) u (C. Gattringer, C. B. Lang,
    Quantum Chromodynamics on the Lattice, 2010, section 6.1). With Wilson's transfer matrix

    C(t) = sum_i A_i exp(-m_i t) - s sum_j B_j exp(-M_j (T - t)), A, B >= 0,

    m_i the masses of baryons of positive, M_j of negative parity, s the boundary sign of the quarks in time.

    Parameters
    ----------
    options
        Mass, boundary, source, tolerance.
    fermion
        Table that says which operator.
    """

    def __init__(self, options: BaryonsConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """``baryon_options``."""
        return {"baryon_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse other than three colours, four dimensions and quarks with spin.

        Raises
        ------
        InputError
            If so, or if the lattice has no even and odd sites.
        """
        kind = "staggered" if self._fermion is None else self._fermion.kind
        refuse(baryon_problems("observables.baryons", lattice.shape, group.name, kind))
        self._quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``baryon_nucleon``, ``baryon_delta``, C(t) for t = 0 ... Lt - 1, and both ``_negative``; iterations.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        sources = point_sources(lattice, group.n, smearing)
        solutions = made.propagate_all(sources, o.tolerance, iterations(self._fermion))
        S = propagator(lattice, [smearing.at_sink(found.quark) for found in solutions])
        values: Values = {}
        for name, contract in (("nucleon", lambda one: nucleon(one, one)), ("delta", delta)):
            C = both_directions(np.stack([contract(np.moveaxis(one, 0, -1).copy()) for one in S]), o.boundary[-1])
            values |= {f"baryon_{name}": C.tolist(), f"baryon_{name}_negative": reflected(C, o.boundary[-1]).tolist()}
        return values | effort("baryons", made.operator.log)


def propagator(lattice: Lattice, columns: list[Blocks]) -> Matrix:
    """S from its columns, those of one colour side by side: [t, site in space, colour, spin, colour, spin]."""
    n, spins = lattice.to_user(columns[0]).shape[-2:]
    S = np.stack([lattice.to_user(column) for column in columns], axis=-1)
    return np.moveaxis(S, lattice.d - 1, 0).reshape(lattice.shape[-1], -1, n, spins, n, spins)


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
