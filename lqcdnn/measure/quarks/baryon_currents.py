"""Three-point functions of the nucleon: its charges of all currents (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from lqcdnn.config.tables.currents import OF_CHARGE, OF_SPIN, BaryonCurrentsConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.insertions import Key, spin_along
from lqcdnn.measure.quarks.momenta import sink_waves
from lqcdnn.measure.quarks.propagators import effort
from lqcdnn.measure.quarks.sequential import Sequential, keyed, moving
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources
from lqcdnn.measure.quarks.spinsums import FloatArray, Matrix, Waves
from lqcdnn.measure.quarks.threequark_derivatives import nucleon_derivatives
from lqcdnn.measure.quarks.threequarks import Propagator, ThreeQuarks, nucleon, parity_projector
from lqcdnn.measure.registry import Observable, Values, observable


@observable("baryon_currents")
def baryon_currents(options: BaryonCurrentsConfig, fermion: QuarkConfig | None = None) -> Observable:
    """Those of a fermion, from one or more sources."""
    return from_sources("baryon_currents", BaryonCurrents(options, fermion))


class BaryonCurrents(Sequential):
    """C_3(t) = sum_xy w(y) tr P <N(x, T) J(y, t) Nbar(0)>, N = (u^T C gamma_5 d) u, connected.

    J = ubar Gamma u - dbar Gamma d, or one of them. Of currents of charge P = (1 + gamma_t)/2, of those of spin in
    direction k P = (1 + gamma_t)/2 Sigma_k, so that the ratio to the two-point function with P = (1 + gamma_t)/2 is
    g_S, g_V, g_A or g_T far from source and sink, with the signs of the quark model. Sequential sources are
    gamma_5 (dF/dS)^* of F = tr P N Nbar (``threequark_derivatives``, ``insertions``); momenta as of ``meson_currents``.

    Parameters
    ----------
    options
        Currents, separations T, combinations, polarisation, mass, boundary, source, tolerance.
    fermion
        Table of the quark.
    """

    options: BaryonCurrentsConfig

    def __init__(self, options: BaryonCurrentsConfig, fermion: QuarkConfig | None = None) -> None:
        super().__init__("baryon_currents", options, fermion)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``baryon_current_two_point`` and, of each of the combinations, ``baryon_current_isovector_NAME_sT``.

        With ``_p1_0_0`` at the end those of momenta, of the two-point function that of the nucleon at the sink, with
        ``_sink1_0_0`` those of momenta at source and sink; ``baryon_currents_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        o, made = self.options, self.quark.on(lattice, group)
        made.set_links(U)
        smearing = QuarkSmearing(o, lattice, group, U, o.boundary)
        insertions = self.insertions(made, U)
        psi = self.solved(self.quark, made, point_sources(lattice, group.n, smearing))
        columns = [smearing.at_sink(column.quark) for column in psi]
        two_point = projected_nucleon(Propagator(lattice, columns), self.two_point_waves(lattice))
        values: Values = {f"baryon_current_two_point{end}": C.tolist() for end, C in two_point.items()}
        for T, combination, (sinks, wave) in product(o.separations, o.combinations, sink_waves(o, lattice)):
            total: dict[Key, FloatArray] = {}
            for axis, P, weight in self._spins():
                source = (moving(lattice, eta, wave) for eta in sources_at(lattice, columns, T, combination, P))
                phi = self.solved_back(made, insertions, (smearing.at_sink(column) for column in source))
                found = insertions.correlators(list(zip(psi, phi, strict=True)), axis, transfers=wave is None)
                for key, C in found.items():
                    total[key] = total.get(key, 0.0) + weight * C
            values |= keyed(f"baryon_current_{combination}", T, sinks, total)
        return values | effort("baryon_currents", made.operator.log)

    def _spins(self) -> Iterator[tuple[str, Matrix, float]]:
        """Direction of the spin, empty for the sum over both, its projector P, and how much it counts in a mean."""
        unpolarised, axes = parity_projector(1), self.options.polarization
        if any(name in OF_CHARGE for name in self.options.currents):
            yield "", unpolarised, 1.0
        if any(name in OF_SPIN for name in self.options.currents):
            for axis in axes:
                yield axis, unpolarised @ spin_along(axis), 1.0 / len(axes)


def projected_nucleon(S: Propagator, waves: Waves) -> dict[str, FloatArray]:
    """Re tr P <N(x, t) Nbar(0)>, P = (1 + gamma_t)/2, summed over space by momentum, [t]."""
    found = zip(waves, nucleon(ThreeQuarks({"u": S}), list(waves.values())), strict=True)
    return {end: np.asarray(np.einsum("ab,tba->t", parity_projector(1), G).real) for end, G in found}


def sources_at(lattice: Lattice, columns: list[Blocks], t: int, combination: str, P: Matrix) -> Iterator[Blocks]:
    """gamma_5 (dF/dS)^* on a time slice for each colour and, running faster, each spin of the source."""
    S = np.stack([lattice.to_user(column)[..., t, :, :].reshape(-1, 3, 4) for column in columns], axis=-1)
    S = np.moveaxis(S, 0, -1).reshape(3, 4, 3, 4, -1)
    up, down = nucleon_derivatives(S, S, P)
    derivative = {"isovector": up - down, "up": up, "down": down}[combination]
    derivative *= gamma_5(4).diagonal().real[:, None, None, None]
    for colour, spin in np.ndindex(derivative.shape[2:4]):
        z = np.zeros((*lattice.shape, *derivative.shape[:2]), dtype=np.complex128)
        z[..., t, :, :] = np.moveaxis(derivative[:, :, colour, spin].conj(), -1, 0).reshape(*lattice.shape[:-1], 3, 4)
        yield lattice.from_user(z)
