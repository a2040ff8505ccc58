"""The running coupling of the Schroedinger functional (Luscher, Narayanan, Weisz, Wolff, hep-lat/9207009)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.schroedinger import coupling_problems
from lqcdnn.config.tables.fermions import QuarkConfig
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


class QuarkPart(Protocol):
    """What a quark of the sea adds to dS/deta (``measure.quarks.boundary_trace``)."""

    described: Values
    """The quark."""

    def sums(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream, index: int) -> NDArray[np.float64]:
        """As :func:`wall_sums` times beta c_t / N, of the ``index``-th quark."""


@observable("schroedinger")
class SchroedingerCoupling(OfLinks[SchroedingerObservableConfig]):
    """dS/deta, and divided by k what has the mean 1/g^2."""

    def __init__(
        self, options: SchroedingerObservableConfig, fermion: QuarkConfig | None = None, sea: Sequence[QuarkPart] = ()
    ) -> None:
        super().__init__(options, fermion)
        self.sea = sea

    def description(self) -> Values:
        """``schroedinger_options``: beta and c_t of the action, and its clover quarks."""
        found = own_options(self.options)
        if self.sea:
            found["quarks"] = [part.described for part in self.sea]
        return {"schroedinger_options": found}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """No fixed links, or none that depend on eta; other links than those of the configuration."""
        fixed = lattice.fixed
        return coupling_problems(as_tree(self.options), fixed is not None, fixed is not None and fixed.varies)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``schroedinger_derivative`` = dS/deta, ``schroedinger_inverse_coupling`` = (dS/deta)/k, k of
        :func:`lqcdnn.lattice.schroedinger.tree_level`, ``schroedinger_vbar`` = -(d^2 S/deta dnu)/k (None without a nu,
        or where eta is not 0 and the action has other terms of nu).

        The mean of the second is 1/g^2, that of the third v-bar (hep-lat/9309005).  With clover quarks in the sea all
        contain what these add, which for the first is ``schroedinger_quark_derivative``.

        Raises
        ------
        NumericalError
            If a solve with a quark does not converge.
        """
        assert lattice.fixed is not None
        fixed, k = lattice.fixed, tree_level(lattice)
        ct = ct_of(self.options.ct, group.name, self.options.beta, group.n)
        sums = self.options.beta * ct / group.n * wall_sums(lattice, U)
        parts = [part.sums(lattice, U, group, stream, i) for i, part in enumerate(self.sea)]
        total = sum(parts, sums)
        derivative = contracted(lattice, total, fixed.lower_slope, fixed.upper_slope)
        mixed = contracted(lattice, total, fixed.lower_mixed, fixed.upper_mixed) if fixed.mixes else None
        found: Values = {
            "schroedinger_derivative": derivative,
            "schroedinger_inverse_coupling": derivative / k,
            "schroedinger_vbar": None if mixed is None else -mixed / k,
        }
        if parts:
            of_quarks = contracted(lattice, sum(parts, np.zeros_like(sums)), fixed.lower_slope, fixed.upper_slope)
            found["schroedinger_quark_derivative"] = of_quarks
        return found


def wall_sums(lattice: Lattice, U: Blocks) -> NDArray[np.float64]:
    """E = sum over sites of Im (U_k C^dag)_alpha alpha, C the staples with time: [direction, (first, last), colour].

    dE/dphi_alpha is what Re tr P of these plaquettes changes by, as U_k = exp(i diag(phi) / L_k): -E / L_k.
    """
    C, (sites, program) = scratch(U), mirrored_staples(lattice, ("plaquette",))
    clear(C)
    where = lattice.neighbours, sites.vectors, sites.part, sites.part
    defect.add_staples(C, U, *where, program.program, ONE, program.start)
    C["c"][..., 1, :] *= -1.0  # on the diagonal this is C^dag
    return diagonal_sums(lattice, C)


def diagonal_sums(lattice: Lattice, Sigma: Blocks) -> NDArray[np.float64]:
    """E = sum over sites of Im (U_k Sigma_k)_alpha alpha, U_k fixed links: [direction, (first, last), colour].

    With dS = Re tr(Sigma dU) the derivative dS/dphi_alpha is -E / L_k.  Sums are exact but for the last rounding: they
    depend on no order.
    """
    values = fixed_values(lattice)
    found = np.empty(values.shape[:-1])
    for mu in range(lattice.d - 1):
        for side, there in enumerate(fixed_sites(lattice)):
            numbers = of_lanes(Sigma[mu])[there]  # [site, ...]
            if numbers.ndim == 3:  # of SU(2) the first row; the second number of the diagonal is the conjugate
                E = _sum(values[mu, side, 0], numbers[:, 0])
                found[mu, side] = E, -E
            else:
                found[mu, side] = [_sum(z, numbers[:, a, a]) for a, z in enumerate(values[mu, side])]
    return found


def _sum(z: NDArray[np.float64], numbers: NDArray[np.float64]) -> float:
    """The sum of Im (z s) over complex numbers s [site, (re, im)]."""
    return math.fsum((z[1] * numbers[:, 0] + z[0] * numbers[:, 1]).tolist())


def contracted(lattice: Lattice, sums: NDArray[np.float64], lower: Angles, upper: Angles) -> float:
    """sum over k, both slices and colours of (d phi_alpha / L_k) E: minus the change of the sum of Re tr P."""
    slopes = np.array([lower, upper])
    terms = [(E * slopes / extent).ravel().tolist() for E, extent in zip(sums, lattice.shape[:-1], strict=True)]
    return math.fsum(term for of_direction in terms for term in of_direction)
