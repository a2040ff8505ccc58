"""The running coupling of the Schroedinger functional (Luscher, Narayanan, Weisz, Wolff, hep-lat/9207009)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.schroedinger import coupling_problems
from lqcdnn.config.tables.observables import SchroedingerObservableConfig
from lqcdnn.config.tables.schroedinger import Angles, ct_of
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import defect
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch
from lqcdnn.lattice.schroedinger import fixed_sites, fixed_values, tree_level
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable, own_options
from lqcdnn.network.opentime import mirrored_staples

ONE = np.ones((1, 1))


@observable("schroedinger")
class SchroedingerCoupling(OfLinks[SchroedingerObservableConfig]):
    """dS/deta, and divided by k what has the mean 1/g^2."""

    def description(self) -> Values:
        """``schroedinger_options``: beta and c_t of the action."""
        return {"schroedinger_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """No fixed links, or none that depend on eta; other links than those of the configuration."""
        fixed = lattice.fixed
        return coupling_problems(as_tree(self.options), fixed is not None, fixed is not None and fixed.varies)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``schroedinger_derivative`` = dS/deta, ``schroedinger_inverse_coupling`` = (dS/deta)/k, k of
        :func:`lqcdnn.lattice.schroedinger.tree_level`, ``schroedinger_vbar`` = -(d^2 S/deta dnu)/k (None without a nu,
        or where eta is not 0 and the action has other terms of nu).

        The mean of the second is 1/g^2, that of the third v-bar (hep-lat/9309005).
        """
        assert lattice.fixed is not None
        fixed, k = lattice.fixed, tree_level(lattice)
        ct = ct_of(self.options.ct, group.name, self.options.beta, group.n)
        sums, factor = wall_sums(lattice, U), self.options.beta * ct / group.n
        derivative = factor * contracted(lattice, sums, fixed.lower_slope, fixed.upper_slope)
        mixed = factor * contracted(lattice, sums, fixed.lower_mixed, fixed.upper_mixed) if fixed.mixes else None
        return {
            "schroedinger_derivative": derivative,
            "schroedinger_inverse_coupling": derivative / k,
            "schroedinger_vbar": None if mixed is None else -mixed / k,
        }


def wall_sums(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """E = sum over sites of Im (U_k C^dag)_alpha alpha, C the staples with time: [direction, (first, last), colour].

    dE/dphi_alpha is what Re tr P of these plaquettes changes by, as U_k = exp(i diag(phi) / L_k): -E / L_k.  Sums are
    exact but for the last rounding: they depend on no order.
    """
    C, (sites, program) = scratch(U), mirrored_staples(lattice, ("plaquette",))
    clear(C)
    where = lattice.neighbours, sites.vectors, sites.part, sites.part
    defect.add_staples(C, U, *where, program.program, ONE, program.start)
    values = fixed_values(lattice)
    found = np.empty(values.shape[:-1])
    for mu in range(lattice.d - 1):
        for side, there in enumerate(fixed_sites(lattice)):
            staples = of_lanes(C[mu])[there]  # [site, ...]
            if staples.ndim == 3:  # of SU(2) the first row; the second number of the diagonal is the conjugate
                E = _sum(values[mu, side, 0], staples[:, 0])
                found[mu, side] = E, -E
            else:
                found[mu, side] = [_sum(z, staples[:, a, a]) for a, z in enumerate(values[mu, side])]
    return found


def _sum(z: NDArray[np.float64], staples: NDArray[np.float64]) -> float:
    """The sum of Im (z c^*) over complex numbers c [site, (re, im)]."""
    return math.fsum((z[1] * staples[:, 0] - z[0] * staples[:, 1]).tolist())


def contracted(lattice: Lattice, sums: NDArray[np.float64], lower: Angles, upper: Angles) -> float:
    """sum over k, both slices and colours of (d phi_alpha / L_k) E: minus the change of the sum of Re tr P."""
    slopes = np.array([lower, upper])
    terms = [(E * slopes / extent).ravel().tolist() for E, extent in zip(sums, lattice.shape[:-1], strict=True)]
    return math.fsum(term for of_direction in terms for term in of_direction)
