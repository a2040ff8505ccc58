"""The parts of ``lqcdnn bench`` that were asked for, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lqcdnn.jobs.bench.growth import bench_growth, bench_memory
from lqcdnn.jobs.bench.kernels import bench_kernels
from lqcdnn.jobs.bench.limits import measure_limits
from lqcdnn.jobs.bench.profile import bench_profiles
from lqcdnn.jobs.bench.program import bench_mixed, bench_saving, bench_start
from lqcdnn.jobs.bench.scaling import bench_scaling
from lqcdnn.jobs.bench.table import Results
from lqcdnn.jobs.bench.trajectories import bench_trajectories


@dataclass(frozen=True)
class Parts:
    """What to measure."""

    kernels: bool = True
    trajectories: bool = True
    profiles: bool = False
    program: bool = True
    growth: bool = False
    scaling: bool = False


def bench(parts: Parts, extents: Sequence[int], rounds: int, report: Callable[[str], None]) -> Results:
    """Measure; ``report`` receives a sentence before each part."""
    results, before = Results(), os.getloadavg()[0]
    if parts.kernels:
        report("limits of the machine")
        results.limits = measure_limits(rounds)
        report(f"kernels on {', '.join(f'{n}^4' for n in extents)}; the first time they are compiled")
        results.kernels = bench_kernels(extents, rounds)
    if parts.trajectories:
        report("trajectories")
        results.trajectories = bench_trajectories(rounds)
    if parts.profiles:
        report("profiles of trajectories")
        results.profiles = bench_profiles()
    if parts.program:
        report("solver in mixed precision, saving, start of the program")
        results.mixed, results.saving, results.start = bench_mixed(), bench_saving(), bench_start()
    if parts.growth:
        report("growth with the lattice, memory")
        results.growth, results.memory = bench_growth(rounds), bench_memory()
    if parts.scaling:
        report("threads")
        results.scaling = bench_scaling()
    results.load = (before, os.getloadavg()[0])
    return results
