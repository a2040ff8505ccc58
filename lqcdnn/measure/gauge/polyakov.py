"""Polyakov loops: products of links around the lattice (physics.md 1)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.observables import PolyakovConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.loops import polyakov_sums, polyakov_traces
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable


@observable("polyakov")
class Polyakov(OfLinks[PolyakovConfig]):
    """Mean trace of the loop that winds around each direction once.

    The literature quotes the time-like loop with and without 1/N; both are given.
    """

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``polyakov`` = <tr P_t> / N, ``polyakov_trace`` = <tr P_t>, ``polyakov_directions`` = <tr P> of x, y, z, t.

        Each is [real part, imaginary part]. ``polyakov_modulus`` and ``polyakov_square`` are |``polyakov``| and its
        square, from which V_space (<|p|^2> - <|p|>^2) is the susceptibility. Where time is open there is
        ``polyakov_directions`` alone, in which that of time is 0.
        """
        traces = [winding_trace(lattice, U, mu) for mu in range(lattice.d)]
        if lattice.open_time:
            return {"polyakov_directions": traces}
        time = traces[-1]
        mean = [part / group.n for part in time]
        square = mean[0] ** 2 + mean[1] ** 2
        return {
            "polyakov": mean,
            "polyakov_trace": time,
            "polyakov_directions": traces,
            "polyakov_modulus": math.sqrt(square),
            "polyakov_square": square,
        }


def winding_trace(lattice: Lattice, U: Blocks, direction: int) -> list[float]:
    """[Re, Im] of tr prod U_direction around the lattice, averaged over all loops."""
    part = np.empty((lattice.blocks, 2))
    polyakov_sums(part, U, lattice.neighbours, direction, lattice.shape[direction])
    total = part.cumsum(axis=0)[-1]  # in block order; every loop is met once from each of its sites
    return [float(x) / lattice.volume for x in total]


def local_loops(lattice: Lattice, U: Blocks, group: Group) -> NDArray[np.complex128]:
    """tr P_t / N at each site of space, [x, ...]."""
    loops = lattice.zeros(1, 1)
    polyakov_traces(loops, U, lattice.neighbours, lattice.d - 1, lattice.shape[-1])
    return lattice.to_user(loops)[..., 0, 0, 0] / group.n  # each loop is met once from each of its sites
