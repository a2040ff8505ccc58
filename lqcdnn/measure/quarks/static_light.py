"""Mesons of a light quark and a static one: an infinitely heavy antiquark that stays where it is (physics.md 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.hadrons import static_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import StaticLightConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.hyp import hyp_smeared
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.propagators import QuarkOf, effort, iterations
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.registry import Observable, Values, observable, own_options, refuse

Matrix = NDArray[np.complex128]

STATIC_LINKS = {"ape": (1.0, 0.0, 0.0), "hyp1": (0.75, 0.6, 0.3), "hyp2": (1.0, 1.0, 0.5)}
"""Weights of hypercubic smearing, outermost first; with no inner levels it is the mean of the staples, on the group."""


@observable("static_light")
def static_light(options: StaticLightConfig, fermion: QuarkConfig | None = None) -> Observable:
    """Mesons of a fermion and a static quark, from one or more sources."""
    return from_sources("static_light", StaticLight(options, fermion))


class StaticLight:
    """C(t) = sum_x <O(x, t) O(0)^dag>, O = qbar Gamma h with the static quark h, that is at the origin for all t.

    Its propagator from 0 to t is P_+ W(t)^dag with W(t) = U_t(0) ... U_t(t - 1), P_+- = (1 +- gamma_t)/2 (E. Eichten,
    B. Hill, Phys. Lett. B 234 (1990) 511; its energy has no additive mass). Of S = S(0, t; 0, 0) of the light quark

    C(t) = Re tr P_+ S W(t)  for Gamma = gamma_5 and each gamma_i,   -Re tr P_- S W(t)  for 1 and each gamma_i gamma_5.

    A light quark that goes around time the other way is part of S, and with W(t) a Polyakov loop.

    Parameters
    ----------
    options
        Mass, boundary, source, smearing of the static line, tolerance.
    fermion
        Table that says which operator the light quark has.
    """

    def __init__(self, options: StaticLightConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """``static_light_options``."""
        return {"static_light_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse dimensions without the smearing, and quarks without spin.

        Raises
        ------
        InputError
            If so, or if the lattice has no even and odd sites.
        """
        refuse(static_problems("observables.static_light", self.options.static_links, lattice.d, self._quark.kind))
        self._quark.on(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``static_light_pseudoscalar`` and ``static_light_scalar``, C(t) for t = 0 ... Lt - 1; iterations.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge, or a smeared link cannot be projected onto the group.
        """
        self.check(lattice, group)
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        sources = point_sources(lattice, group.n, smearing)
        found = made.propagate_all(sources, o.tolerance, iterations(self._fermion))
        columns = [at_origin(lattice, smearing.at_sink(one.quark)) for one in found]
        S = np.stack(columns, axis=-1).reshape(lattice.shape[-1], group.n, made.spins, group.n, made.spins)
        if o.static_links != "thin":
            U = hyp_smeared(lattice, U, group, STATIC_LINKS[o.static_links][: lattice.d - 1], "time")
        C = both_directions(S, at_origin(lattice, U[-1]), o.boundary[-1])
        values = {f"static_light_{name}": one.tolist() for name, one in C.items()}
        return values | effort("static_light", made.operator.log)


def at_origin(lattice: Lattice, field: Blocks) -> Matrix:
    """A field of matrices at the origin of space: [t, row, column]."""
    return np.asarray(lattice.to_user(field)[(0,) * (lattice.d - 1)])


def both_directions(S: Matrix, links: Matrix, boundary: int) -> dict[str, NDArray[np.float64]]:
    """C(t) by name, mean of the static line forward from the source and backward, which a reflection of time exchanges.

    Backward C(t) has P_-+, the light quark at -t, which is ``boundary`` times that at T - t, and W of the links the
    other way.

    Parameters
    ----------
    S
        Light quark above the source, [t, colour, spin, colour, spin of the source].
    links
        U_t at t, [t, n, n].
    boundary
        Sign of the light quark in time.
    """
    extent, n = links.shape[:2]
    d = S.shape[2]
    projectors = [0.5 * (np.eye(d) + sign * gamma_matrices(d)[-1]) for sign in (1, -1)]
    ahead = behind = np.eye(n, dtype=np.complex128)
    found = np.zeros((2, extent))
    for t in range(extent):
        back = S[-t % extent] * (boundary if t else 1)
        for parity, (one, other) in enumerate((projectors, projectors[::-1])):
            forward, backward = trace(one, S[t], ahead), trace(other, back, behind)
            found[parity, t] = (0.5 - parity) * (forward + backward)
        ahead = product(ahead, links[t])
        behind = product(behind, links[-t - 1].conj().T)
    return {"pseudoscalar": found[0], "scalar": found[1]}


def trace(P: Matrix, S: Matrix, W: Matrix) -> float:
    """Re tr P S W; added without BLAS, in a fixed order."""
    return float(np.einsum("sr,arbs,ba->", P, S, W, optimize=False).real)


def product(A: Matrix, B: Matrix) -> Matrix:
    """A B, without BLAS."""
    return np.asarray(np.einsum("ab,bc->ac", A, B, optimize=False))
