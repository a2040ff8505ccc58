"""Correlation functions of quarks of the Schroedinger functional, between its boundaries and the slices inside.

M. Luescher, S. Sint, R. Sommer, P. Weisz, hep-lat/9605038; with H. Wittig, hep-lat/9611015; S. Sint and P. Weisz,
hep-lat/9704001.  With P_+- = (1 +- gamma_t)/2 and S = (D + m)^-1 the quark from the lower and the upper boundary is

    H(x) = ct_tilde sum_y S(x; y, 1) U_t(y, 0)^dag P_+        H'(x) = ct_tilde sum_y S(x; y, T - 1) U_t(y, T - 1) P_-

and K = (ct_tilde / V_s) sum_x U_t(x, T - 1)^dag P_+ H(x, T - 1) the one from boundary to boundary.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import SchroedingerCorrelatorsConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import to_user
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.propagators import QuarkOf, WilsonQuark, effort, iterations
from lqcdnn.measure.registry import Values, observable, own_options

Matrix = NDArray[np.complex128]


@observable("schroedinger_correlators")
class SchroedingerCorrelators:
    """f_A, f_P, k_V, k_T, f_V, f_1 of two degenerate quarks; all at zero momentum."""

    def __init__(self, options: SchroedingerCorrelatorsConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self.fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """``schroedinger_correlator_options``."""
        return {"schroedinger_correlator_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse lattices without fixed links and quarks that are not Wilson's.

        Raises
        ------
        InputError
            If so.
        """
        if lattice.fixed is None:
            raise InputError('observables.schroedinger_correlators without lattice.time = "schroedinger"')
        self._on(lattice, group)

    def _on(self, lattice: Lattice, group: Group) -> WilsonQuark:
        if self.fermion is None or self.fermion.kind != "wilson":
            raise InputError("observables.schroedinger_correlators without a Wilson quark of the action or [valence]")
        made = self._quark.on(lattice, group)
        assert isinstance(made, WilsonQuark)
        return made

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """Lists over the slices 1 ... T - 1: ``schroedinger_fA``, ``_fP``, ``_kV``, ``_kT``, ``_fV`` from the lower
        boundary, ``schroedinger_fA_upper`` and so on from the upper one, by the distance from it; numbers
        ``schroedinger_f1``, ``schroedinger_iterations``.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        made, o = self._on(lattice, group), self.options
        made.set_links(U)
        links = np.moveaxis(to_user(lattice, U)[-1], lattice.d - 1, 0)  # of time: [t, x, ..., n, n]
        lower, upper = (
            [made.propagate(b, o.tolerance, iterations(self.fermion)).quark for b in sources]
            for sources in boundary_sources(lattice, links, made.operator.ct_tilde)
        )
        H, upside = (by_slice(lattice, columns) for columns in (lower, upper))
        found = {f"schroedinger_{name}": values for name, values in of_one_boundary(H, 1.0).items()}
        other = of_one_boundary(upside[::-1], -1.0)
        found |= {f"schroedinger_{name}_upper": values for name, values in other.items()}
        K = across(H[-1], links[-2], made.operator.ct_tilde)
        found["schroedinger_fV"] = vector_current(H, upside, K)
        f1 = 0.5 * math.fsum((K.real**2 + K.imag**2).ravel().tolist())
        return found | {"schroedinger_f1": f1} | effort("schroedinger", made.operator.log)


def half_spinors(d: int, sign: float) -> Matrix:
    """Orthonormal spinors [S, S/2] with gamma_t e = sign e, so that e e^dag is P_+ or P_-."""
    gamma = gamma_matrices(d)[-1]
    return np.asarray((np.eye(d) + sign * gamma)[:, : d // 2] / math.sqrt(2.0))


def boundary_sources(lattice: Lattice, links: Matrix, ct_tilde: float) -> tuple[list[Blocks], list[Blocks]]:
    """ct_tilde U_t^dag e in the slice 1 for each colour and spin of the lower boundary; U_t e in T - 1 of the upper."""
    found, n, d = [], links.shape[-1], lattice.d
    for t, U, sign in ((1, links[0].conj().swapaxes(-1, -2), 1.0), (-2, links[-2], -1.0)):
        spinors, sources = half_spinors(d, sign), []
        for colour, spin in np.ndindex(n, d // 2):
            eta = np.zeros((*lattice.shape, n, d), dtype=np.complex128)
            eta[..., t, :, :] = ct_tilde * U[..., :, colour, None] * spinors[:, spin]
            sources.append(lattice.from_user(eta))
        found.append(sources)
    lower, upper = found
    return lower, upper


def by_slice(lattice: Lattice, columns: list[Blocks]) -> Matrix:
    """Propagators between the fixed slices: [t, site of space, (source colour, source spin), colour, spin]."""
    H = np.stack([lattice.to_user(column) for column in columns], axis=-3)
    H = np.moveaxis(H, lattice.d - 1, 0)[1:-1]
    return np.ascontiguousarray(H.reshape(len(H), -1, *H.shape[-3:]))


def of_one_boundary(H: Matrix, sign: float) -> dict[str, list[float]]:
    """f_A, f_P, k_V, k_T by slices, from a boundary; of the upper one ``sign`` is -1, and time runs the other way.

    -(1/3) sum_a <qbar Gamma tau^a/2 q  zetabar Gamma' tau^a/2 zeta> = (1/2) tr [Gamma H Gamma' g5 H^dag g5], mean over
    space: Gamma = gamma_t g5, g5 with Gamma' = g5; gamma_k, -gamma_k gamma_t with gamma_k, mean over k.  What has one
    gamma_t changes its sign as time is turned round.
    """
    count, sites, _, n, d = H.shape
    gamma, g5, e = gamma_matrices(d), gamma_5(d), half_spinors(d, sign)
    A = H.reshape(count, sites, n, d // 2, n, d).swapaxes(3, 4).reshape(count, -1, d // 2 * d)  # [.., (e, spin)]
    P = np.einsum("tsi,tsj->tij", A, A.conj(), optimize=False).reshape(count, *(d // 2, d) * 2)
    pairs = {
        "fA": [(sign * gamma[-1] @ g5, g5)],
        "fP": [(g5, g5)],
        "kV": [(g, g) for g in gamma[:-1]],
        "kT": [(-sign * g @ gamma[-1], g) for g in gamma[:-1]],
    }
    found = {}
    for name, terms in pairs.items():
        weight = sum(np.einsum("kj,bc->bjck", g5 @ sink, e.conj().T @ source @ g5 @ e) for sink, source in terms)
        values = np.einsum("tbjck,bjck->t", P, weight, optimize=False).real
        found[name] = (values / (2.0 * sites * len(terms))).tolist()
    return found


def across(H: Matrix, U: Matrix, ct_tilde: float) -> Matrix:
    """K between the half spinors of the boundaries, [upper colour, upper spin, lower colour, lower spin]."""
    sites, _, n, d = H.shape
    e, V = half_spinors(d, 1.0), U.reshape(sites, n, n).conj()
    K = np.einsum("xia,xcis,sb->abc", V, H, e.conj(), optimize=False) * (ct_tilde / sites)
    return np.asarray(K.reshape(n, d // 2, n, d // 2))


def vector_current(H: Matrix, upside: Matrix, K: Matrix) -> list[float]:
    """f_V by slices: i eps_abc <O'^a V_t^b O^c> / 6 = (1/2) Re tr [g5 H'^dag g5 gamma_t H K^dag], mean over space.

    Normalised so that for the conserved current it is f_1, on every configuration.
    """
    _, sites, columns, _, d = H.shape
    g5, below, above = gamma_5(d), half_spinors(d, 1.0), half_spinors(d, -1.0)
    turned = np.einsum("ij,txcaj->txcai", g5 @ gamma_matrices(d)[-1], H, optimize=False)
    between = np.einsum("txbai,txcai->tbc", upside.conj(), turned, optimize=False) / sites  # [t, upper, lower]
    weight = np.einsum("bucs,ue->becs", K.conj(), below.conj().T @ g5 @ above, optimize=False)
    values = np.einsum("tbc,bc->t", between, weight.reshape(columns, columns), optimize=False).real
    found: list[float] = (0.5 * values).tolist()
    return found
