r"""The traceless part of the energy-momentum tensor of the gauge field, on thin, smeared or flowed links.

.. math:: U_{\mu\nu} = G^a_{\mu\rho}G^a_{\nu\rho} - \tfrac14\delta_{\mu\nu}\,G^a_{\rho\sigma}G^a_{\rho\sigma}

(H. Suzuki, PTEP 2013, 083B03, arXiv:1304.0533), in d = 4, G the clover of the energy density: the coupling is
in the field, and no coefficient before it (physics.md 26.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.energymomentum import tensor_problem
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.observables import EnergyMomentumConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.planeproducts import product_density, product_sums
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.programs import planes
from lqcdnn.measure.gauge.energy import normalisation
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.slices import asked, between, by_slice, margin_of, slice_problems
from lqcdnn.measure.gauge.topological_charge import loop_field_strength
from lqcdnn.measure.registry import Values, observable

_PLANES = planes(4)
PAIRS = [(p, q) for q in range(len(_PLANES)) for p in range(q + 1) if set(_PLANES[p]) & set(_PLANES[q])]
"""Planes with a direction in common, of which the tensor has products."""


def _component(mu: int, nu: int) -> dict[tuple[int, int], float]:
    """U_{mu nu} as a sum of products G_p G_q: coefficients by (p, q)."""
    found: dict[tuple[int, int], float] = {}
    for rho in set(range(4)) - {mu, nu}:
        (p, first), (q, second) = _oriented(mu, rho), _oriented(nu, rho)
        found[min(p, q), max(p, q)] = first * second
    if mu == nu:
        for p in range(len(_PLANES)):
            found[p, p] = found.get((p, p), 0.0) - 0.5
    return found


def _oriented(mu: int, rho: int) -> tuple[int, float]:
    """The plane of two directions, and the sign of G_{mu rho} in it."""
    return _PLANES.index((min(mu, rho), max(mu, rho))), 1.0 if mu < rho else -1.0


COMPONENTS = {
    names[mu] + names[nu]: _component(mu, nu)
    for names in (direction_names(4),) for nu in range(4) for mu in range(nu + 1)
}  # fmt: skip
"""U_{mu nu}, mu <= nu, by the names of its directions."""


@observable("energy_momentum")
class EnergyMomentum(OfLinks[EnergyMomentumConfig]):
    """All components of U; where time is open their means over the time slices between the margins."""

    def description(self) -> Values:
        """``energy_momentum_margin``, if there is one."""
        return margin_of("energy_momentum", self.options)

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Another number of dimensions than four; a margin where time has no ends."""
        found = tensor_problem(lattice.d)
        yield from () if found is None else (found,)
        yield from slice_problems("energy_momentum", lattice, self.options)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``energy_momentum_xx``, ``_xy``, ..., ``_tt``, means over the sites, in units of the lattice.

        With ``slices`` also the lists ``energy_momentum_xx_slices``, ...: the mean of each time slice.

        Raises
        ------
        InputError
            As :meth:`check`.
        """
        self.check(lattice, group)
        F, pairs = loop_field_strength(lattice, U, group.n, (1, 1), 4), np.array(PAIRS)
        factor = 2.0 * normalisation(group)  # G^a G^a in units of -tr G^2
        if not asked(lattice, self.options):
            part = np.empty((lattice.blocks, len(PAIRS)))
            product_sums(part, F, pairs)
            sums = part.cumsum(axis=0)[-1] * (factor / lattice.volume)  # in block order
            return {f"energy_momentum_{name}": float(U) for name, U in tensor(sums).items()}
        density = lattice.zeros(1, 1, (len(PAIRS),))
        product_density(density, F, pairs)
        time = lattice.shape[-1]
        products = lattice.to_user(density)[..., 0, 0].real.reshape(len(PAIRS), -1, time)
        slices, margin = by_slice(products) * (factor * time / lattice.volume), self.options.margin
        if lattice.fixed is not None:  # slices of fixed links belong to none of these
            slices, margin = slices[:, 1:-1], max((margin or 0) - 1, 0)
        values: Values = {}
        for name, numbers in tensor(slices).items():
            inside = between(numbers.tolist(), margin)
            values[f"energy_momentum_{name}"] = math.fsum(inside) / len(inside)
            if self.options.slices:
                values[f"energy_momentum_{name}_slices"] = numbers.tolist()
        return values


def tensor(products: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """U_{mu nu} by the names of its directions, of G^a_p G^a_q [pair, ...] of :data:`PAIRS`."""
    found = {}
    for name, terms in COMPONENTS.items():
        total = np.zeros(products.shape[1:])
        for pair, coefficient in terms.items():
            total += coefficient * products[PAIRS.index(pair)]
        found[name] = total
    return found
