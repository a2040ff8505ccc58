"""What a larger lattice costs for each site: time beside the machine's own limit, and memory.

Time: kernels and a whole quenched trajectory on lattices from 8^4, each against the roofline of its own working set in
the same rounds.  ``growth`` is the time for a site over that on the first lattice, ``machine`` the same for the
roofline.  Memory: the largest that numpy holds during a trajectory, over the fields without which none can be done.
"""

from __future__ import annotations

import gc
import math
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace

from lqcdnn.config import load_text
from lqcdnn.jobs.bench.cases import Cases, Shape, hot_links, momentum_bytes
from lqcdnn.jobs.bench.hops import table_bytes
from lqcdnn.jobs.bench.kernels import Timing, time_cases
from lqcdnn.jobs.bench.links import forces
from lqcdnn.jobs.bench.solvers import staggered_iteration
from lqcdnn.jobs.bench.trajectories import QUENCHED, STAGGERED_SU3
from lqcdnn.jobs.build import build
from lqcdnn.jobs.starts import initial_links
from lqcdnn.lattice import pool
from lqcdnn.lattice.geometry import lattice
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

SHAPES: tuple[Shape, ...] = ((8, 8, 8, 8), (16, 16, 16, 16), (16, 16, 16, 48), (24, 24, 24, 24))
STEPS, GROUP, COLORS = 4, "SU(3)", 3
MATRIX = 16 * COLORS**2
"""Bytes of a link."""


@dataclass(frozen=True)
class Growth:
    """One kernel on one lattice.

    Attributes
    ----------
    nanoseconds
        Median CPU time for a site.
    growth, machine
        That, and the time that the machine's limits allow, over those on the first lattice.
    """

    name: str
    shape: Shape
    nanoseconds: float
    growth: float
    machine: float

    @property
    def ratio(self) -> float:
        """Growth of the time over the machine's own."""
        return self.growth / self.machine


@dataclass(frozen=True)
class Memory:
    """Bytes for a site during a trajectory: the most that was held, and the fields that must exist."""

    name: str
    shape: Shape
    held: float
    needed: float

    @property
    def ratio(self) -> float:
        """Held over needed."""
        return self.held / self.needed


def bench_growth(rounds: int) -> list[Growth]:
    """All lattices, one after the other."""
    rows = []
    for shape in SHAPES:
        rows.append(time_cases([*staggered_iteration(GROUP, shape), *force(shape), *quenched_step(shape)], rounds))
        hot_links.cache_clear()
        gc.collect()
    return [compared(rows[0][k], row[k]) for k in range(len(rows[0])) for row in rows]


def compared(first: Timing, one: Timing) -> Growth:
    """A timing beside the one of the first lattice."""
    assert first.fraction is not None
    assert one.fraction is not None
    growth = one.nanoseconds / first.nanoseconds
    return Growth(one.name, one.shape, one.nanoseconds, growth, growth * one.fraction / first.fraction)


def force(shape: Shape) -> Cases:
    """The plaquette force, held against memory too."""
    yield replace(next(forces(GROUP, shape)), bound="roofline")


def quenched_step(shape: Shape) -> Cases:
    """A leapfrog step in a trajectory of ``STEPS`` with heat bath and energies, per site and step.

    The roofline counts the operations of the kick, and bytes of a field of links for each that a kernel reads or
    writes: links and momenta (twice) by the kick, momenta and links (twice) by the drift.
    """
    _gradient, counted, *_others = forces(GROUP, shape)
    text, field = quenched(shape), len(shape) * MATRIX
    hmc, state = hybrid(text), State(hot_links(GROUP, shape)[1], 0, 5)
    yield replace(
        counted, name="quenched trajectory, step", sites=counted.sites * STEPS, bytes=6 * field, bound="roofline",
        working=3 * field * counted.sites, call=lambda: hmc.propose(state),
    )  # fmt: skip


def quenched(shape: Shape) -> str:
    """Input of a short trajectory; from random links it must not be longer."""
    return short(QUENCHED.format(shape=[4] * 4, group=GROUP, beta=5.7), shape)


def staggered(shape: Shape) -> str:
    """The same with four staggered flavours."""
    return short(STAGGERED_SU3.format(flavors=4), shape)


def short(text: str, shape: Shape) -> str:
    """``text`` with a trajectory of ``STEPS`` small steps on a lattice of this shape."""
    return text.replace("[4, 4, 4, 4]", str(list(shape))).replace("steps = 20", f"steps = {STEPS}\nlength = 0.02")


def hybrid(text: str) -> HMC:
    """The update of an input."""
    update = build(load_text(text)).update()
    assert isinstance(update, HMC)
    return update


def bench_memory(shape: Shape = (16, 16, 16, 16)) -> list[Memory]:
    """Quenched and staggered HMC."""
    d, grid = len(shape), lattice(shape)
    # links, proposal, momenta; table of neighbours
    links = d * (2 * MATRIX + momentum_bytes(COLORS)) + table_bytes(grid)
    packed = grid.packed_links(COLORS, grid.two_rows_pay(COLORS, 1)).nbytes / grid.volume
    # gradient, packed links; pseudofermion, D of it, solution, four of the solver; in single precision links and four
    fermion = d * MATRIX + 1.5 * packed + (7 + 2) * 16 * COLORS
    return [
        Memory("quenched HMC", shape, held(quenched, shape), links),
        Memory("staggered HMC", shape, held(staggered, shape), links + fermion),
    ]


def held(inputs: Callable[[Shape], str], shape: Shape) -> float:
    """The most bytes for a site that arrays take while the objects are built and a trajectory is done."""
    trajectory(inputs((4, 4, 8, 16)))  # compiles what larger ones take, and compiling takes memory of its own
    pool.release()
    tracemalloc.start()
    try:
        trajectory(inputs(shape))
        return tracemalloc.get_traced_memory()[1] / math.prod(shape)
    finally:
        tracemalloc.stop()


def trajectory(text: str) -> None:
    """One trajectory from unit links."""
    config = load_text(text)
    sim = build(config)
    update = sim.update()
    assert isinstance(update, HMC)
    update.propose(State(initial_links(config, sim, 5), 0, 5))
