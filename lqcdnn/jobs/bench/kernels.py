"""Time every kernel in turns with reading as many bytes as it has to, and with the processor's arithmetic.

The working set of a case is ``bytes`` times the sites of one pass; a buffer of that size is read in the same round, so
it comes from the same level of cache or memory.  The roofline time of a site is the larger of bytes / bandwidth and
flops / arithmetic; the fraction is that time over the time measured, in the median over rounds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.jobs.bench.cases import Case, Shape
from lqcdnn.jobs.bench.hops import domain_wall_hop, improved_hop, short_hop, staggered_hop, wilson_hop
from lqcdnn.jobs.bench.limits import Arithmetic, Reading, buffer
from lqcdnn.jobs.bench.links import exponentials, fat_links, forces, layers, sweeps
from lqcdnn.jobs.bench.sampling import Call, interleaved
from lqcdnn.jobs.bench.solvers import (
    STEPS,
    domain_wall_iteration,
    iteration_together,
    staggered_iteration,
    wilson_iteration,
)
from lqcdnn.lattice.geometry import Blocks

GROUPS = ("SU(3)", "SU(2)")
BUFFER = 256e6


@dataclass(frozen=True)
class Timing:
    """One kernel on one lattice.

    Attributes
    ----------
    nanoseconds, least
        Median and least CPU time per site.
    microseconds
        Median CPU time of one call.
    gflops, gbytes
        Rates of the operations and bytes stated, per second, in the median; None where they are not counted.
    bandwidth
        GB/s of reading a buffer of the size of the working set.
    fraction, bound
        Fraction of the roofline reached, and what bounds it: "memory" or "arithmetic".
    ratio, against
        Time as a multiple of that of something else.
    """

    name: str
    group: str
    shape: Shape
    real: str
    nanoseconds: float
    least: float
    microseconds: float
    flops: float
    bytes: float
    gflops: float | None
    gbytes: float | None
    bandwidth: float | None
    fraction: float | None
    bound: str | None
    ratio: float | None
    against: str


def cases(extent: int) -> Iterator[Case]:
    """All kernels on extent^4, the slow ones only up to 16^4 or 8^4, and small checks in two dimensions."""
    four, two = (extent,) * 4, (extent**2,) * 2
    for name in (*GROUPS, "U(1)"):
        yield from staggered_hop(name, four)
        yield from staggered_hop(name, four, "f4")
        yield from short_hop(name, four)
        yield from staggered_hop(name, two)
    for name in GROUPS:
        yield from improved_hop(name, four)
        yield from wilson_hop(name, four)
        yield from wilson_hop(name, four, clover=True)
        yield from wilson_hop(name, two)
        yield from domain_wall_hop(name, four)
        yield from forces(name, four)
        yield from exponentials(name, four)
        if extent <= 16:
            yield from layers(name, four)
            yield from fat_links(name, four)
            yield from sweeps(name, four)
        yield from staggered_iteration(name, four)
        yield from iteration_together(name, four)
    yield from wilson_hop("SU(3)", four, "f4")
    yield from wilson_iteration("SU(3)", four)
    if extent <= 8:
        yield from domain_wall_iteration("SU(3)", four)


def bench_kernels(extents: Sequence[int], rounds: int) -> list[Timing]:
    """Time all kernels on lattices of these extents, one extent after the other."""
    store, timings = buffer(BUFFER), []
    for extent in extents:
        timings += time_cases(list(cases(extent)), rounds, store)
        gc.collect()
    return timings


def time_cases(chosen: list[Case], rounds: int, store: Blocks | None = None) -> list[Timing]:
    """Interleave the cases, a reader of the working set of each, and what each is held against."""
    store = buffer(BUFFER) if store is None else store
    readers = [Reading(store, min(BUFFER, case.working or case.bytes * working_sites(case))) for case in chosen]
    arithmetic = {real: Arithmetic(real) for real in ("f8", "f4")}
    calls: list[Call] = []
    for case, reader in zip(chosen, readers, strict=True):
        calls += [case.call, reader, case.against or reader]
    samples = interleaved([*calls, *arithmetic.values()], rounds)
    peak = {real: a.flops / samples[:, k - 2] for k, (real, a) in enumerate(arithmetic.items())}
    return [
        timing(case, samples[:, 3 * i : 3 * i + 3], reader.bytes / samples[:, 3 * i + 1], peak[case.real])
        for i, (case, reader) in enumerate(zip(chosen, readers, strict=True))
    ]


def working_sites(case: Case) -> float:
    """Sites of one pass: a call of a solver makes several."""
    return case.sites / (STEPS if "CG" in case.name else 1)


def timing(case: Case, t: NDArray[np.float64], bandwidth: NDArray[np.float64], peak: NDArray[np.float64]) -> Timing:
    """From seconds [round, (kernel, reader, other)], bytes per second and operations per second of each round."""
    site = t[:, 0] / case.sites
    memory, arithmetic = case.bytes / bandwidth, case.flops / peak
    if case.bound == "arithmetic":
        memory = np.zeros_like(memory)
    roofline = np.maximum(memory, arithmetic)
    counted = bool(case.bytes or case.flops)
    median = float(np.median(site))
    return Timing(
        case.name, case.group, case.shape, case.real, 1e9 * median, 1e9 * float(site.min()),
        1e6 * float(np.median(t[:, 0])), case.flops, case.bytes,
        case.flops / median / 1e9 if case.flops else None,
        case.bytes / median / 1e9 if case.bytes else None,
        float(np.median(bandwidth)) / 1e9 if case.bytes else None,
        float(np.median(roofline / site)) if counted else None,
        ("memory" if np.median(memory - arithmetic) > 0 else "arithmetic") if counted else None,
        float(np.median(t[:, 0] / t[:, 2])) if case.against else None,
        case.against_name,
    )  # fmt: skip
