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


def seconds(call: Call, count: int) -> float:
    """CPU seconds of one call, from ``count`` calls in a row, before which up to ``WARMING`` are not counted."""
    for _ in range(min(count, WARMING) if count > 1 else 0):
        call()
    start = process_time()
    for _ in range(count):
        call()
    return (process_time() - start) / count


def repeats(call: Call, duration: float = SAMPLE_SECONDS) -> int:
    """Calls that last about ``duration``; the first call, which may compile, is not counted."""
    call()
    return max(1, min(100_000, int(duration / max(1e-7, seconds(call, 1)))))


def interleaved(calls: Sequence[Call], rounds: int) -> NDArray[np.float64]:
    """CPU seconds per call as [round, call]."""
    counts = [repeats(call) for call in calls]
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
