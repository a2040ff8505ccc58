"""Propagator of ghosts: the inverse of the Faddeev-Popov operator between plane waves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.gaugefixing import ghost_momenta
from lqcdnn.config.tables.gaugefixing import GhostPropagatorConfig
from lqcdnn.errors import NumericalError
from lqcdnn.fields.gaugefixing import transformed
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.kernels.ghosts import faddeev_popov
from lqcdnn.kernels.links import add_multiple, copy
from lqcdnn.lattice.blocks import aligned_copy, zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.gaugefixing import OfGauge, fixed
from lqcdnn.measure.registry import Values, observable

MOST_ITERATIONS = 100_000
"""Of a solve; more than there are sites in a row in any direction many times over."""


@observable("ghost_propagator")
class GhostPropagator(OfGauge[GhostPropagatorConfig]):
    """G(p) = 1/(V dim) sum over a, x, y of exp(-i p (x - y)) (M^-1)^aa_xy, M the Faddeev-Popov operator.

    To lowest order 1/p^2. M does not see constants, in Coulomb gauge of each time slice: it is inverted on what is
    orthogonal to them, as waves with other p are.
    """

    kind = "ghost_propagator"

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``ghost_propagator_momenta`` |p|, ``ghost_propagator`` = G(p), ``ghost_propagator_iterations`` of all solves.

        Raises
        ------
        NumericalError
            If the gauge is not reached, or a solve does not converge.
        """
        V = transformed(lattice, U, fixed(lattice, U, group, self.options, stream).transformation)
        directions = lattice.d if self.options.gauge == "landau" else lattice.d - 1
        found: list[tuple[float, float]] = []
        iterations = 0
        for mode in ghost_momenta(self.options.momenta, lattice.shape[:directions]):
            total = 0.0
            for source in plane_waves(lattice, group, mode):
                solution, steps = solve(lattice, V, source, directions, self.options.residual)
                total += real_product(source[0], solution[0])
                iterations += steps
            length = math.sqrt(sum(_square(k, n) for k, n in zip(mode, lattice.shape, strict=False)))
            norm = group.kinetic_factor * 2.0 / (len(group.generators) * lattice.volume)  # of |X|^2 = (p^a)^2 / 2
            found.append((length, norm * total))
        found.sort()
        return {
            "ghost_propagator_momenta": [length for length, _ in found],
            "ghost_propagator": [value for _, value in found],
            "ghost_propagator_iterations": iterations,
        }


def _square(k: int, n: int) -> float:
    return 4.0 * math.sin(math.pi * k / n) ** 2


def plane_waves(lattice: Lattice, group: Group, mode: Sequence[int]) -> Iterator[Blocks]:
    """i T^a cos(p x) and i T^a sin(p x) for every generator, [1, block]; not those that vanish."""
    period, turns = math.lcm(*lattice.shape), np.zeros(lattice.shape, dtype=np.int64)
    for k, n, x in zip(mode, lattice.shape, np.indices(lattice.shape), strict=False):
        turns += k * x * (period // n)
    table = 2.0 * math.pi * (np.arange(period) / period)
    waves: list[NDArray[np.float64]] = [np.cos(table)[turns % period], np.sin(table)[turns % period]]
    for wave in waves if (2 * turns % period).any() else waves[:1]:
        for T in group.generators:
            yield lattice.from_links(1j * wave[None, ..., None, None] * T)


def solve(lattice: Lattice, U: Blocks, b: Blocks, directions: int, tolerance: float) -> tuple[Blocks, int]:
    """M x = b by conjugate gradients to the residual |r| = tolerance |b|, and the iterations.

    b and x have no constant part. That of M x, which is there as far as links are not quite in the gauge, is taken off:
    with it M would have eigenvalues next to 0 of either sign.

    Raises
    ------
    NumericalError
        If M is not positive, as at a saddle point, or the residual computed afresh is larger than ten times as much.
    """
    x, r, q = zeros_of_kind(b), aligned_copy(b), zeros_of_kind(b)
    take_constants_off(lattice, r, directions)
    p = aligned_copy(r)
    norm = rr = real_product(b[0], b[0])
    limit, iterations = tolerance * tolerance * norm, 0
    while rr > limit:
        faddeev_popov(q, p, U, lattice.neighbours, directions)
        take_constants_off(lattice, q, directions)
        curvature = real_product(p[0], q[0])
        if not curvature > 0.0 or iterations >= MOST_ITERATIONS:
            what = f"the Faddeev-Popov operator has not been inverted in {iterations} iterations"
            raise NumericalError(f"{what}, residual {math.sqrt(rr / norm):.1e}", hint="a smaller tolerance of theta")
        alpha = rr / curvature
        add_multiple(x, p, alpha)
        add_multiple(r, q, -alpha)
        new = real_product(r[0], r[0])
        copy(q, r)
        add_multiple(q, p, new / rr)
        p, q = q, p
        rr, iterations = new, iterations + 1
    faddeev_popov(q, x, U, lattice.neighbours, directions)
    take_constants_off(lattice, q, directions)
    add_multiple(q, b, -1.0)
    if not real_product(q[0], q[0]) <= 100.0 * max(limit, 1e-28 * norm):
        raise NumericalError("the Faddeev-Popov operator: the true residual is larger than that of the iteration")
    return x, iterations


def take_constants_off(lattice: Lattice, field: Blocks, directions: int) -> None:
    """Subtract the mean over all sites, or over each time slice if so many directions are those of space, in place."""
    if directions == lattice.d:
        c = field["c"][0]
        c -= c.sum(axis=0).sum(axis=-1, keepdims=True) / lattice.volume
        return
    lanes, times, extent = of_lanes(field[0]), lattice.coordinates[:, -1], lattice.shape[-1]
    numbers = lanes.reshape(lattice.volume, -1)
    sums = np.stack([np.bincount(times, one, extent) for one in numbers.T], axis=-1)
    lanes -= (sums * (extent / lattice.volume))[times].reshape(lanes.shape)
