"""Timing in turns: every round measures every case and its limits once, so that a busy machine slows all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

Call = Callable[[], object]
SAMPLE_SECONDS = 0.008
WARMING = 5
"""Calls until the L3 cache holds what a case reads, where it is filled by what the L2 cache drops (AMD Zen)."""


LONG = 0.05
"""Seconds of a call that is not warmed: whatever it reads for the first time is a small part of it."""


@dataclass(frozen=True)
class Counts:
    """How often a case is called in a sample: before it is timed, and timed."""

    warming: int
    timed: int


def seconds(call: Call, counts: Counts) -> float:
    """CPU seconds of one of the timed calls."""
    for _ in range(counts.warming):
        call()
    start = process_time()
    for _ in range(counts.timed):
        call()
    return (process_time() - start) / counts.timed


def counts_for(call: Call, duration: float = SAMPLE_SECONDS) -> Counts:
    """Timed calls that last about ``duration``; not by the first one, which may compile, or a cold one."""
    call()
    once = seconds(call, Counts(0, 1))
    if once < LONG:
        once = seconds(call, Counts(0, 1))
    timed = max(1, min(100_000, int(duration / max(1e-7, once))))
    return Counts(min(timed, WARMING) if timed > 1 or once < LONG else 0, timed)


def interleaved(calls: Sequence[Call], rounds: int) -> NDArray[np.float64]:
    """CPU seconds per call as [round, call]."""
    counts = [counts_for(call) for call in calls]
    return np.array([[seconds(call, n) for call, n in zip(calls, counts, strict=True)] for _ in range(rounds)])


@dataclass(frozen=True)
class Spread:
    """Least and median of several samples."""

    least: float
    median: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Spread:
        """From samples."""
        return cls(float(samples.min()), float(np.median(samples)))
